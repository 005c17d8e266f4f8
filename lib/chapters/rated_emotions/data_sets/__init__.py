"""Data sets that people rated, and the folders made of them."""
