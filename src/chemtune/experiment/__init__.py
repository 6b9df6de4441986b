"""Runs from end to end, and their report."""
