"""Grids: many runs, each a cell, that share what they can and go on where they were stopped."""
