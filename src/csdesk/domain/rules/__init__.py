"""Rules: a language of conditions and actions, and a compiled form that touches only the rules that can match."""
