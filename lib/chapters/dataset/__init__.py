"""Chapter 1: the music before any model has seen it."""
