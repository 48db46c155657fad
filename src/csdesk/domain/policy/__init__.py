"""Policy: the configuration of a desk, and the compiled form that decisions read."""
