"""The page runs."""
