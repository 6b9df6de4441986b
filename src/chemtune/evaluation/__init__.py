"""Step 3: what the model can do, before and after."""
