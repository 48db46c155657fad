"""Benchmarks: they report, they never fail. ``python -m benchmarks`` runs all; each prints one JSON line."""
