"""Files of music: found, read in a process of their own, mended; what is left out, with its reason."""
