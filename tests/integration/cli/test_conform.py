"""``csdesk conform``."""

import pytest


@pytest.fixture
def broken(cli, monkeypatch):
    """A rig whose channel says that it sent, and did not."""
    (cli.folder / "broken_rig.py").write_text(
        "from csdesk.channels.loopback import LoopbackChannel\n"
        "from csdesk.domain.records.channels import Receipt\n"
        "from csdesk.testing.rigs import LoopbackRig\n"
        "class Liar(LoopbackChannel):\n"
        "    def send_now(self, message):\n"
        "        return Receipt(provider_id='x')\n"
        "class Rig(LoopbackRig):\n"
        "    def channel(self, account):\n"
        "        return self._channels.setdefault(account, Liar(account))\n"
    )
    monkeypatch.chdir(cli.folder)
    monkeypatch.syspath_prepend(str(cli.folder))
    return "broken_rig:Rig"


def test_a_good_channel_gets_its_certificate(cli):
    told = cli.document("conform", "csdesk.testing.rigs:LoopbackRig", db="")
    assert [one["number"] for one in told["promises"]] == list(range(1, 25))
    verdicts = {one["number"]: one["verdict"] for one in told["promises"]}
    assert verdicts[5] == "kept"
    assert verdicts[1] == "not shown"
    assert "broken" not in verdicts.values()


def test_a_broken_one_is_told_so(cli, broken):
    done = cli.run("conform", broken, db="", lang="en")
    assert done.exit_code == 6
    assert "broken" in done.stdout
    assert "breaks" in done.stderr


def test_why_is_told(cli, broken):
    told = cli.document("conform", broken, db="")
    failed = {one["number"]: one["failed"] for one in told["promises"]}
    (why,) = failed[6]
    assert why.startswith("test_06_receipts_in_any_order_end_the_same: csdesk.errors.NotFound: no sent message msg_")
    assert failed[13][0] == "test_13_a_message_arrives: AssertionError: assert [] == ['好的']"
    shown = " ".join(cli.run("conform", broken, db="", lang="en").stdout.split())
    assert "AssertionError: assert [] == ['好的'] (test_13_a_message_arrives)" in shown


@pytest.mark.parametrize(
    "name", ["no.such.module:Rig", "csdesk.testing.rigs:Nothing", "csdesk.testing.rigs", "csdesk:__version__"]
)
def test_what_is_no_rig(cli, name):
    assert cli.run("conform", name, db="").exit_code == 2


def test_a_channel_is_no_rig_and_breaks_no_promise(cli):
    done = cli.run("conform", "csdesk.channels.loopback:LoopbackChannel", db="", lang="en")
    assert done.exit_code == 2
    assert "is no rig: its class does not build on csdesk.testing.ChannelRig" in done.stderr
    assert not done.stdout
