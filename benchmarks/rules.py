"""Rules beside hand-written functions and the rule engines that people use, on the same messages, in one run.

    python -m benchmarks.rules [--rules 100] [--n 2000] [--seconds 1] [--scale 10,100,1000]

A rule asks whether a word occurs in the text, whether the message came by a channel, and whether the ticket's priority
is above a mark; every engine must fire the same number of times over the same messages. ``closures`` is one Python
function for each rule, called in turn: the least that a desk without an index pays. Each peer is asked in turn with
csdesk, and the ratios are medians of the rounds, so that a busy machine does not decide.

Prints one JSON line. Peers (the extra ``peers``; a missing one is named under ``skipped``): rule-engine, cel-python.
``growth`` is what a message costs with the most rules over what it costs with the fewest, ``growth_undisturbed`` that
by the least time of each message, for machines that do other things too. With more rules more of them fire, so
``growth_same_fired`` says it for rules of which the added ones never do: what the rules that are not touched cost.
"""

from __future__ import annotations

import argparse
import json
import random
import statistics
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from time import perf_counter, perf_counter_ns
from typing import Any

from benchmarks._stream import CHANNELS, WORDS, machine, stream
from csdesk import InboundMessage, Priority, Sender
from csdesk.domain.records.customers import Customer
from csdesk.domain.records.tickets import Owner, OwnerKind, Ticket
from csdesk.domain.rules.compiled import compile_rules
from csdesk.domain.rules.facts import Facts, facts_of
from csdesk.domain.text.folding import fold
from csdesk.rules import F, NoAutoReply, Rule

NOW = datetime(2026, 5, 4, 9, tzinfo=UTC)
ROUNDS = 5
FEW, TRIES = 100, 300

Decide = Callable[[int], int]
"""How many rules fire for the message of that number."""


@dataclass(frozen=True, slots=True)
class Asked:
    """One rule of the workload."""

    word: str
    channel: str
    above: int


@dataclass(frozen=True, slots=True)
class Case:
    """One message of the workload, for people's functions and for csdesk."""

    values: dict[str, Any]
    message: InboundMessage
    ticket: Ticket


CUSTOMER = Customer(id="cus_1", created_at=NOW)


def workload(rules: int, count: int) -> tuple[list[Asked], list[Case]]:
    """A quarter of the rules ask for a word that is common, the others for one of a vocabulary that grows with them."""
    rng = random.Random(5)
    vocabulary = [*WORDS, *(f"word{number}" for number in range(3 * rules))]
    asked = [
        Asked(rng.choice(vocabulary if number % 4 else WORDS), rng.choice(CHANNELS), rng.choice((0, 1, 2)))
        for number in range(rules)
    ]
    return asked, [_case(mail.channel, mail.text, rng.choice((1, 2, 3))) for mail in stream(count, seed=5)]


def _case(channel: str, text: str, priority: int) -> Case:
    sender = Sender(external_id="u")
    message = InboundMessage(account=channel, dedupe_key="1", conversation="c", sender=sender, text=text)
    ticket = Ticket(
        id="tkt_1",
        number=1,
        queue="default",
        identity="idn_1",
        account=channel,
        conversation="c",
        owner=Owner(kind=OwnerKind.QUEUE, id="default"),
        priority=Priority(priority),
        created_at=NOW,
        updated_at=NOW,
    )
    return Case({"text": text, "channel": channel, "priority": priority}, message, ticket)


def csdesk_decides(asked: Sequence[Asked], cases: Sequence[Case]) -> Decide:
    """The compiled rules; the text is folded beforehand, as the pipeline has done when rules are tried."""
    rules = compile_rules([_rule(number, one) for number, one in enumerate(asked)])
    folded = [fold(case.message.text) for case in cases]

    def decide(number: int) -> int:
        case = cases[number]
        return len(rules.evaluate(_facts(case, folded[number])).fired)

    return decide


def _facts(case: Case, folded: str) -> Facts:
    return facts_of(case.message, folded, case.ticket, CUSTOMER, new_ticket=False, new_customer=False, now=NOW)


def _rule(number: int, one: Asked) -> Rule:
    when = F.message.text.contains(one.word) & (F.message.account == one.channel)
    if one.above:
        when &= F.ticket.priority > Priority(one.above)
    return Rule(name=f"r{number}", when=when, then=(NoAutoReply(),))


def closures(asked: Sequence[Asked], cases: Sequence[Case]) -> Decide:
    """One function for each rule."""

    def one(rule: Asked) -> Callable[[dict[str, Any]], bool]:
        word, channel, above = rule.word, rule.channel, rule.above
        return lambda t: t["channel"] == channel and t["priority"] > above and word in t["text"]

    functions = [(number, one(rule)) for number, rule in enumerate(asked)]
    return lambda number: len([n for n, function in functions if function(cases[number].values)])


def rule_engine_decides(asked: Sequence[Asked], cases: Sequence[Case]) -> Decide:
    """The package rule-engine."""
    import rule_engine

    context = rule_engine.Context(default_value=None)
    rules = [
        rule_engine.Rule(
            f"channel == {one.channel!r} and priority > {one.above} and {one.word!r} in text", context=context
        )
        for one in asked
    ]
    return lambda number: sum(rule.matches(cases[number].values) for rule in rules)


