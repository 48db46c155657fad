"""What happens to customers: who they are, where they came from, which segments they belong to."""
