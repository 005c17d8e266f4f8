"""``python -m lib``: the commands of the book."""

import sys

if __name__ == "__main__":
    if not (3, 11) <= sys.version_info[:2] <= (3, 14):  # before anything loads that another one cannot read
        own = ".".join(map(str, sys.version_info[:2]))
        sys.exit(
            f"Error: this book needs Python 3.11, 3.12, 3.13 or 3.14, and this is {own}: make the "
            f"environment with one of them."
        )
    from lib.cli import main

    main()
