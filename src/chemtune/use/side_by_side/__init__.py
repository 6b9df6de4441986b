"""Side by side: one prompt, and what the untuned model, the tuned one and the teacher say."""
