"""What arrives, made into the desk's events: pure parsers that channels and sources share.

Bytes or JSON in, values out: no I/O and no clock. What cannot be understood becomes an event that keeps the payload.
"""
