"""The page review."""
