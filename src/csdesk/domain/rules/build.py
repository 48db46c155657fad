"""Conditions in Python: ``F.ticket.priority >= Priority.HIGH`` is the test that TOML writes as a table.

Each field object knows the operators of its type, so an editor shows what can be asked and a type checker sees slips.
Join conditions with ``&``, ``|`` and ``~``; mind the brackets, which bind tighter than comparisons do.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from csdesk._nearest import nearest
from csdesk.domain.rules.askable import (
    CustomField,
    FlagField,
    NumberField,
    RankField,
    TagsField,
    TextField,
    TimeField,
    WordField,
)
from csdesk.domain.rules.language import Group, Test


def all_of(*conditions: Group | Test) -> Group:
    """All of them hold."""
    return Group(all=conditions)


def any_of(*conditions: Group | Test) -> Group:
    """At least one of them holds."""
    return Group(any=conditions)


def none_of(*conditions: Group | Test) -> Group:
    """None of them holds."""
    return Group(none=conditions)


class _Subject:
    """What fields are about."""

    if not TYPE_CHECKING:  # a checker knows the fields, and sees slips by itself

        def __getattr__(self, name: str) -> object:
            kind = type(self).__name__.strip("_").lower()
            known = [one for one in dir(type(self)) if not one.startswith("_")]
            raise AttributeError(f"F.{kind} has no field {name!r}: {nearest(name, known)}")


class _Message(_Subject):
    """What came."""

    text = TextField("message.text")
    subject = TextField("message.subject")
    any = TextField("message.any")
    account = WordField("message.account")
    channel = WordField("message.channel")
    language = WordField("message.language")
    automatic = WordField("message.automatic")
    author = WordField("message.author")
    origin_scene = WordField("message.origin_scene")
    origin_param = WordField("message.origin_param")
    origin_entry = WordField("message.origin_entry")
    origin_campaign = WordField("message.origin_campaign")
    origin_live_room = WordField("message.origin_live_room")
    origin_product = WordField("message.origin_product")
    origin_order = WordField("message.origin_order")
    kinds = TagsField("message.kinds")
    has_media = FlagField("message.has_media")
    is_reply = FlagField("message.is_reply")
    length = NumberField("message.length")
    attachments = NumberField("message.attachments")
    copied = NumberField("message.copied")
    mood = NumberField("message.mood")
    phrase = WordField("message.phrase")
    phrase_score = NumberField("message.phrase_score")


class _Ticket(_Subject):
    """The ticket, as it is before any rule."""

    subject = TextField("ticket.subject")
    priority = RankField("ticket.priority")
    type = WordField("ticket.type")
    queue = WordField("ticket.queue")
    category = WordField("ticket.category")
    status = WordField("ticket.status")
    tags = TagsField("ticket.tags")
    flags = TagsField("ticket.flags")
    goal = WordField("ticket.goal")
    goal_state = WordField("ticket.goal_state")
    language = WordField("ticket.language")
    site = WordField("ticket.site")
    account = WordField("ticket.account")
    origin_scene = WordField("ticket.origin_scene")
    origin_param = WordField("ticket.origin_param")
    origin_entry = WordField("ticket.origin_entry")
    origin_campaign = WordField("ticket.origin_campaign")
    origin_live_room = WordField("ticket.origin_live_room")
    origin_product = WordField("ticket.origin_product")
    origin_order = WordField("ticket.origin_order")
    owner = WordField("ticket.owner")
    worker = WordField("ticket.worker")
    is_assigned = FlagField("ticket.is_assigned")
    is_with_bot = FlagField("ticket.is_with_bot")
    bot_turns = NumberField("ticket.bot_turns")
    failed_turns = NumberField("ticket.failed_turns")
    hand_offs = NumberField("ticket.hand_offs")
    is_new = FlagField("ticket.is_new")
    is_merged = FlagField("ticket.is_merged")
    links = TagsField("ticket.links")
    close_reason = WordField("ticket.close_reason")
    messages = NumberField("ticket.messages")
    unanswered = NumberField("ticket.unanswered")
    reopens = NumberField("ticket.reopens")
    participants = NumberField("ticket.participants")
    sla = WordField("ticket.sla")
    sla_states = TagsField("ticket.sla_states")
    sla_due_at = TimeField("ticket.sla_due_at")
    created_at = TimeField("ticket.created_at")
    updated_at = TimeField("ticket.updated_at")
    customer_at = TimeField("ticket.customer_at")
    replied_at = TimeField("ticket.replied_at")
    waiting_since = TimeField("ticket.waiting_since")
    resolved_at = TimeField("ticket.resolved_at")
    closed_at = TimeField("ticket.closed_at")

    def x(self, name: str) -> CustomField:
        """The custom field of that name."""
        return CustomField(f"ticket.x.{name}")


class _Customer(_Subject):
    """The customer behind the ticket."""

    name = TextField("customer.name")
    level = WordField("customer.level")
    stage = WordField("customer.stage")
    tags = TagsField("customer.tags")
    segments = TagsField("customer.segments")
    flags = TagsField("customer.flags")
    language = WordField("customer.language")
    account = WordField("customer.account")
    source_scene = WordField("customer.source_scene")
    source_param = WordField("customer.source_param")
    source_entry = WordField("customer.source_entry")
    source_campaign = WordField("customer.source_campaign")
    source_live_room = WordField("customer.source_live_room")
    source_product = WordField("customer.source_product")
    source_order = WordField("customer.source_order")
    source_traffic = WordField("customer.source_traffic")
    agent = WordField("customer.agent")
    is_new = FlagField("customer.is_new")
    is_merged = FlagField("customer.is_merged")
    identities = NumberField("customer.identities")
    created_at = TimeField("customer.created_at")
    ticket_at = TimeField("customer.ticket_at")
    browse_at = TimeField("customer.browse_at")
    cart_at = TimeField("customer.cart_at")
    order_at = TimeField("customer.order_at")
    payment_at = TimeField("customer.payment_at")
    refund_at = TimeField("customer.refund_at")
    redeem_at = TimeField("customer.redeem_at")

    def x(self, name: str) -> CustomField:
        """The custom field (profile value) of that name."""
        return CustomField(f"customer.x.{name}")

    def tickets(self, *, days: int) -> NumberField:
        """How many tickets they opened today and in the days before it, so many days in all (1 to 366)."""
        return NumberField(f"customer.tickets_{days}d")

    def browses(self, *, days: int) -> NumberField:
        """How often they looked at something in the shop in the last days (1 to 366)."""
        return NumberField(f"customer.browses_{days}d")

    def carts(self, *, days: int) -> NumberField:
        """How often they put something into the cart in the last days (1 to 366)."""
        return NumberField(f"customer.carts_{days}d")

    def orders(self, *, days: int) -> NumberField:
        """How many orders they made in the last days (1 to 366)."""
        return NumberField(f"customer.orders_{days}d")

    def payments(self, *, days: int) -> NumberField:
        """How often they paid in the last days (1 to 366)."""
        return NumberField(f"customer.payments_{days}d")

    def refunds(self, *, days: int) -> NumberField:
        """How many refunds they got in the last days (1 to 366)."""
        return NumberField(f"customer.refunds_{days}d")

    def redeems(self, *, days: int) -> NumberField:
        """How often they redeemed something in the last days (1 to 366)."""
        return NumberField(f"customer.redeems_{days}d")

    def spent(self, *, days: int) -> NumberField:
        """How much they paid in the last days (1 to 366), in the smallest unit of the shop's currency."""
        return NumberField(f"customer.spent_{days}d")


class _Actor(_Subject):
    """Who brought the message or made the change."""

    kind = WordField("actor.kind")
    id = WordField("actor.id")


class _Time(_Subject):
    """The present moment."""

    now = TimeField("time.now")
    hour = NumberField("time.hour")
    weekday = WordField("time.weekday")
    date = WordField("time.date")


class Fields:
    """Every field that conditions can ask; use the ready ``F``."""

    message = _Message()
    ticket = _Ticket()
    customer = _Customer()
    actor = _Actor()
    time = _Time()


F: Final = Fields()
"""The fields: ``F.message.text.contains_any("退款", "退货")``."""
