"""Chapter 7: what listeners answered, and a listening test that can be run."""
