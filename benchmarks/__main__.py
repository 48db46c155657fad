"""Run every benchmark with its defaults."""

from benchmarks import bustime, ingest

if __name__ == "__main__":
    bustime.main([])
    ingest.main([])
