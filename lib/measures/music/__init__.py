"""What can be measured of notes: keys, harmony, features, style, and the control with shuffled bars."""
