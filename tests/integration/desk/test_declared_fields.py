"""A custom field that the configuration declares holds values of its type; rules could not compare others."""

from datetime import UTC, datetime, timedelta

import pytest

from csdesk import Actor, DeskConfig, InvalidInput
from csdesk.testing import ScriptedChannel

ME = Actor.system("shop")
TYPES = {"paid": "flag", "amount": "number", "pay_by": "time", "order": "text"}
CONFIG = DeskConfig.model_validate(
    {
        "fields": [
            *({"name": f"ticket.x.{name}", "type": type_} for name, type_ in TYPES.items()),
            {"name": "ticket.x.size", "type": "word", "choices": ["S", "M"]},
        ],
        "rules": [
            {
                "name": "dun",
                "timer": {"of": "ticket.x.pay_by", "before": "2h"},
                "then": [{"do": "send_phrase", "phrase": "pay"}],
            }
        ],
    }
)


@pytest.fixture
def ticket(world):
    desk = world.open(CONFIG, channels=[ScriptedChannel("web")])
    desk.replies.add("pay", "Please pay.", name="pay")
    return desk, desk.receive(world.said()).ticket.id


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("paid", True),
        ("amount", 9),
        ("amount", 9.5),
        ("pay_by", "2026-01-05T17:00:00+08:00"),
        ("order", "A1"),
        ("size", "M"),
        ("anything", 5),
        *((name, None) for name in TYPES),
    ],
)
def test_what_fits_is_kept(ticket, name, value):
    desk, key = ticket
    assert desk.tickets.set_field(key, f"x.{name}", value, actor=ME).field(name) == value


@pytest.mark.parametrize(
    ("name", "value", "remedy"),
    [
        ("paid", 1, "pass True or False"),
        ("amount", "9", "pass a number"),
        ("amount", True, "pass a number"),
        ("pay_by", "tomorrow", "pass an aware datetime, or its text with the offset"),
        ("pay_by", "2026-01-05T17:00:00", "pass an aware datetime, or its text with the offset"),
        ("order", 5, "pass a str"),
        ("size", "L", "pass one of S, M"),
    ],
)
def test_what_does_not_fit_is_refused_with_the_type_that_would(ticket, name, value, remedy):
    desk, key = ticket
    with pytest.raises(InvalidInput, match=f"does not fit x.{name}, a field of type") as refused:
        desk.tickets.set_field(key, f"x.{name}", value, actor=ME)
    assert refused.value.remedy == remedy
    assert desk.tickets.get(key).field(name) is None


def test_an_instant_is_kept_as_rules_compare_it(world, ticket):
    desk, key = ticket
    due = world.clock.now() + timedelta(hours=5)
    assert desk.tickets.set_field(key, "x.pay_by", due, actor=ME).field("pay_by") == f"{due:%Y-%m-%dT%H:%M:%SZ}"
    said = len(desk.tickets.timeline(key))
    world.later(hours=3)
    desk.run_due()
    assert len(desk.tickets.timeline(key)) > said
    with pytest.raises(InvalidInput, match="value: is no aware datetime"):
        desk.tickets.set_field(key, "x.pay_by", datetime(2026, 1, 5), actor=ME)  # noqa: DTZ001
    assert due.tzinfo is UTC
