"""The short names of stored documents: one field each, and seen by nobody but the codec."""

import inspect
from collections.abc import Iterator

import pytest

from csdesk.domain.records import codec
from csdesk.domain.records._model import Record
from csdesk.domain.records._short import SHORT
from csdesk.domain.records.messages import TextPart
from csdesk.domain.records.tickets import Ticket
from csdesk.errors import InvalidInput
from csdesk.testing import builders as build


def _records(cls: type[Record] = Record) -> Iterator[type[Record]]:
    for child in cls.__subclasses__():
        yield child
        yield from _records(child)


def test_no_two_fields_of_a_record_are_written_alike() -> None:
    for cls in _records():
        written = [SHORT.get(name, name) for name in cls.model_fields]
        assert len(set(written)) == len(written), cls.__name__


def test_no_short_name_is_a_field() -> None:
    names = {name for cls in _records() for name in cls.model_fields}
    assert not names & set(SHORT.values())
    assert set(SHORT) <= names, "a field that is no more"


def test_documents_have_short_names_and_nothing_else_does() -> None:
    ticket = build.ticket(1, subject="Late")
    document = codec.encode(ticket)
    assert '"su":"Late"' in document
    assert "subject" not in document
    assert codec.decode(Ticket, 1, document) == ticket
    assert "subject" in inspect.signature(Ticket).parameters
    assert '"subject":"Late"' in ticket.model_dump_json()
    assert Ticket.model_validate_json(ticket.model_dump_json()) == ticket


def test_an_error_names_the_field() -> None:
    with pytest.raises(InvalidInput, match=r"TextPart\.text"):
        TextPart(t="short")  # type: ignore[call-arg]


def test_unknown_fields_survive_under_the_name_they_have() -> None:
    document = codec.encode(build.ticket(1))[:-1] + ',"mood":3}'
    assert '"mood":3' in codec.encode(codec.decode(Ticket, 1, document))
