"""Measures of an answer against its reference."""
