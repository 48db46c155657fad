"""What ``import csdesk`` costs beside ``import pydantic``, in fresh interpreters, alternated.

python -m benchmarks.importing [--repeat 15]
"""

from __future__ import annotations

import argparse
import json
import statistics
import subprocess
import sys
from time import perf_counter

from benchmarks._stream import machine, spread

WAYS = {
    "bare": "pass",
    "pydantic": "import pydantic",
    "pydantic_base_model": "import pydantic; pydantic.BaseModel",
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
    ratio = statistics.median(one / other for one, other in zip(times["csdesk"], _least(times), strict=True))
    report = {f"{name}_ms": spread(values) for name, values in times.items()}
    print(json.dumps({"bench": "importing", "machine": machine(), **report, "ratio": round(ratio, 2)}))


def _least(times: dict[str, list[float]]) -> list[float]:
    """``import pydantic`` alone loads lazily; whoever uses it loads ``BaseModel`` too: the fair peer is that."""
    return times["pydantic_base_model"]


def started(code: str) -> float:
    """Milliseconds from start to end of an interpreter."""
    start = perf_counter()
    subprocess.run([sys.executable, "-c", code], check=True)  # noqa: S603  our own lines above
    return (perf_counter() - start) * 1e3


if __name__ == "__main__":
    main()
