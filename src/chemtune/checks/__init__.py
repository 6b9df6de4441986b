"""Checks of an answer against its document and its instruction."""
