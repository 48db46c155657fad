"""Settings for every test: Hypothesis without deadlines, with fixed seeds in CI, and with more examples in soaks."""

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
