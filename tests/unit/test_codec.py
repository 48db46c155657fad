"""Traces and events come back as they were written."""

from datetime import UTC, datetime

from hypothesis import given
from hypothesis import strategies as st

from csdesk.domain.records.actors import Actor
from csdesk.domain.records.codec import decode_events, decode_trace, encode_events, encode_trace
from csdesk.domain.records.events import CustomerNamed, Entry, Epochs, NoteAdded
from csdesk.domain.records.trace import Outcome, Trace, Verdict

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


@given(st.lists(_verdicts(st.lists(_LEAVES, max_size=2).map(tuple)), max_size=4))
def test_a_trace_comes_back(verdicts: list[Verdict]) -> None:
    trace = Trace(verdicts=tuple(verdicts))
    assert decode_trace(encode_trace(trace)) == (trace if verdicts else None)


def test_first_letters_tell_outcomes_apart() -> None:
    assert len({outcome.value[0] for outcome in Outcome}) == len(Outcome)


def test_personal_values_stand_apart_and_erasing_leaves_none() -> None:
    entry = Entry(
        subject="cus_1",
        at=AT,
        actor=Actor.system(),
        cause="cmd_1",
        epochs=Epochs(),
        events=(CustomerNamed(name="李雷"), NoteAdded(message="msg_1")),  # type: ignore[arg-type]
        salt="0123456789abcdef",
    )
    body, personal = encode_events(entry)
    assert "李雷" not in body
    assert personal is not None
    assert decode_events(1, body, personal) == entry.events
    assert decode_events(1, body, None) == (CustomerNamed(name=None), entry.events[1])
