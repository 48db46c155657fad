"""The desk's own decisions: pure functions over records, policy and time."""
