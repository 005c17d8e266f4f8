"""The pretrained model as the page that composes gets it: random numbers and weights."""
