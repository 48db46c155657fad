"""A desk, a bot, and a Telegram that can misbehave."""

from collections.abc import Iterator
from typing import Any

import pytest

from csdesk.channels.telegram import Telegram
from csdesk.testing import FakeTelegram

from ..bench import Bench, benches

SECRET = "a-secret"
CHAT = 42


class Bot(Bench):
    """The channel of one bot in a desk, beside its Telegram."""

    account = "tg"
    customer = CHAT

    def __init__(self, config: dict[str, Any] | None = None, **given: Any) -> None:
        if not given.get("polling"):
            given.setdefault("secrets", [SECRET])
        super().__init__(FakeTelegram, config, **given)
        if not given.get("polling"):
            self.platform.webhook = {"url": "https://desk.example/tg", "secret_token": SECRET}

    def make(self, account: str, **given: Any) -> Telegram:
        return Telegram(account, token=self.platform.token, **given)

    def polls(self) -> Any:
        """The next poll."""
        self.later(seconds=3)
        return self.desk.run_due()


@pytest.fixture
def make_bot() -> Iterator[Any]:
    with benches(Bot) as make:
        yield make


@pytest.fixture
def bot(make_bot: Any) -> Bot:
    return make_bot()
