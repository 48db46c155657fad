"""Phrases, articles, files and product facts: kept, found, sent, learnt from."""
