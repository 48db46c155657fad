"""The real clock, real chance and the real network: the only place that touches them."""
