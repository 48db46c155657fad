"""Traces and events come back as they were written."""

from datetime import UTC, datetime
from hashlib import sha256
from typing import get_args

import pytest
from hypothesis import given
from hypothesis import strategies as st

from csdesk.domain.records._short import CODES, KINDS, PARAMETERS
from csdesk.domain.records.actors import Actor
from csdesk.domain.records.codec import decode_events, decode_trace, encode_events, encode_trace
from csdesk.domain.records.events import CustomerNamed, Entry, Epochs, Event, NoteAdded, TicketTagged
from csdesk.domain.records.tags import TagAssignment
from csdesk.domain.records.trace import Outcome, Trace, Verdict, verdict
from csdesk.errors import StoreDamaged

AT = datetime(2026, 1, 5, 9, tzinfo=UTC)

_PARAMS = st.dictionaries(
    st.text(min_size=1, max_size=5),
    st.one_of(st.none(), st.booleans(), st.integers(-9, 9), st.text(max_size=5)),
    max_size=2,
).map(lambda params: tuple(params.items()))


def _verdicts(below: st.SearchStrategy[tuple[Verdict, ...]]) -> st.SearchStrategy[Verdict]:
    return st.builds(
        Verdict, code=st.text(min_size=1, max_size=8), outcome=st.sampled_from(Outcome), params=_PARAMS, below=below
    )


_LEAVES = _verdicts(st.just(()))


def _entry(*events: Event, trace: Trace | None = None) -> Entry:
    return Entry(
        subject="cus_1",
        at=AT,
        actor=Actor.system(),
        cause="cmd_1",
        epochs=Epochs(),
        events=events,
        trace=trace,
        salt="0123456789abcdef",
    )


@given(st.lists(_verdicts(st.lists(_LEAVES, max_size=2).map(tuple)), max_size=4))
def test_a_trace_comes_back(verdicts: list[Verdict]) -> None:
    trace = Trace(verdicts=tuple(verdicts))
    text = encode_trace(_entry(trace=trace))
    assert decode_trace(text, subject="cus_1", cause="cmd_1") == (trace if verdicts else None)


def test_a_trace_names_what_most_traces_say_by_its_place() -> None:
    told = (verdict("dedupe.new", Outcome.PASSED), verdict("route.kept", Outcome.NOTED, worker="cus_1", other=2))
    text = encode_trace(_entry(trace=Trace(verdicts=told)))
    assert text == '[[0,"p"],[10,"n",[2,{"":0},"other",2]]]'


def test_subject_and_cause_stand_once() -> None:
    entry = _entry(NoteAdded(message="cmd_1"), TicketTagged(tags=(TagAssignment(name='"cus_1"', at=AT),)))
    body, _ = encode_events(entry)
    assert body.startswith('[{"k":10,"m":{"":1}},')
    assert decode_events(1, body, None, subject="cus_1", cause="cmd_1") == entry.events


def test_places_are_for_ever() -> None:
    """What is stored is read by them: names are only ever added at the end."""
    assert sha256(repr((KINDS[:16], CODES[:15], PARAMETERS[:14])).encode()).hexdigest()[:16] == "7c91d46a97e0fafa"
    known = {cls.model_fields["kind"].default for cls in get_args(get_args(Event)[0])}
    assert set(KINDS) <= known
    for names in (KINDS, CODES, PARAMETERS):
        assert len(set(names)) == len(names)


def test_first_letters_tell_outcomes_apart() -> None:
    assert len({outcome.value[0] for outcome in Outcome}) == len(Outcome)


def test_personal_values_stand_apart_and_erasing_leaves_none() -> None:
    entry = _entry(CustomerNamed(name="李雷"), NoteAdded(message="msg_1"))  # type: ignore[arg-type]
    body, personal = encode_events(entry)
    assert "李雷" not in body
    assert personal is not None
    assert decode_events(1, body, personal) == entry.events
    assert decode_events(1, body, None) == (CustomerNamed(name=None), entry.events[1])


def test_personal_values_of_another_row_are_damage() -> None:
    entry = Entry(
        position="1", subject="cus_1", actor=Actor.system(), cause="c", at=AT, epochs=Epochs(), salt="s" * 16,
        events=(CustomerNamed(name="Ann"),),
    )  # fmt: skip
    body, personal = encode_events(entry)
    assert personal is not None
    with pytest.raises(StoreDamaged, match="digest"):
        decode_events(1, body, personal.replace("Ann", "Bob"))
