"""Documents of other releases: newer ones are refused, older ones are brought up to date step by step."""

import json
from datetime import UTC, datetime
from typing import ClassVar

import pytest

from csdesk.domain import records
from csdesk.domain.records import codec
from csdesk.domain.records.actors import Actor
from csdesk.domain.records.codec import EVENT_SCHEMA, decode, decode_events, encode, encode_events, said_in
from csdesk.domain.records.drafts import Draft
from csdesk.domain.records.events import Entry, Epochs, NoteAdded
from csdesk.domain.records.messages import Message
from csdesk.errors import SchemaTooNew
from csdesk.testing import builders

AT = datetime(2026, 1, 5, 9, tzinfo=UTC)
DRAFT = Draft(id="drf_1", version=1, ticket="tkt_1", author="agt_1", text="x", answers_version=3, updated_at=AT)


def test_a_document_of_a_newer_release_is_refused() -> None:
    assert decode(Draft, Draft.SCHEMA, encode(DRAFT)) == DRAFT
    with pytest.raises(SchemaTooNew, match="draft"):
        decode(Draft, Draft.SCHEMA + 1, encode(DRAFT))


def test_an_old_document_takes_every_step_up_to_now(monkeypatch) -> None:
    class Later(Draft):
        SCHEMA: ClassVar[int] = Draft.SCHEMA + 2

    old = json.loads(encode(DRAFT))
    text = next(key for key, value in old.items() if value == "x")  # its short name in documents
    old["words"] = old.pop(text)

    def renamed(values):
        return {text if key == "words" else key: value for key, value in values.items()}

    def louder(values):
        return {**values, text: values[text] + "!"}

    steps = {("draft", Draft.SCHEMA): renamed, ("draft", Draft.SCHEMA + 1): louder}
    monkeypatch.setattr(codec, "KINDS", {**codec.KINDS, Later: "draft"})
    monkeypatch.setattr(codec, "UPCASTERS", steps)
    read = decode(Later, Draft.SCHEMA, json.dumps(old))
    assert (read.text, read.ticket, read.answers_version) == ("x!", DRAFT.ticket, 3)


def entry() -> tuple[Entry, str, str | None]:
    made = Entry(
        subject="tkt_1", at=AT, actor=Actor.agent("agt_1"), cause="c",
        events=(NoteAdded(message="msg_1"),), epochs=Epochs(), salt="s",
    )  # fmt: skip
    return (made, *encode_events(made))


def test_events_of_a_newer_release_are_refused() -> None:
    made, body, personal = entry()
    assert decode_events(EVENT_SCHEMA, body, personal, subject="tkt_1", cause="c") == made.events
    with pytest.raises(SchemaTooNew, match="event"):
        decode_events(EVENT_SCHEMA + 1, body, personal)


def test_old_events_take_every_step_up_to_now(monkeypatch) -> None:
    made, body, personal = entry()
    seen = []

    def step(item):
        seen.append(item)
        return item

    monkeypatch.setattr(codec, "EVENT_UPCASTERS", {EVENT_SCHEMA - 1: step})
    assert decode_events(EVENT_SCHEMA - 1, body, personal, subject="tkt_1", cause="c") == made.events
    assert len(seen) == 1


def test_modules_come_when_they_are_asked_for_and_no_others() -> None:
    assert records.__getattr__("commands").AddNote.__name__ == "AddNote"
    with pytest.raises(AttributeError, match="nothing"):
        records.__getattr__("nothing")


def test_what_a_message_says_is_read_from_its_document(monkeypatch) -> None:
    document = encode(builders.message(1, "hello", subject="parcel"))
    assert said_in(Message.SCHEMA, document) == ("parcel", "hello")
    with pytest.raises(SchemaTooNew, match="message"):
        said_in(Message.SCHEMA + 1, document)
    monkeypatch.setattr(codec, "UPCASTERS", {("message", Message.SCHEMA - 1): lambda values: values})
    assert said_in(Message.SCHEMA - 1, document) == ("parcel", "hello")
