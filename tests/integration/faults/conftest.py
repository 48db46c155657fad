"""The story is told once."""

import pytest
from tests.integration.faults.story import Story


@pytest.fixture(scope="session")
def story() -> Story:
    return Story()
