"""What takes hours and is kept: the evidence, the pretrained model and its card."""
