"""Appendix 1: the original's way against ours, in seconds and in size."""
