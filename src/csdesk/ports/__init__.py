"""How the core talks to the world: small protocols, and the step types of a flow."""
