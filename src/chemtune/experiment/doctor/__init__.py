"""What is wrong with a machine or a recipe, and what to do about it, before anything is spent."""
