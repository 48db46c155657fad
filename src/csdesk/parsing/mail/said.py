"""What a mail says, apart from what it repeats and signs with: rules and answers are about the former only."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Final

from csdesk.domain.records.messages import Part, QuotePart, TextPart
from csdesk.parsing.mail.reply import ReplyParts, split_reply

MOST_STRETCHES: Final = 40
"""In how many parts one text is kept in its order; of one with more, what is said stands before what is quoted."""


MOST_SPLIT: Final = 500_000
"""How much text of a mail is cut up, in characters: what somebody writes and quotes is shorter; more is left whole."""


def said_apart(parts: Iterable[Part]) -> tuple[Part, ...]:
    """The parts, with every text cut into what is said (``TextPart``) and what is not (``QuotePart``), in its order."""
    made: list[Part] = []
    room = MOST_SPLIT
    for part in parts:
        if isinstance(part, TextPart):
            room -= len(part.text)
            made.extend((_stretches(part.text) if room >= 0 else ()) or (part,))
        else:
            made.append(part)
    return tuple(made)


def _stretches(text: str) -> tuple[Part, ...]:
    """The stretches of a text; none if all of it is said, as a single line always is."""
    if len(text.splitlines()) < 2:
        return ()
    split = split_reply(text)
    if not split.quoted and not split.signature:
        return ()
    if len(split.spans) > MOST_STRETCHES:
        return tuple(_gathered(split))
    pieces = ((one.kind, text[one.start : one.end].strip()) for one in split.spans)
    return tuple(
        TextPart(text=piece) if kind == "visible" else QuotePart(role=kind, text=piece)
        for kind, piece in pieces
        if piece
    )


def _gathered(split: ReplyParts) -> Iterator[Part]:
    yield TextPart(text=split.visible)
    if split.quoted:
        yield QuotePart(role="quoted", text=split.quoted)
    if split.signature:
        yield QuotePart(role="signature", text=split.signature)
