"""What a SQLite store remembers of the records it has seen."""

from csdesk.domain.records.tickets import Ticket
from csdesk.stores.sqlite.documents import document_of
from csdesk.stores.sqlite.known import Aside, Known
from csdesk.testing import builders as build


def _read(known: Known, ticket: Ticket, aside: Aside | None = None) -> Ticket:
    return known.read(Ticket, 1, ticket.id, ticket.version, 1, document_of(ticket), aside)


def test_what_was_read_or_stored_is_known_at_its_version() -> None:
    known, ticket = Known(), build.ticket(1)
    found = _read(known, ticket)
    assert found == ticket
    assert _read(known, ticket) is found is known.get(1, ticket.id, 1)
    assert known.get(1, ticket.id, 2) is None is known.get(2, ticket.id, 1)
    later = build.ticket(1, version=2)
    known.keep(1, later)
    assert known.get(1, ticket.id, 2) is later


def test_a_load_of_many_is_known_to_the_put_that_follows_and_then_no_longer() -> None:
    known, ticket = Known(), build.ticket(1)
    aside = known.set_aside()
    found = _read(known, ticket, aside)
    assert known.get(1, ticket.id, 1) is found, "the put learns from it which columns move"
    known.keep(1, build.ticket(1, version=2))
    assert known.get(1, ticket.id, 1) is None is known.get(1, ticket.id, 2)
    assert not aside, "nothing keeps it alive"


def test_the_next_load_of_many_forgets_the_last() -> None:
    known, ticket = Known(), build.ticket(1)
    _read(known, ticket, known.set_aside())
    known.set_aside()
    assert known.get(1, ticket.id, 1) is None


def test_a_record_that_was_known_before_stays_known() -> None:
    known, ticket = Known(), build.ticket(1)
    before = _read(known, ticket)
    aside = known.set_aside()
    assert _read(known, ticket, aside) is before
    stale, later = build.ticket(1, version=2), build.ticket(1, version=3)
    _read(known, stale, aside)
    known.keep(1, later)
    assert known.get(1, ticket.id, 3) is later


def test_there_is_a_bound() -> None:
    known = Known(most=3)
    for number in range(1, 9):
        known.keep(1, build.ticket(number))
    assert sum(known.get(1, build.ticket(number).id, 1) is not None for number in range(1, 9)) <= 3
