"""What happens to tickets: commands, hands, clocks, promises, merges."""
