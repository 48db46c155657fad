"""Where desks are kept: one module or folder per kind of storage. Nothing is imported here."""
