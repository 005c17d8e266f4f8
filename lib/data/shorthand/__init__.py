"""Shorthand: bars that come again as one token, and a plan in front; `writing` explains it."""