def cel_decides(asked: Sequence[Asked], cases: Sequence[Case]) -> Decide:
    """The package cel-python."""
    import celpy

    environment = celpy.Environment()
    texts = (f"channel == '{one.channel}' && priority > {one.above} && text.contains('{one.word}')" for one in asked)
    programs = [environment.program(environment.compile(text)) for text in texts]

    def decide(number: int) -> int:
        context = {key: celpy.json_to_cel(value) for key, value in cases[number].values.items()}
        return sum(bool(program.evaluate(context)) for program in programs)

    return decide


PEERS: dict[str, Callable[[Sequence[Asked], Sequence[Case]], Decide]] = {
    "closures": closures,
    "rule-engine": rule_engine_decides,
    "cel-python": cel_decides,
}


def main(arguments: list[str] | None = None) -> None:
    """Run it and print one JSON line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rules", type=int, default=100)
    parser.add_argument("--n", type=int, default=2000, help="messages")
    parser.add_argument("--seconds", type=float, default=1.0, help="for one round of a slow peer")
    parser.add_argument("--scale", default="10,100,1000")
    args = parser.parse_args(arguments)
    report = {**compare(args), **scale([int(one) for one in args.scale.split(",")], args.n, args.seconds)}
    print(json.dumps({"bench": "rules", "unit": "us per message", "machine": machine(), **report}))


def compare(args: argparse.Namespace) -> dict[str, object]:
    """csdesk and every peer in turn."""
    asked, cases = workload(args.rules, args.n)
    ours = csdesk_decides(asked, cases)
    own: list[float] = []
    report: dict[str, object] = {}
    skipped: dict[str, str] = {}
    for name, build in PEERS.items():
        try:
            decide = build(asked, cases)
        except ImportError:
            skipped[name] = "not installed: pip install 'csdesk[peers]'"
            continue
        rounds = [(measured(ours, args.n, args.seconds), measured(decide, args.n, args.seconds)) for _ in range(ROUNDS)]
        own += [mine for (mine, _, _), _ in rounds]
        _agree(name, ours, decide, min(done for _, (_, done, _) in rounds))
        report[name] = {
            "us": round(statistics.median(theirs for _, (theirs, _, _) in rounds), 1),
            "times_csdesk": round(statistics.median(theirs / mine for (mine, _, _), (theirs, _, _) in rounds), 2),
        }
    return {"rules": args.rules, "csdesk_us": round(statistics.median(own), 2), "peers": report, "skipped": skipped}


def _agree(name: str, ours: Decide, theirs: Decide, count: int) -> None:
    for number in range(count):
        if ours(number) != theirs(number):
            raise SystemExit(f"{name} fires otherwise than csdesk for message {number}: no figure means anything")


def measured(decide: Decide, count: int, seconds: float) -> tuple[float, int, int]:
    """Microseconds per message, how many were done before the time ran out, and how often rules fired."""
    start, fired = perf_counter(), 0
    for number in range(count):
        fired += decide(number)
        if number % 10 == 9 and perf_counter() - start > seconds:
            return (perf_counter() - start) / (number + 1) * 1e6, number + 1, fired
    return (perf_counter() - start) / count * 1e6, count, fired


def scale(sizes: Sequence[int], count: int, seconds: float) -> dict[str, object]:
    """What a message costs as rules grow, asked in turn; and per rule that fires, since more rules fire more often."""
    loads = {size: workload(size, count) for size in sizes}
    ours = {size: csdesk_decides(*loads[size]) for size in sizes}
    theirs = {size: closures(*loads[size]) for size in sizes}
    rounds = [
        {size: (measured(ours[size], count, seconds), measured(theirs[size], count, seconds)) for size in sizes}
        for _ in range(ROUNDS)
    ]
    medians = {size: round(statistics.median(one[size][0][0] for one in rounds), 2) for size in sizes}
    floor = {size: round(statistics.median(one[size][1][0] for one in rounds), 2) for size in sizes}
    fired = {size: round(rounds[0][size][0][2] / rounds[0][size][0][1], 1) for size in sizes}
    growth = statistics.median(one[sizes[-1]][0][0] / one[sizes[0]][0][0] for one in rounds)
    return {
        "scale_us": medians,
        "closures_scale_us": floor,
        "fired": fired,
        "growth": round(growth, 2),
        "growth_undisturbed": round(_undisturbed(ours[sizes[-1]], count) / _undisturbed(ours[sizes[0]], count), 2),
        "growth_same_fired": round(_growth_of_idle_rules(sizes[0], sizes[-1], count, seconds), 2),
    }


def _undisturbed(decide: Decide, count: int) -> float:
    """Nanoseconds for the first messages, of each the least of many tries: what nothing else on the machine adds to."""
    messages = range(min(count, FEW))
    least = [10**12] * len(messages)
    for _ in range(TRIES):
        for number in messages:
            start = perf_counter_ns()
            decide(number)
            least[number] = min(least[number], perf_counter_ns() - start)
    return sum(least)


def _growth_of_idle_rules(few: int, many: int, count: int, seconds: float) -> float:
    asked, cases = workload(few, count)
    idle = [Asked(f"rare{number}", CHANNELS[number % 3], number % 3) for number in range(many - few)]
    small, large = csdesk_decides(asked, cases), csdesk_decides([*asked, *idle], cases)
    rounds = [(measured(small, count, seconds), measured(large, count, seconds)) for _ in range(ROUNDS)]
    return statistics.median(more / less for (less, _, _), (more, _, _) in rounds)


if __name__ == "__main__":
    main()
