"""Documents and questions, from files."""
