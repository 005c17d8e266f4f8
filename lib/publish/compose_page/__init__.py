"""The page on which the reader's browser composes: what the build writes for it, and its scripts."""
