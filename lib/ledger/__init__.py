"""The claims, the evidence kept for them, and the correction for many tests."""
