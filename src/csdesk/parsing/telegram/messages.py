"""Messages of Telegram, and buttons that somebody pressed: whose they are, and whether they are for the desk."""

from __future__ import annotations

from dataclasses import replace
from re import compile as pattern
from typing import Final

from csdesk.domain.records.channels import EchoEvent, Entrance, InboundMessage, Sender, SessionEvent
from csdesk.domain.records.customers import Evidence
from csdesk.domain.records.messages import ChoicePart, TextPart
from csdesk.parsing.telegram.content import Parts, covered, parts_of, service_of
from csdesk.parsing.telegram.places import Place
from csdesk.parsing.telegram.told import Events, Reading, Told, place_of, sender_of
from csdesk.parsing.values import Fields, fields_of, instant_of, number_of, objects_in, text_of

_START: Final = pattern(r"/start(?:@\w{1,64})?(?:\s+(\S{1,512}))?\s*")
_MOST_ENTITIES: Final = 200

START: Final = "start"
"""The code of a session that began: it allows a greeting, which Telegram would allow anyhow."""


def said(told: Told, reading: Reading) -> Events | None:
    """The events of a message; None if it is of no kind that is known here."""
    message = told.fields
    place, number, who = place_of(message), number_of(message.get("message_id")), _author(message)
    if place is None or number is None or number < 0 or who is None:
        return None
    reason = _passed_over(message, place, who, reading)
    if reason:
        return (told.ignored(reason),)
    answered = _answered_by_us(message, place, who, reading)
    if answered is not None:
        return _echo(told, answered, number, who)
    if _is_group(place):
        place = replace(place, person=int(who.external_id))
    started = None if place.connection else _START.fullmatch(text_of(message.get("text")))
    if started is not None:
        return _started(told, place, who, started[1] or "", reading)
    parts = parts_of(message)
    return None if parts is None else (_message(told, place, who, parts, reading),)


def _author(message: Fields) -> Sender | None:
    """Who wrote: somebody, or in groups a chat in whose name they speak."""
    return sender_of(fields_of(message.get("sender_chat"))) or sender_of(fields_of(message.get("from")))


def _is_group(place: Place) -> bool:
    return place.chat < 0 and not place.connection


def _passed_over(message: Fields, place: Place, who: Sender, reading: Reading) -> str:
    """Why nobody needs to hear of a message; empty if somebody does."""
    author, service, is_group = fields_of(message.get("from")), service_of(message), _is_group(place)
    is_bot = author.get("is_bot") is True and message.get("sender_chat") is None and not place.connection
    is_staff = is_group and int(who.external_id) in reading.staff
    is_meant = reading.groups == "all" or is_staff or _is_addressed(message, reading)
    reasons = (
        (bool(service), f"service.{service}"),
        (message.get("is_automatic_forward") is True, "channel_post"),
        (is_bot, "own" if number_of(author.get("id")) == reading.bot else "bot"),
        (is_group and reading.groups == "off", "group"),
        (is_staff and _answered(message, reading) is None, "staff"),
        (is_group and not is_meant, "not_addressed"),
    )
    return next((reason for holds, reason in reasons if holds), "")


def _answered(message: Fields, reading: Reading) -> Sender | None:
    """The customer whom a colleague answers in a group."""
    found = sender_of(fields_of(fields_of(message.get("reply_to_message")).get("from")))
    return None if found is None or int(found.external_id) in {*reading.staff, reading.bot} else found


def _answered_by_us(message: Fields, place: Place, who: Sender, reading: Reading) -> tuple[Place, Sender] | None:
    """Whom one of us wrote to, and where; None if a customer wrote."""
    to: Sender | None = None
    if place.connection:
        if message.get("sender_business_bot") is not None or who.external_id != str(place.chat):
            to = sender_of(fields_of(message.get("chat")))
    elif _is_group(place) and int(who.external_id) in reading.staff:
        to = _answered(message, reading)
        place = place if to is None else replace(place, person=int(to.external_id))
    return None if to is None else (place, to)


def _echo(told: Told, answered: tuple[Place, Sender], number: int, who: Sender) -> Events | None:
    parts, (place, to) = parts_of(told.fields), answered
    if parts is None:
        return None
    return (
        EchoEvent(
            **told.head(instant_of(told.fields.get("date"))),
            conversation=place.conversation,
            to=to,
            author=who.external_id,
            provider_id=place.message(number),
            provider_order=number,
            parts=parts,
        ),
    )


