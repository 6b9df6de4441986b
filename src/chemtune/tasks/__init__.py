"""Tasks: what is asked of a document."""
