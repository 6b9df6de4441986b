"""Teachers: who answers the tasks, and the journal of what they say."""
