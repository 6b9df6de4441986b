"""The tuned model at work: records out of new documents, a conversation, a server."""
