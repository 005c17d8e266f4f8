"""Weights that come with the book, with their recipe and model card; read by `lib.composing.pretrained`."""
