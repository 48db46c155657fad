"""What both shells share: the state of an open desk, and the performing of steps over a blocking store."""
