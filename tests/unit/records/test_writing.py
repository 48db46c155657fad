"""The text of a record is what a general serializer makes of the same values."""

import json
import pickle
from datetime import UTC, date, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import AwareDatetime, TypeAdapter
from pydantic_core import to_json

from csdesk.domain.records._model import replaced, trusted
from csdesk.domain.records._writing import text_of
from csdesk.domain.records.channels import Sender
from csdesk.domain.records.codec import decode, encode
from csdesk.domain.records.media import MediaRef
from csdesk.domain.records.messages import AuthorKind, Direction, MediaPart, MenuItem, MenuPart, Message, TextPart
from csdesk.domain.records.tickets import FieldValue, Priority

AT = datetime(2026, 1, 5, 9, tzinfo=UTC)
_INSTANTS = st.datetimes(timezones=st.sampled_from([UTC, timezone(timedelta(hours=8))]))
_READ = TypeAdapter(AwareDatetime)
_PLAIN = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(-(2**63), 2**63 - 1),
    st.text(st.characters(exclude_categories=["Cs"])),
    st.binary(),
    st.timedeltas(),
    st.dates(),
    st.sampled_from([Direction.IN, Priority.HIGH]),
    st.floats(),
)


@given(st.lists(_PLAIN, max_size=4).map(tuple))
def test_plain_values_are_written_as_a_serializer_writes_them(values):
    assert text_of(values) == to_json(values, bytes_mode="base64", inf_nan_mode="null").decode()


@given(_INSTANTS)
def test_an_instant_comes_back_to_the_microsecond(at):
    assert _READ.validate_json(text_of(at)) == at


@pytest.mark.parametrize(
    ("at", "text"),
    [
        (AT, "1767603600"),
        (AT + timedelta(microseconds=7), "1767603600.000007"),
        (AT + timedelta(milliseconds=250), "1767603600.25"),
        (AT.astimezone(timezone(timedelta(hours=8))), "1767603600"),
        (datetime.min.replace(tzinfo=UTC), '"0001-01-01T00:00:00Z"'),
        (datetime(1969, 12, 31, 23, tzinfo=UTC), '"1969-12-31T23:00:00Z"'),
        (datetime(9999, 12, 31, tzinfo=UTC), '"9999-12-31T00:00:00Z"'),
    ],
)
def test_an_instant_is_written_in_seconds_where_these_are_exact(at, text):
    assert [text_of(at), text_of(AT), text_of(at)] == [text, "1767603600", text]


def test_what_is_remembered_stays_bounded():
    for number in range(3000):
        text_of((AT + timedelta(seconds=number), timedelta(seconds=number)))
    assert text_of((AT, timedelta(hours=1))) == '[1767603600,"PT1H"]'


@pytest.mark.parametrize(
    "parts",
    [
        (),
        (TextPart(text='a "quoted" line\n\x07 and\u2028more'), TextPart(text="")),
        (MediaPart(ref=MediaRef(sha256="0" * 64, size=1, type="image/png"), caption="图"),),
        (MenuPart(items=(MenuItem(text="one"), MenuItem(text="two", id="2"))),),
    ],
)
def test_a_message_comes_back(parts):
    said = Message(
        id="msg_1", ticket="tkt_1", direction=Direction.IN, author=AuthorKind.CUSTOMER, parts=parts, edited=parts,
        received_at=AT, occurred_at=AT + timedelta(microseconds=7), raw=b"\x00\xff",
    )  # fmt: skip
    assert decode(Message, Message.SCHEMA, encode(said)) == said


def test_what_is_at_its_default_is_left_out_and_what_nobody_declared_stays():
    assert text_of(FieldValue(name="size", value=None)) == '{"name":"size","value":null}'
    assert text_of(TextPart(text="x", later={"a": [1, None]})) == '{"kind":"text","t":"x","later":{"a":[1,null]}}'


def test_values_of_callers_keep_their_long_names():
    written = json.loads(text_of(Sender(external_id="li", name="Li")))
    assert (written["external_id"], written["name"]) == ("li", "Li")


def test_days_are_plain():
    assert text_of(date(2026, 1, 5)) == '"2026-01-05"'


def test_values_stand_in_the_order_of_their_fields_however_a_record_was_made():
    given = {"received_at": AT, "parts": (TextPart(text="x"),), "author": AuthorKind.CUSTOMER, "later": 1}
    given |= {"occurred_at": AT, "direction": Direction.IN, "ticket": "tkt_1", "id": "msg_1"}
    said = Message(**given)
    made = (
        said,
        Message.model_validate_json(said.model_dump_json()),
        Message.model_construct(**given),
        said.model_copy(update={"subject": "s", "ticket": "tkt_2"}),
        pickle.loads(pickle.dumps(said)),
        replaced(said, subject="s", ticket="tkt_2"),
        trusted(Message)(**{name: value for name, value in given.items() if name != "later"}),
    )
    for one in made:
        assert list(one.__dict__) == list(Message.model_fields)
        assert json.loads(text_of(one))["tk"] == one.ticket


def test_a_fault_in_a_writer_names_the_class_it_writes():
    broken = replaced(
        Message(id="msg_1", ticket="t", direction="in", author="agent", received_at=AT, occurred_at=AT), id=5
    )
    with pytest.raises(TypeError) as caught:
        text_of(broken)
    assert any("<writer of Message>" in str(frame.path) for frame in caught.traceback)
