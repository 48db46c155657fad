"""Phrases, articles and files as people edit them, and what is learnt from their use."""
