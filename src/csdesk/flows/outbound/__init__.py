"""What the desk says: sent, changed, taken back."""
