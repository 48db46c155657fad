"""Run every benchmark with its defaults, one JSON line each.

    python -m benchmarks [--quick] [--data DIR]

``--quick`` runs a small part of each, to see that they work. ``--data`` is a folder of labelled questions for those
benchmarks that can read one; the others ignore it.
"""

from __future__ import annotations

import argparse
from pathlib import Path

from benchmarks import (
    asynchronous,
    bustime,
    channels,
    growth,
    importing,
    ingest,
    matching,
    orm,
    reading,
    replies,
    routing,
    rules,
    timers,
)

SMALL = ["--n", "100", "--repeat", "1", "--agents", "20"]
QUICK = {
    ingest.main: SMALL,
    growth.main: [*SMALL, "--tickets", "200"],
    reading.main: ["--few", "150", "--tickets", "1200", "--repeat", "1", "--agents", "20"],
    asynchronous.main: SMALL,
    replies.main: [*SMALL, "--phrases", "50"],
    orm.main: [*SMALL, "--phrases", "50"],
    timers.main: ["--n", "200", "--pending", "100,1000", "--repeat", "1"],
    bustime.main: ["--n", "100", "--seconds", "0.05"],
    rules.main: ["--n", "100", "--seconds", "0.05", "--scale", "10,50"],
    routing.main: ["--agents", "10,100", "--seconds", "0.1", "--repeat", "1"],
    importing.main: ["--repeat", "1"],
    channels.main: [*SMALL, "--tickets", "0,200", "--reply-mb", "0.1,1"],
}
"""Each benchmark and the arguments of its quick run."""


def main() -> None:
    """Run them all."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--quick", action="store_true")
    parser.add_argument("--data", type=Path, default=None, help="labelled questions")
    args = parser.parse_args()
    for run, quick in QUICK.items():
        run(quick if args.quick else [])
    data = [] if args.data is None else ["--data", str(args.data)]
    matching.main([*data, *(["--max-queries", "20", "--parts", "quality"] if args.quick else [])])


if __name__ == "__main__":
    main()
