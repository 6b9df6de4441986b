"""The report of a grid: the paper's tables for its cells, and what stands behind them."""
