"""Who comes when: the deliveries of the day, drawn from a seed. Equal seeds give equal days."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from random import Random
from typing import Final

from csdesk.cli.demo import mails, pages
from csdesk.cli.demo.chats import Chats, Posted
from csdesk.cli.demo.material import MAIL, OUR_ADDRESS, WEB, WECOM, MailScript, Question, questions
from csdesk.domain.records.channels import ChannelEvent
from csdesk.parsing.mail import ParsedMail, parse_mail
from csdesk.parsing.wecom import parse_page

OPENS: Final = 9 * 60
"""When the day begins, in minutes from midnight."""

CLOSES: Final = 18 * 60
SLOT: Final = 10
"""The day goes in steps of so many minutes."""

COMPLAINT: Final = "我要投诉！三天了还不退款，快递也不更新，找你们领导"
"""What the customer writes whose ticket is explained at the end."""

# How many come in each half hour, compared with the others: busy before noon and after three, quiet at lunch.
_RUSH: Final = (2, 4, 7, 8, 7, 6, 4, 4, 4, 5, 7, 8, 7, 6, 4, 3, 2, 1)


@dataclass(frozen=True, slots=True)
class Delivery:
    """Something that arrives. ``payload`` is a mail as it came, or what a page of the shop posted."""

    minute: int
    account: str
    payload: bytes | Posted

    def read(self, now: datetime) -> ParsedMail:
        """The event, read by the parser of its channel."""
        if isinstance(self.payload, Posted):
            return ParsedMail(self.payload.read())
        return parse_mail(self.payload, account=self.account, own_addresses=frozenset({OUR_ADDRESS}), received_at=now)


@dataclass(frozen=True, slots=True)
class Page:
    """A WeCom page that is pulled."""

    minute: int
    payload: bytes

    def read(self, now: datetime) -> tuple[ChannelEvent, ...]:
        """The events of the page."""
        return parse_page(self.payload, received_at=now, accounts=pages.KNOWN_ACCOUNTS, corp="wwDEMO").events


class Plan:
    """The deliveries of one day.

    Args:
        midnight: the beginning of the day, aware.
        seed: what the day is drawn from.
        share: how many of the questions are asked, 0 to 1.
    """

    def __init__(self, midnight: datetime, seed: int, share: float = 1.0) -> None:
        self.midnight = midnight
        self._random = Random(seed)  # noqa: S311  a simulation, no secret
        self._share = share
        self._number = 0
        self._chats = Chats()

    def at(self, minute: int) -> datetime:
        """That minute of the day."""
        return self.midnight + timedelta(minutes=minute)

    def all(self, scripts: tuple[MailScript, ...]) -> list[Delivery | Page]:
        """Everything that comes by itself, in order; answers to us are made while the day runs."""
        asked = list(questions())
        self._random.shuffle(asked)
        asked = asked[: round(len(asked) * self._share)]
        found: list[Delivery | Page] = [self.mail(one) for one in scripts]
        items: list[tuple[int, pages.Item]] = [*self._scenes()]
        for question in asked:
            minute = self._minute()
            channel = self._channel(question)
            if channel == MAIL:
                found.append(self._mailed(question, minute))
            elif channel == WECOM:
                items.append(self._texted(question, minute))
            else:
                found.extend(self._chatted(question, minute))
        found.extend(self._pages(items))
        return sorted(found, key=lambda one: one.minute)

    def mail(self, script: MailScript) -> Delivery:
        """A scripted mail."""
        raw = mails.scripted(script, self.at(script.minute), self.identifier(script.sender))
        return Delivery(script.minute, MAIL, raw)

    def identifier(self, address: str) -> str:
        """A new message id of that address's server."""
        self._number += 1
        return f"<{self._number}.demo@{address.partition('@')[2]}>"

    def _minute(self) -> int:
        (half,) = self._random.choices(range(len(_RUSH)), _RUSH)
        return OPENS + half * 30 + self._random.randrange(30)

    def _channel(self, question: Question) -> str:
        weights = (1, 6, 5) if question.language == "zh" else (3, 1, 8)
        (channel,) = self._random.choices((MAIL, WECOM, WEB), weights)
        return channel

    def _mailed(self, question: Question, minute: int) -> Delivery:
        self._number += 1
        host = "kehu.example" if question.language == "zh" else "example.com"
        subject = question.text[:40]
        body = question.text + "\n"
        script = MailScript(minute, f"buyer{self._number}@{host}", f"Buyer {self._number}", subject, body)
        return self.mail(script)

    def _texted(self, question: Question, minute: int) -> tuple[int, pages.Item]:
        self._number += 1
        customer = f"wmDEMO{self._number:04}"
        return minute, pages.text(customer, f"kf{self._number}", self.at(minute), question.text)

    def _chatted(self, question: Question, minute: int) -> Iterator[Delivery]:
        self._number += 1
        number = self._number
        yield self.chat(number, 1, minute, question.text)
        if self._random.random() < 0.1:  # thanks, when the answer should be there
            thanks = "好的，谢谢" if question.language == "zh" else "thanks a lot"
            yield self.chat(number, 2, min(minute + self._random.randrange(25, 90), CLOSES - 1), thanks)

    def chat(self, visitor: int, line: int, minute: int, said: str) -> Delivery:
        """A line of web chat."""
        return Delivery(minute, WEB, self._chats.line(visitor, line, self.at(minute), said))

    def _scenes(self) -> Iterator[tuple[int, pages.Item]]:
        """Scripted turns on WeCom: a picture, a place, a message that is taken back, a complaint."""
        at = self.at
        yield 569, pages.entered("wmDEMO_A", "scene-0", at(569), "parcel-card", "MUG-01")
        yield 570, pages.text("wmDEMO_A", "scene-1", at(570), "杯子收到的时候就碎了")
        yield 571, pages.image("wmDEMO_A", "scene-2", at(571))
        yield 600, pages.place("wmDEMO_B", "scene-3", at(600))
        yield 601, pages.text("wmDEMO_B", "scene-4", at(601), "可以送到这里吗，快递员说找不到")
        yield 640, pages.text("wmDEMO_C", "scene-5", at(640), "发错了，当我没说")
        yield 652, pages.recall("wmDEMO_C", "scene-6", at(652), "scene-5")
        yield 665, pages.text("wmDEMO_VIP", "scene-7", at(665), COMPLAINT)

    def _pages(self, items: list[tuple[int, pages.Item]]) -> Iterator[Page]:
        """What waits at the platform is pulled every ten minutes."""
        slots: dict[int, list[tuple[int, pages.Item]]] = {}
        for minute, item in sorted(items, key=lambda one: one[0]):
            slots.setdefault(minute // SLOT, []).append((minute, item))
        for slot, waiting in slots.items():
            yield Page(waiting[-1][0], pages.page([item for _, item in waiting], f"CUR_{slot}"))
