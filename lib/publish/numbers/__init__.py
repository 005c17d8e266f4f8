"""A book's own numbers: kept, compared with another machine's, and how long they took."""
