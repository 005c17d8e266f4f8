"""``python -m lib``: the commands of the book."""

from lib.cli import main

if __name__ == "__main__":
    main()
