"""The recipe: what is wanted, as data."""
