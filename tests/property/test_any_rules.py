"""Whatever rules want, at whatever moment: messages come in, time goes on, and the desk's records fit together."""

from __future__ import annotations

from contextlib import suppress
from datetime import timedelta
from typing import Any, get_args

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from csdesk import Actor, DeskConfig, InboundMessage, NotFound, Sender, Variable, open_desk
from csdesk.domain.rules import actions
from csdesk.errors import UsageError
from csdesk.ports.bots import BotAnswer
from csdesk.testing import FixedClock, ScriptedChannel, SerialIds
from csdesk.testing.audit import problems_of

NOBODY = "agt_nobody"
ACTIONS: tuple[dict[str, Any], ...] = (
    *({"do": "set_priority", "priority": one} for one in ("low", "urgent")),
    *({"do": "set_type", "type": one} for one in ("general", "people-only")),
    *({"do": "set_queue", "queue": one} for one in ("default", "people")),
    *({"do": "set_status", "status": one} for one in ("open", "waiting_customer", "resolved", "closed", "snoozed")),
    {"do": "set_field", "name": "x.n", "value": 1},
    {"do": "set_language", "language": "en"},
    {"do": "add_tags", "tags": ["a"]},
    {"do": "remove_tags", "tags": ["a"]},
    {"do": "set_tags", "tags": ["b"]},
    *({"do": "assign", "agent": one} for one in ("<agent>", NOBODY)),
    {"do": "unassign"},
    *({"do": "set_site", "site": one} for one in ("far", None)),
    {"do": "transfer", "queue": "people"},
    *({"do": "transfer", "agent": one, "brief": "x"} for one in ("<agent>", NOBODY)),
    {"do": "transfer", "department": "d", "brief": "x"},
    {"do": "hand_off", "brief": "b", "text": "t"},
    {"do": "hand_back"},
    {"do": "snooze", "span": "1h"},
    {"do": "resolve"},
    {"do": "reopen"},
    {"do": "close", "reason": "r"},
    {"do": "tag_customer", "tags": ["a"]},
    {"do": "untag_customer", "tags": ["a"]},
    {"do": "flag_customer", "flag": "f", "span": "1h"},
    {"do": "lift_flag", "flag": "f"},
    {"do": "flag_ticket", "flag": "f", "span": "1h"},
    {"do": "lift_ticket_flag", "flag": "f"},
    *({"do": "set_goal", "goal": one} for one in ("order", "answer", "ticket")),
    {"do": "place_customer", "level": "vip"},
    {"do": "set_customer_field", "name": "x.n", "value": 2},
    {"do": "block_customer", "reason": "r", "span": "1h"},
    {"do": "note", "text": "n"},
    {"do": "reply", "text": "r", "purpose": "survey"},
    *({"do": "send_phrase", "phrase": one} for one in ("p", "missing")),
    {"do": "send_template", "name": "t", "locale": "en", "body": ["ticket.number"]},
    {"do": "promise", "name": "p", "within": "1h"},
    {"do": "no_auto_reply"},
    {"do": "alert", "name": "a"},
    {"do": "notify", "to": "queue", "name": "n"},
    {"do": "call", "name": "c"},
)
INSTANTS = ("customer_at", "resolved_at", "closed_at", "created_at", "updated_at", "sla_due_at", "waiting_since")
BASE: dict[str, Any] = {
    "queues": [
        {"name": "default", "reception": "bot_first", "bot": "b", "goal": "order"},
        {"name": "people"},
    ],
    "bots": [{"name": "b", "farewell": "bye"}],
    "departments": [{"name": "d"}],
    "sites": [{"name": "far", "queue": "people"}],
    "types": [{"name": "people-only", "bars_bots": True}],
    "tags": [{"name": "a", "group": "g"}, {"name": "b", "group": "g"}],
    "flags": [{"name": "f"}],
    "levels": [{"name": "vip"}],
    "sla": [{"name": "s", "targets": [{"metric": "first_reply", "within": "1h", "clock": "calendar"}]}],
    "session_gap": "3h",
    "close_resolved_after": "5h",
    "automatic_per_day": 5,
    "rule_budget": 30,
}

then = st.lists(st.sampled_from(ACTIONS), min_size=1, max_size=3)
timers = st.builds(lambda of, after: {"of": f"ticket.{of}", "after": after}, st.sampled_from(INSTANTS), st.just("1h"))
rules = st.one_of(
    st.fixed_dictionaries({"then": then, "on": st.sampled_from((["message"], ["change"], ["message", "change"]))}),
    st.fixed_dictionaries({"then": then, "timer": timers}),
)
moves = st.sampled_from(("say", "say", "say", "answer", "resolve", "close", "merge", "macro", "wait", "wait"))


class Bot:
    """Says something."""

    name = "b"

    def answer(self, _: object) -> BotAnswer:
        return BotAnswer(text="hm")


def test_every_action_is_among_them() -> None:
    assert {one["do"] for one in ACTIONS} == {
        one.model_fields["do"].default for one in get_args(get_args(actions.Action)[0])
    }


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(
    given_rules=st.lists(rules, min_size=1, max_size=4),
    macro=then,
    steps=st.lists(st.tuples(moves, st.sampled_from("xyz")), min_size=3, max_size=12),
)
def test_nothing_that_rules_want_stops_the_desk(
    given_rules: list[dict[str, Any]], macro: list[dict[str, Any]], steps: list[tuple[str, str]]
) -> None:
    clock = FixedClock()
    channels = [ScriptedChannel("web")]
    given = {"clock": clock, "ids": SerialIds(), "bots": [Bot()], "channels": channels}
    with open_desk("memory://", config=DeskConfig(**BASE), **given) as desk:
        agent = desk.agents.add("Ann", queues=["people"]).id
        number_of = Variable(name="n", type="number", source="ticket.number")
        desk.replies.add("P", "hi {{ n }}", name="p", variables=(number_of,))

        def named(wanted: list[dict[str, Any]]) -> list[dict[str, Any]]:
            return [{key: agent if value == "<agent>" else value for key, value in one.items()} for one in wanted]

        made = [{"name": f"r{n}", **one, "then": named(one["then"])} for n, one in enumerate(given_rules)]
        macros = [{"name": "m", "then": named(macro)}]
        desk.config.activate(DeskConfig(**BASE, rules=made, macros=macros), actor=Actor.system())
        tickets: dict[str, str] = {}
        for number, (move, who) in enumerate(steps):
            if move == "say":
                sender = Sender(external_id=who)
                said = InboundMessage(
                    account="web", dedupe_key=str(number), conversation=who, sender=sender, text="退款"
                )
                got = desk.receive(said)
                assert got.state in ("stored", "blocked")
                if got.ticket is not None:
                    tickets[who] = got.ticket.id
            elif move == "wait":
                clock.advance(timedelta(hours=2))
                assert any(not desk.run_due().more for _ in range(30)), "it comes to rest"
            elif who in tickets:
                with suppress(UsageError, NotFound):
                    _act(desk, move, tickets, who, Actor.agent(agent))
        assert problems_of(desk._store) == ()


def _act(desk: Any, move: str, tickets: dict[str, str], who: str, actor: Actor) -> None:
    match move:
        case "answer":
            desk.reply(tickets[who], "ok", actor=actor)
        case "resolve" | "close":
            status = {"resolve": "resolved", "close": "closed"}[move]
            desk.tickets.set_status(tickets[who], status, actor=actor)
        case "merge":
            desk.tickets.merge(tickets[who], into=min(tickets.values()), actor=actor)
        case _:
            desk.tickets.run_macro(tickets[who], "m", actor=actor)
