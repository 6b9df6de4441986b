"""A message of a conversation, as chat templates and chat endpoints take it."""

from __future__ import annotations

Message = dict[str, str]
"""`role` ("system", "user" or "assistant") and `content`."""
