"""What the procedures mean. Pure: no Temporal, no I/O beyond its own policy files, no clock, no randomness."""
