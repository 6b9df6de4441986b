"""People read a run's examples: their decisions, and what follows from them."""
