"""Items 19 and 20: what a channel declares is true, at the limit and one beyond it; and how it says that it fares."""

from __future__ import annotations

import io
from collections.abc import Iterator

import pytest

from csdesk.domain.records.channels import Limit, MenuLimits
from csdesk.domain.records.commands._base import MOST_WRITTEN
from csdesk.domain.records.messages import Delivery, MediaPart, MenuItem, MenuPart, Part
from csdesk.domain.records.tickets import Ticket
from csdesk.testing.channel_contract.bench import AGENT, Bench, ContractBase, ended, shown, skip
from csdesk.testing.channel_contract.rig import ChannelRig, HealthState


class LimitPromises(ContractBase):
    """What is declared."""

    def test_19_the_declared_text_limit_is_true(self, bench: Bench, rig: ChannelRig) -> None:
        """The declared text limit is true."""
        limit = bench.able.text
        if limit is None or limit.size("x" * MOST_WRITTEN) < limit.amount:
            skip("the channel declares no limit of text, or more than the desk takes")
        sent = bench.reply(bench.said(), "x" * limit.amount)
        assert sent.delivery is Delivery.SENT, ended(sent.message)
        arrived = shown(rig.arrived(), "nobody can tell what arrived")
        assert [text for _, text in arrived] == ["x" * limit.amount]

    def test_19_the_declared_menu_is_true(self, bench: Bench) -> None:
        """The largest menu goes out."""
        if not bench.able.menu_items:
            skip("the channel carries no menus")
        menu = _menu(bench.able.menu_items, bench.able.menu)
        assert self._sent(bench, bench.said(), menu)

    def test_19_a_larger_menu_never_leaves(self, bench: Bench) -> None:
        """What is one sign or one item larger never leaves."""
        if not bench.able.menu_items:
            skip("the channel carries no menus")
        ticket = bench.said()
        for name, menu in _too_large(bench.able.menu_items, bench.able.menu):
            assert not self._sent(bench, ticket, menu), name

    def test_19_the_declared_caption_is_true(self, bench: Bench) -> None:
        """The longest caption goes out, and one sign more never leaves."""
        limit = shown(bench.able.caption, "the channel declares no limit of captions")
        kind = shown(next(iter(bench.able.media), None), "the channel declares no limit for media")
        type_ = next(iter(kind.types), "application/octet-stream")
        content = io.BytesIO(b"x" * max(kind.least, 100))
        ref = bench.desk._core.media.put(content, type=type_, name="a")  # noqa: SLF001
        ticket = bench.said()
        for beyond in (0, 1):
            part = MediaPart(media=kind.media, ref=ref, type=type_, caption="x" * (limit.amount + beyond))
            assert self._sent(bench, ticket, part) is not bool(beyond)

    @pytest.mark.parametrize("state", ["ok", "auth", "unreachable", "degraded"])
    def test_20_health(self, rig: ChannelRig, state: HealthState) -> None:
        """Health."""
        channel = rig.health(state)
        if channel is None:
            skip("the channel cannot be asked, or is never in that state")
        bench = Bench(rig)
        bench.channel = channel
        desk = bench.open()
        assert desk.channels.check(rig.account).status == state

    def _sent(self, bench: Bench, ticket: Ticket, part: Part) -> bool:
        sent = bench.desk.reply(ticket.id, [part], actor=AGENT)
        assert sent.delivery in (Delivery.SENT, Delivery.FAILED), ended(sent.message)
        if sent.delivery is Delivery.FAILED:
            assert sent.message.delivery_needs, "a refusal says what would make the message possible"
        return sent.delivery is Delivery.SENT


def _text(limit: Limit | None, beyond: int = 0) -> str:
    return "x" * ((limit.amount if limit is not None else 10) + beyond)


def _menu(items: int, limits: MenuLimits, **beyond: int) -> MenuPart:
    """A menu at its limits; ``beyond`` says what is larger by one."""
    choice, known = _text(limits.choice, beyond.get("choice", 0)), _text(limits.choice_id, beyond.get("choice_id", 0))
    made = [
        MenuItem(id=f"{number}{known}"[: len(known)], text=f"{number}{choice}"[: len(choice)])
        for number in range(items)
    ]
    return MenuPart(
        head=_text(limits.head, beyond.get("head", 0)),
        items=tuple(made),
        tail=_text(limits.tail, beyond.get("tail", 0)),
    )


def _too_large(items: int, limits: MenuLimits) -> Iterator[tuple[str, MenuPart]]:
    yield "items", _menu(items + 1, limits)
    for name in ("head", "tail", "choice", "choice_id"):
        if getattr(limits, name) is not None:
            yield name, _menu(min(items, 2), limits, **{name: 1})
