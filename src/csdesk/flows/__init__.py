"""One generator per use case: load, decide, commit."""
