"""Step 1: the instruction data."""
