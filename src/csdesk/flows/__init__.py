"""Use cases as generators that load, decide and commit: they yield steps, and a shell performs them."""
