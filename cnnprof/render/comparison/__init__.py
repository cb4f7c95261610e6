"""Several networks side by side: a row a model, a grid over runtimes, and what it amounts to."""
