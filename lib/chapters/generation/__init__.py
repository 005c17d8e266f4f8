"""Chapter 4: composing step by step, listening, the panel."""
