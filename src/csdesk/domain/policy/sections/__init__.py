"""The sections of the configuration, by subject."""
