"""What several chapters measure: losses, notes, keys, harmony, control, and how sure one may be of each."""
