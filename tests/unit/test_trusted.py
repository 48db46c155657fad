"""The fast constructors make what the validating ones make."""

from datetime import UTC, datetime

import pytest

from csdesk.domain.records._model import Record, replaced, shared, trusted
from csdesk.domain.records.events import ClocksChanged, MessageReceived
from csdesk.domain.records.messages import AuthorKind, Direction, Message, TextPart
from csdesk.domain.records.tags import TagAssignment
from csdesk.domain.records.tickets import Owner, OwnerKind

AT = datetime(2026, 1, 5, 9, tzinfo=UTC)
CASES: list[tuple[type[Record], dict[str, object]]] = [
    (TagAssignment, {"name": "vip", "at": AT}),
    (MessageReceived, {"message": "msg_1", "occurred_at": AT}),
    (ClocksChanged, {"clocks": ()}),
    (
        Message,
        {
            "id": "msg_1",
            "ticket": "tkt_1",
            "direction": Direction.IN,
            "author": AuthorKind.CUSTOMER,
            "parts": (TextPart(text="你好"),),
            "received_at": AT,
            "occurred_at": AT,
        },
    ),
]


@pytest.mark.parametrize(("cls", "values"), CASES, ids=lambda one: getattr(one, "__name__", ""))
def test_a_trusted_constructor_makes_what_validation_makes(cls: type[Record], values: dict[str, object]) -> None:
    fast, checked = trusted(cls)(**values), cls.model_validate(values)  # type: ignore[arg-type]
    assert fast == checked
    assert hash(fast) == hash(checked)
    assert fast.model_dump_json(exclude_defaults=True) == checked.model_dump_json(exclude_defaults=True)
    assert fast.model_copy() == checked


def test_replaced_is_model_copy_and_leaves_the_original() -> None:
    tag = TagAssignment(name="vip", at=AT)
    other = replaced(tag, name="vvip")
    assert other == tag.model_copy(update={"name": "vvip"})
    assert tag.name == "vip"
    with pytest.raises(Exception, match="frozen"):
        other.name = "x"


def test_a_shared_constructor_makes_equal_records_once() -> None:
    owner = shared(Owner)
    made = owner(kind=OwnerKind.AGENT, id="agt_1")
    assert made == Owner(kind=OwnerKind.AGENT, id="agt_1")
    assert owner(kind=OwnerKind.AGENT, id="agt_1") is made
    assert owner(kind=OwnerKind.QUEUE, id="agt_1") != made
    assert owner(kind="agent", id="agt_1") is not made  # type: ignore[arg-type]  # another type, if an equal text
