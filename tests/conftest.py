"""Settings for every test: Hypothesis without deadlines, with fixed seeds in CI, and with more examples in soaks.

Ten thousand collected tests are never garbage, and what a test leaves is mostly gone by itself: looking for garbage
as often as Python does by default takes a quarter of the collection and a tenth of the tests.
"""

import gc
import os

from hypothesis import settings

EXAMPLES = int(os.environ.get("CSDESK_EXAMPLES", "1"))
"""How many times the usual number of examples property tests look at; ``make soak`` sets it."""


def many(usual: int) -> int:
    """The number of examples of a property that is costly to look at."""
    return usual * EXAMPLES


settings.register_profile("default", deadline=None, max_examples=many(100))
settings.register_profile("ci", settings.get_profile("default"), derandomize=True, print_blob=True)
settings.load_profile("ci" if os.environ.get("CI") and EXAMPLES == 1 else "default")

gc.set_threshold(100_000, 20, 50)


def pytest_collection_finish() -> None:
    """What is there by now stays to the end."""
    gc.collect()
    gc.freeze()
