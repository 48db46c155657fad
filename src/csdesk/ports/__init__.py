"""How the core talks to the world: small protocols that adapters implement."""
