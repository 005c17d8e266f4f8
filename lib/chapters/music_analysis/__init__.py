"""Chapter 8: themes, sections, keys and endings of composed and real pieces."""
