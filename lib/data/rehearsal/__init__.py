"""A made-up folder of any size, with its faults, to rehearse XMIDI before it is there."""
