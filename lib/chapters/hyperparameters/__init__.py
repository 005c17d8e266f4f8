"""Chapter 5: learning rates, batch sizes, depths."""
