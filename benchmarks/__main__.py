"""Run every benchmark with its defaults."""

from benchmarks import ingest

if __name__ == "__main__":
    ingest.main([])
