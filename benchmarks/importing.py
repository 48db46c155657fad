"""What ``import csdesk`` costs beside ``import pydantic``, in fresh interpreters, alternated.

python -m benchmarks.importing [--repeat 15]
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import subprocess
import sys
from time import perf_counter

from benchmarks._stream import machine, spread

WAYS = {
    "bare": "pass",
    "pydantic": "import pydantic; pydantic.BaseModel",
    "csdesk": "import csdesk; csdesk.Desk",
    "first_receive": (
        "import csdesk\n"
        "with csdesk.open_desk('memory://') as desk:\n"
        "    said = csdesk.InboundMessage(account='web', dedupe_key='1', conversation='c',"
        " sender=csdesk.Sender(external_id='c'), text='hello')\n"
        "    desk.receive(said)"
    ),
}


def main(arguments: list[str] | None = None) -> None:
    """Run it and print one JSON line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--repeat", type=int, default=15)
    args = parser.parse_args(arguments)
    times: dict[str, list[float]] = {name: [] for name in WAYS}
    for code in WAYS.values():
        started(code)  # bytecode written, files in the cache
    for _ in range(args.repeat):
        for name, code in WAYS.items():
            times[name].append(started(code))
    report = {f"{name}_ms": spread(values) for name, values in times.items()}
    ratios = {"ratio": _ratio(times, "csdesk"), "first_receive_ratio": _ratio(times, "first_receive")}
    print(json.dumps({"bench": "importing", "machine": machine(), **report, **ratios}))


def _ratio(times: dict[str, list[float]], name: str) -> float:
    """Beside pydantic with its ``BaseModel``: without it the import is lazy, and nobody imports it for that."""
    pairs = zip(times[name], times["pydantic"], strict=True)
    return round(statistics.median(one / other for one, other in pairs), 2)


def started(code: str) -> float:
    """Milliseconds from start to end of an interpreter."""
    start = perf_counter()
    environment = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
    subprocess.run([sys.executable, "-c", code], check=True, env=environment)  # noqa: S603  our own lines above
    return (perf_counter() - start) * 1e3


if __name__ == "__main__":
    main()
