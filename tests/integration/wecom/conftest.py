"""A desk, a customer-service account, and the fake platform behind it, all by one clock."""

import re
from datetime import UTC, datetime, timedelta

import httpx
import pytest

pytest.importorskip("cryptography", reason="the extra wecom is not installed")

from csdesk import Actor, DeskConfig, RawRequest, open_desk
from csdesk.channels.wecom import WeComKf
from csdesk.channels.wecom.crypto import WeComCrypto
from csdesk.system.http import HttpxHttp
from csdesk.testing import FixedClock, SerialIds
from csdesk.testing.wecom import FakeKf

AGENT = Actor.agent("agt_1")
KEY = "0123456789abcdefghijABCDEFGHIJ0123456789abc"


class Kf:
    """Everything of one account."""

    def __init__(self, config=None, **given):
        self.clock = FixedClock(datetime(2026, 3, 10, 9, tzinfo=UTC))
        self.platform = FakeKf(self.clock.now)
        self.crypto = WeComCrypto("tok1", KEY, "ww1")
        self.channel = self.make(**given)
        self.client = httpx.Client(transport=self.platform.transport())
        self.http = HttpxHttp(self.client, sleep=lambda _: None)
        self.ids = SerialIds()
        self.desk = open_desk(
            "memory://",
            config=DeskConfig.from_toml(config) if config else None,
            channels=[self.channel],
            clock=self.clock,
            ids=self.ids,
            http=self.http,
        )

    def make(self, account="kf", **given):
        return WeComKf(
            account,
            **{
                "corp_id": "ww1",
                "secret": "s3cret",
                "open_kfid": "wk1",
                "token": "tok1",
                "encoding_aes_key": KEY,
                **given,
            },
        )

    def callback(self, inner=None, *, at=None, **changes):
        """A web request as the platform makes it."""
        told = inner if inner is not None else (
            "<xml><ToUserName><![CDATA[ww1]]></ToUserName><Event><![CDATA[kf_msg_or_event]]></Event>"
            f"<Token><![CDATA[{self.platform.hint()}]]></Token><OpenKfId><![CDATA[wk1]]></OpenKfId></xml>"
        )  # fmt: skip
        when = int((at or self.clock.now()).timestamp())
        reply = self.crypto.encrypt(told, when, "n1", random16=b"0" * 16)
        url = f"https://host/kf?msg_signature={reply.msg_signature}&timestamp={when}&nonce=n1"
        return RawRequest(method="POST", url=url, body=reply.xml, **changes)

    def arrives(self):
        """The platform calls back, and the desk does what is due."""
        assert self.desk.handle("kf", self.callback()).status == 200
        return self.desk.run_due()

    def later(self, **amount):
        return self.clock.advance(timedelta(**amount))

    def ticket(self):
        return self.desk.tickets.list().items[0]

    def said(self, customer="wm1", text="你好"):
        """A customer has written, and the desk knows; the ticket."""
        self.platform.writes(customer, text)
        self.arrives()
        return self.ticket()

    def texts(self):
        return [one.body.get("text", {}).get("content") for one in self.platform.sent]

    def secrets(self):
        """Everything that must never show."""
        tokens = re.findall(r"TOKEN\d+", str(self.platform.tokens))
        return ["s3cret", KEY, *tokens]

    def close(self):
        self.desk.close()
        self.client.close()


@pytest.fixture
def kf():
    made = Kf()
    yield made
    made.close()


@pytest.fixture
def make_kf():
    made = []

    def make(*given, **named):
        made.append(Kf(*given, **named))
        return made[-1]

    yield make
    for one in made:
        one.close()
