"""What is said to customers, by people, bots, rules and the desk: whether, when and in which words."""
