"""What is removed for good: erased customers, what was kept long enough."""
