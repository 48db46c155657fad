"""The story is told once."""

import pytest
from tests.integration.trials.story import Story


@pytest.fixture(scope="session")
def story() -> Story:
    return Story()
