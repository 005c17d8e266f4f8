"""Which pieces are one tune, and the split that keeps them on one side."""
