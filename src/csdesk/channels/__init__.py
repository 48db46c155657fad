"""Channels: one module or folder per way in which customers write. Importing this package loads none of them."""
