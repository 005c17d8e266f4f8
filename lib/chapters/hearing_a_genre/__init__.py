"""Chapter 10: a network that hears a genre, as an earlier project of the course built one, and repaired."""
