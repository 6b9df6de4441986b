"""Models: found, loaded, their template and identity."""
