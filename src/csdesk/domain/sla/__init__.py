"""Service levels: targets, and the clocks that a ticket carries."""
