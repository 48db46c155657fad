"""A desk, a number of the Cloud API, and a WhatsApp that can misbehave."""

from collections.abc import Iterator
from typing import Any

import pytest

from csdesk.channels.whatsapp import WhatsAppCloud
from csdesk.testing import FakeWhatsApp

from ..bench import Bench, benches

VERIFY = "verify-me"
ANN = "8613900000001"


class Number(Bench):
    """The channel of one number in a desk, beside its platform."""

    account = "wa"
    customer = ANN

    def __init__(self, config: dict[str, Any] | None = None, **given: Any) -> None:
        super().__init__(FakeWhatsApp, config, **given)

    def make(self, account: str, **given: Any) -> WhatsAppCloud:
        settings = {
            "phone_number_id": "1000",
            "token": self.platform.token,
            "app_secrets": [self.platform.app_secret],
            "verify_token": VERIFY,
            **given,
        }
        return WhatsAppCloud(account, **settings)


@pytest.fixture
def make_wa() -> Iterator[Any]:
    with benches(Number) as make:
        yield make


@pytest.fixture
def wa(make_wa: Any) -> Number:
    return make_wa()
