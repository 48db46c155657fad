"""Who gets a ticket: pure decisions over what the store found and what the policy wants."""
