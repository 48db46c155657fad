"""Which phrase answers this text: an immutable index, its ranking, how sure it is, and what it learns from people."""
