"""The figures of the paper whose method this is, and what they can support."""
