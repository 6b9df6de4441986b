"""The pages in the browser: review, compare, runs. Nothing here is imported before it is served."""
