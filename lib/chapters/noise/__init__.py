"""Chapter 6: noise on token ids, and noise that one can hear."""
