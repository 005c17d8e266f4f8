"""Composing to a Mood: the shared package behind every notebook of the book.

Folders are floors; each imports only from the floors before it in this list:
``basics`` · ``profiles`` · ``data`` · ``sound`` · ``models`` · ``training`` · ``composing`` · ``analysis`` ·
``experiments`` · ``show`` · ``publish``. ``lib.cli`` holds the commands (``python -m lib --help``).
"""
