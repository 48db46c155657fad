"""The channel contract notices what it promises to, and says what is wrong."""

import pytest

from csdesk.channels.loopback import LoopbackChannel
from csdesk.errors import ChannelError
from csdesk.ports.channel import EchoEvent, RawRequest, Sender
from csdesk.testing import ChannelContract
from csdesk.testing.channel_contract.bench import Bench
from csdesk.testing.channel_contract.rig import tampered
from csdesk.testing.rigs import LoopbackRig


class Refusing(LoopbackChannel):
    """Each sending meets the next of ``codes``."""

    def send_now(self, message):
        if not self.codes:
            return super().send_now(message)
        raise ChannelError(self.account, "no", disposition="recipient_gone", provider_code=self.codes.pop(0))


class Rig(LoopbackRig):
    def __init__(self):
        super().__init__()
        self.faults = dict.fromkeys(("first", "second", "third"), "other_recipient")
        self.refusing = Refusing(self.account)
        self.refusing.codes = []
        self._channels[self.account] = self.refusing

    def fail(self, *faults):
        self.refusing.codes.extend(faults)

    def secrets(self):
        return ["third"]

    def colleague_writes(self, text, *, customer="c1"):
        stranger = Sender(external_id="somebody else")
        return [EchoEvent(account=self.account, dedupe_key="e", conversation="elsewhere", to=stranger)]


@pytest.fixture
def rig():
    return Rig()


@pytest.fixture
def bench(rig):
    bench = Bench(rig)
    yield bench
    bench.desk.close()


def test_a_reply_that_did_not_arrive_is_told_with_its_reason(rig, bench):
    rig.fail("gone-410")
    with pytest.raises(AssertionError, match="the reply is failed: needs other_recipient: gone-410"):
        ChannelContract().test_13_a_message_arrives(bench, rig)


def test_secrets_are_looked_for_after_every_fault(rig, bench, caplog):
    with pytest.raises(AssertionError, match="it shows in"):
        ChannelContract().test_17_no_secret_shows(bench, rig, caplog)


def test_an_echo_without_its_customer_is_told_what_it_lacks(rig, bench):
    with pytest.raises(AssertionError, match="conversation and to"):
        ChannelContract().test_08_a_colleague_elsewhere_is_no_customer(rig, bench)


def test_signatures_beyond_ascii_are_tried():
    good = RawRequest(method="POST", url="/", headers=(("X-Signature", "abc"),))
    assert [one.header("X-Signature") for one in tampered(good)] == [None, "abb", "abcé"]
