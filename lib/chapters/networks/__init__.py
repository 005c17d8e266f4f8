"""Chapters 2 and 3: the LSTM and the Transformer, compared and looked into."""
