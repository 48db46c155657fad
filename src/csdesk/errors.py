"""The error tree: ``CsdeskError`` is the root, ``UsageError`` is for what the caller must change."""


class CsdeskError(Exception):
    """The root of every error that csdesk raises on purpose."""


class UsageError(CsdeskError):
    """The caller gave something unusable; the message names the field and the remedy."""
