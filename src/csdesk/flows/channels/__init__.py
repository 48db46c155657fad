"""Talking with channels beside ordinary messages: what they report, what is fetched from them, what they are told."""
