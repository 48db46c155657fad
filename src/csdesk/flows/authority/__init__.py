"""Use cases about authority: deciding, settling, approving, granting, exceptions and self-service."""
