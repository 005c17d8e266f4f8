"""What the pages of the site get added while they are built."""
