"""Typed ids: a kind prefix and 26 characters of Crockford base32 over a UUIDv7.

An id has at most 31 bytes of ``[0-9a-z_]``, so that it fits a provider's message id (WeCom customer service takes 32).
Ids sort by creation. They are made by an ``IdSource`` (see ``csdesk.ports.ids``), never here.
"""

from __future__ import annotations

import re
from typing import Final, NewType

from csdesk.errors import InvalidInput, sentence

CustomerId = NewType("CustomerId", str)
"""The id of a customer: ``cus_...``."""
IdentityId = NewType("IdentityId", str)
"""The id of one address of a customer: ``idn_...``; ``desk.customers.of`` finds whose it is."""
TicketId = NewType("TicketId", str)
"""The id of a ticket: ``tkt_...``. ``TicketId(text)`` makes one of a text from outside, for checkers."""
MessageId = NewType("MessageId", str)
"""The id of a message: ``msg_...``."""
AgentId = NewType("AgentId", str)
"""The id of an agent: ``agt_...``; ``desk.agents.find`` finds it by a host's own."""
PhraseId = NewType("PhraseId", str)
ArticleId = NewType("ArticleId", str)
AssetId = NewType("AssetId", str)
SettlementId = NewType("SettlementId", str)

CUSTOMER: Final = "cus_"
IDENTITY: Final = "idn_"
TICKET: Final = "tkt_"
MESSAGE: Final = "msg_"
AGENT: Final = "agt_"
PHRASE: Final = "phr_"
ARTICLE: Final = "art_"
ASSET: Final = "ast_"
DRAFT: Final = "drf_"
COMMAND: Final = "cmd_"
SETTLEMENT: Final = "set_"

_NAME: Final = re.compile(r"[\w][\w.-]{0,59}")


def phrase_id(name: str) -> PhraseId:
    """The id of a phrase that people call so: a name without the prefix of phrases is given it.

    >>> phrase_id("refund")
    'phr_refund'

    Raises:
        InvalidInput: it is no name of a phrase.
    """
    return PhraseId(_named(name, PHRASE, "phrase", "is no name of a phrase"))


def article_id(name: str) -> ArticleId:
    """The id of an article that people call so: a name without the prefix of articles is given it.

    >>> article_id("double-eleven")
    'art_double-eleven'

    Raises:
        InvalidInput: it is no name of an article.
    """
    return ArticleId(_named(name, ARTICLE, "article", "is no name of an article"))


def by_another_name(kind: str, key: str) -> str:
    """What to do about a ticket, agent or customer that was not found: the key is no id but another name."""
    number = key.removeprefix("#")
    if kind == "ticket" and number.isascii() and number.isdigit():
        return sentence("desk.tickets.numbered({number}) finds a ticket by its number", number=number)
    if kind == "agent" and not key.startswith(AGENT):
        return sentence("the ids of agents begin with agt_; desk.agents.find finds an agent by your own id")
    if kind == "customer" and not key.startswith(CUSTOMER):
        return sentence("the ids of customers begin with cus_; desk.customers.find finds one by the id of a channel")
    return ""


def _named(name: object, prefix: str, field: str, problem: str) -> str:
    body = name.removeprefix(prefix) if isinstance(name, str) else ""
    if not _NAME.fullmatch(body):
        raise InvalidInput(field, problem, "use letters, digits, _ . and -, at most 60 of them")
    return prefix + body


def asset_id(name: str) -> AssetId:
    """The id of an asset that people call so: a name without the prefix of assets is given it.

    >>> asset_id("brochure")
    'ast_brochure'

    Raises:
        InvalidInput: it is no name of an asset.
    """
    return AssetId(_named(name, ASSET, "asset", "is no name of an asset"))


ALPHABET: Final = "0123456789abcdefghjkmnpqrstvwxyz"
"""The digits of Crockford base32."""
PAIRS: Final = tuple(a + b for a in ALPHABET for b in ALPHABET)
"""The two characters that stand for ten bits."""

BODY_LENGTH: Final = 26


def encode(value: int) -> str:
    """26 characters of Crockford base32 (lower case) for a number of at most 128 bits; order is kept.

    >>> encode(0)
    '00000000000000000000000000'
    """
    pairs = PAIRS  # written out: every message needs ids, and a loop takes twice as long
    high, low = value >> 60, value & (1 << 60) - 1  # numbers of more than 60 bits cost more at every step
    return (
        f"{pairs[high >> 60]}{pairs[high >> 50 & 1023]}{pairs[high >> 40 & 1023]}{pairs[high >> 30 & 1023]}"
        f"{pairs[high >> 20 & 1023]}{pairs[high >> 10 & 1023]}{pairs[high & 1023]}{pairs[low >> 50]}"
        f"{pairs[low >> 40 & 1023]}{pairs[low >> 30 & 1023]}{pairs[low >> 20 & 1023]}{pairs[low >> 10 & 1023]}"
        f"{pairs[low & 1023]}"
    )


def uuid7(milliseconds: int, sequence: int, chance: int) -> int:
    """A UUIDv7 as a number (RFC 9562 §5.7): 48 bits of Unix time, 12 of ``sequence``, 62 of ``chance``."""
    return (milliseconds & (2**48 - 1)) << 80 | 7 << 76 | (sequence & 4095) << 64 | 2 << 62 | (chance & (2**62 - 1))
