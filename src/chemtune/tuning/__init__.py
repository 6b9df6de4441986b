"""Step 2: LoRA, exact and fast."""