def _is_addressed(message: Fields, reading: Reading) -> bool:
    if number_of(fields_of(fields_of(message.get("reply_to_message")).get("from")).get("id")) == reading.bot:
        return True
    for name, inside in (("text", "entities"), ("caption", "caption_entities")):
        text = text_of(message.get(name))
        for one in objects_in(message.get(inside))[:_MOST_ENTITIES]:
            if _names_us(text, one, reading):
                return True
    return False


def _names_us(text: str, entity: Fields, reading: Reading) -> bool:
    kind, words = entity.get("type"), covered(text, entity)
    name = f"@{reading.username}".lower()
    if kind == "bot_command":
        return "@" not in words or words.lower().endswith(name)
    if kind == "text_mention":
        return number_of(fields_of(entity.get("user")).get("id")) == reading.bot
    return kind == "mention" and bool(reading.username) and words.lower() == name


def _started(told: Told, place: Place, who: Sender, param: str, reading: Reading) -> Events:
    """Somebody opened the chat; ``param`` stood in the link that they came by."""
    at = instant_of(told.fields.get("date"))
    entrance = Entrance(scene=param) if param else None
    began = SessionEvent(
        **told.head(at),
        conversation=place.conversation,
        sender=who,
        what="started",
        entrance=entrance,
        code=START,
    )
    if not param or not reading.start_opens:
        return (began,)
    parts: Parts = (ChoicePart(id=param, text=f"/start {param}"),)
    opened = _message(told, place, who, parts, reading).model_copy(
        update={"entrance": entrance, "dedupe_key": f"{told.key}/start"}
    )
    return (began, opened)


def _message(told: Told, place: Place, who: Sender, parts: Parts, reading: Reading) -> InboundMessage:
    message = told.fields
    number = number_of(message.get("message_id")) or 0
    answered = number_of(fields_of(message.get("reply_to_message")).get("message_id"))
    return InboundMessage(
        account=told.account,
        dedupe_key=told.key,
        conversation=place.conversation,
        sender=who,
        also=_phone(message, who) if reading.link_phones else (),
        parts=parts,
        provider_id=place.message(number),
        references=() if answered is None else (place.message(answered),),
        provider_order=number,
        sent_at=instant_of(message.get("date")),
        raw=told.raw,
    )


def _phone(message: Fields, who: Sender) -> tuple[Sender, ...]:
    """The number of somebody who shares their own: Telegram says whose it is."""
    card = fields_of(message.get("contact"))
    digits = "".join(one for one in text_of(card.get("phone_number")) if one.isascii() and one.isdigit())
    if not digits or text_of(card.get("user_id")) != who.external_id:
        return ()
    return (Sender(kind="phone", external_id=f"+{digits}", evidence=Evidence.PROVIDER),)


def pressed(told: Told, reading: Reading) -> Events | None:
    """The choice of somebody who pressed a button under a message."""
    message, choice = fields_of(told.fields.get("message")), text_of(told.fields.get("data"))
    who, place = sender_of(fields_of(told.fields.get("from"))), place_of(message)
    if who is None:
        return None
    if place is None or not choice:
        return (told.ignored("callback"),)  # under a message that was sent by way of another chat, or of a game
    if _is_group(place):
        if reading.groups == "off":
            return (told.ignored("group"),)
        place = replace(place, person=int(who.external_id))
    words, number = _button(message, choice), number_of(message.get("message_id"))
    return (
        InboundMessage(
            account=told.account,
            dedupe_key=told.key,
            conversation=place.conversation,
            sender=who,
            parts=(TextPart(text=words or choice), ChoicePart(id=choice, text=words)),
            references=() if number is None else (place.message(number),),
            raw=told.raw,
        ),
    )


def _button(message: Fields, choice: str) -> str:
    """The words on the button of that choice; empty if the keyboard is no longer told."""
    rows = fields_of(message.get("reply_markup")).get("inline_keyboard")
    for row in rows if isinstance(rows, list) else ():
        for one in objects_in(row):
            if text_of(one.get("callback_data")) == choice:
                return text_of(one.get("text"))
    return ""
