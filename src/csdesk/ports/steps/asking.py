"""What flows ask the host's own systems: bots, knowledge bases, shops, whatever carries orders out.

What these say is checked by whoever asked: nobody knows whether somebody else's code keeps its contract.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING

from csdesk.domain.records.bots import BotTurn
from csdesk.domain.records.business import BusinessQuestion
from csdesk.domain.records.knowledge import KnowledgeQuestion
from csdesk.domain.records.products import ProductQuestion
from csdesk.ports.actions import ActionOrder
from csdesk.ports.knowledge import AnyKnowledge
from csdesk.ports.steps._answers import told

if TYPE_CHECKING:
    from csdesk.ports.steps.flow import Flow


@dataclass(frozen=True, slots=True)
class Ask:
    """Let a bot answer a turn, for so long at most. A step of the network."""

    turn: BotTurn
    within: timedelta


def ask(turn: BotTurn, within: timedelta) -> Flow[object]:
    """What a bot says to a turn; an outcome, if it keeps its contract.

    Raises:
        TimeoutError: it took too long.
    """
    return told(Ask(turn, within))


@dataclass(frozen=True, slots=True)
class Consult:
    """Ask a host's knowledge base, for so long at most. A step of the network."""

    base: AnyKnowledge
    question: KnowledgeQuestion
    within: timedelta


def consult(base: AnyKnowledge, question: KnowledgeQuestion, within: timedelta) -> Flow[object]:
    """What a knowledge base says to a question; a ``KnowledgeReply``, if it keeps its contract.

    Raises:
        TimeoutError: it took too long.
    """
    return told(Consult(base, question, within))


@dataclass(frozen=True, slots=True)
class AskProducts:
    """Ask the host's shop about products, for so long at most. A step of the network."""

    question: ProductQuestion
    within: timedelta


def ask_products(question: ProductQuestion, within: timedelta) -> Flow[object]:
    """What the host's shop says; a sequence of ``Product``, if it keeps its contract.

    Raises:
        UnsupportedFeature: the desk was opened without one.
        TimeoutError: it took too long.
    """
    return told(AskProducts(question, within))


@dataclass(frozen=True, slots=True)
class AskBusiness:
    """Ask a system of the host's, for so long at most. A step of the network."""

    question: BusinessQuestion
    within: timedelta


def ask_business(question: BusinessQuestion, within: timedelta) -> Flow[object]:
    """What a system of the host's says: what ``csdesk.ports.business`` wants of it, if it keeps its contract.

    Raises:
        UnsupportedFeature: the desk was opened without one.
        TimeoutError: it took too long.
    """
    return told(AskBusiness(question, within))


@dataclass(frozen=True, slots=True)
class Encode:
    """Ask the desk's embedder for vectors, for so long at most. A step of the network."""

    texts: tuple[str, ...]
    within: timedelta


def encode(texts: tuple[str, ...], within: timedelta) -> Flow[object]:
    """What the desk's embedder says to texts; a sequence of vectors, if it keeps its contract.

    Raises:
        UnsupportedFeature: the desk was opened without one.
        TimeoutError: it took too long.
    """
    return told(Encode(texts, within))


@dataclass(frozen=True, slots=True)
class CarryOut:
    """Let a host's system carry something out, for so long at most. A step of the network."""

    port: str
    order: ActionOrder
    within: timedelta


def carry_out(port: str, order: ActionOrder, within: timedelta) -> Flow[object]:
    """What a host's system says to an order; an outcome, if it keeps its contract.

    Raises:
        TimeoutError: it took too long.
    """
    return told(CarryOut(port, order, within))
