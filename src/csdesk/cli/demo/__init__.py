"""``csdesk demo``: a simulated working day of a small shop, over the same code that a real desk runs."""
