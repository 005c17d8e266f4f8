"""Chapter 9: a composer of notation, as an earlier project of the course built one, and three changes."""
