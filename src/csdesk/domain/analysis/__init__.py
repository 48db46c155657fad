"""Static analysis of a configuration: what can never happen, what contradicts itself, what never ends."""
