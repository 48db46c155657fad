"""A mailbox comes in by pages: the mails of one share a commit, and one that breaks is parked alone."""

from email.message import EmailMessage

import pytest

from csdesk.domain.records.queues import InboxState
from csdesk.flows.inbound import reading
from csdesk.ports.channel import PullHint, PullPage
from csdesk.sources import SourceItem, open_source
from csdesk.testing import CountingStore, ScriptedChannel


def letter(number, *, by=None, answers=None, text=""):
    mail = EmailMessage()
    mail["From"] = f"c{number if by is None else by}@example.com"
    mail["To"] = "help@shop.example"
    mail["Subject"] = f"Order {number}"
    mail["Message-ID"] = f"<m{number}@example.com>"
    if answers is not None:
        mail["In-Reply-To"] = f"<m{answers}@example.com>"
    mail.set_content(text or f"Where is parcel {number}?")
    return mail.as_bytes()


def page_of(world, folder, mails):
    """What a pull of these mails brings."""
    folder.mkdir()
    for number, mail in enumerate(mails):
        (folder / f"{number:03}.eml").write_bytes(mail)
    source = open_source(folder, now=world.clock.now(), account="mail")
    events = tuple(event for one in source if isinstance(one, SourceItem) for event in one.events)
    assert len(events) == len(mails)
    return PullPage(events=events, cursor="1:99:")


@pytest.fixture
def pulling(world, tmp_path):
    """A desk that pulls one page of mails, and the calls of its store meanwhile."""

    def pull(mails):
        counting = []

        def wrap(store):
            counting.append(CountingStore(store))
            return counting[0]

        channel = ScriptedChannel("mail")
        desk = world.open(channels=[channel], wrap=wrap)
        desk.run_due()
        channel.pages(page_of(world, tmp_path / "mails", mails))
        desk.handle("mail", channel.report(pulls=[PullHint(account="mail")]))
        counting[0].calls.clear()
        return desk, desk.run_due(), counting[0]

    return pull


def test_a_page_of_mails_is_one_commit_with_its_cursor(pulling):
    desk, report, store = pulling([letter(number) for number in range(50)])
    assert report.pulled == 50
    assert store.commits == 1
    assert desk.tickets.count() == 50


def test_an_answer_to_a_mail_of_its_own_page_finds_its_ticket(pulling):
    desk, report, _ = pulling([letter(1), letter(2, by=1, answers=1), letter(3)])
    assert report.pulled == 3
    assert sorted(one.messages for one in desk.tickets.list().items) == [1, 2]


def test_a_mail_that_breaks_in_the_midst_is_parked_alone(pulling, monkeypatch):
    whole = reading.read

    def read(case, *given):
        if "boom" in case.message.text:
            raise RuntimeError
        return whole(case, *given)

    monkeypatch.setattr(reading, "read", read)
    mails = [letter(number, text="boom" if number == 20 else "") for number in range(40)]
    desk, report, store = pulling(mails)
    assert report.pulled == 40
    assert desk.tickets.count() == 39
    (parked,) = desk.inbox.list(state=InboxState.PARKED).items
    assert "boom" in parked.payload
    assert store.commits <= 3, "the others still share theirs"
