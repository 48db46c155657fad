"""A small desk on SQLAlchemy's ORM, as one would write it by hand in a day: the peer of ``benchmarks.orm``."""

from __future__ import annotations

import random
from datetime import UTC, datetime, timedelta
from pathlib import Path

from rapidfuzz import fuzz, process, utils
from sqlalchemy import JSON, ForeignKey, Index, UniqueConstraint, create_engine, event, insert, select
from sqlalchemy.orm import DeclarativeBase, Mapped, Session, mapped_column, relationship

from benchmarks._stream import CHANNELS, QUEUES, WORDS, Mail


class Base(DeclarativeBase):
    """The tables."""


class Customer(Base):
    """Somebody who writes."""

    __tablename__ = "customer"
    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str]
    seen: Mapped[datetime | None]


class Identity(Base):
    """An address of a customer."""

    __tablename__ = "identity"
    __table_args__ = (UniqueConstraint("channel", "address"),)
    id: Mapped[int] = mapped_column(primary_key=True)
    channel: Mapped[str]
    address: Mapped[str]
    customer_id: Mapped[int] = mapped_column(ForeignKey("customer.id"))
    customer: Mapped[Customer] = relationship()


class Agent(Base):
    """Somebody who answers."""

    __tablename__ = "agent"
    __table_args__ = (Index("agent_pick", "queue", "load"),)
    id: Mapped[int] = mapped_column(primary_key=True)
    queue: Mapped[str]
    load: Mapped[int] = mapped_column(default=0)


class Ticket(Base):
    """A case."""

    __tablename__ = "ticket"
    __table_args__ = (Index("ticket_of", "customer_id", "status"),)
    id: Mapped[int] = mapped_column(primary_key=True)
    customer_id: Mapped[int] = mapped_column(ForeignKey("customer.id"))
    subject: Mapped[str]
    status: Mapped[str]
    queue: Mapped[str]
    agent_id: Mapped[int | None] = mapped_column(ForeignKey("agent.id"), index=True)
    created: Mapped[datetime]
    updated: Mapped[datetime]
    tags: Mapped[list[Tag]] = relationship(back_populates="ticket")


class Tag(Base):
    """A word on a ticket."""

    __tablename__ = "tag"
    ticket_id: Mapped[int] = mapped_column(ForeignKey("ticket.id"), primary_key=True)
    name: Mapped[str] = mapped_column(primary_key=True)
    ticket: Mapped[Ticket] = relationship(back_populates="tags")


class Message(Base):
    """What was said."""

    __tablename__ = "message"
    __table_args__ = (UniqueConstraint("channel", "external"),)
    id: Mapped[int] = mapped_column(primary_key=True)
    ticket_id: Mapped[int] = mapped_column(ForeignKey("ticket.id"), index=True)
    channel: Mapped[str]
    external: Mapped[str]
    text: Mapped[str]
    at: Mapped[datetime]


class Timer(Base):
    """A deadline."""

    __tablename__ = "timer"
    id: Mapped[int] = mapped_column(primary_key=True)
    ticket_id: Mapped[int] = mapped_column(ForeignKey("ticket.id"), index=True)
    kind: Mapped[str]
    due: Mapped[datetime] = mapped_column(index=True)


class Happened(Base):
    """The log."""

    __tablename__ = "happened"
    id: Mapped[int] = mapped_column(primary_key=True)
    ticket_id: Mapped[int] = mapped_column(ForeignKey("ticket.id"), index=True)
    kind: Mapped[str]
    at: Mapped[datetime]
    body: Mapped[dict[str, object]] = mapped_column(JSON)


class Outbox(Base):
    """What is to be sent."""

    __tablename__ = "outbox"
    id: Mapped[int] = mapped_column(primary_key=True)
    ticket_id: Mapped[int] = mapped_column(ForeignKey("ticket.id"))
    body: Mapped[dict[str, object]] = mapped_column(JSON)
    done: Mapped[bool] = mapped_column(default=False, index=True)


class HandWritten:
    """The desk: one session and one commit for each message."""

    def __init__(self, path: Path, agents: int, rules: int, answers: int) -> None:
        self._engine = create_engine(f"sqlite:///{path}")
        event.listen(self._engine, "connect", _tuned)
        Base.metadata.create_all(self._engine)
        rng = random.Random(11)
        self._rules = [
            (
                f"{WORDS[number % len(WORDS)]} {WORDS[number * 7 % len(WORDS)]}",
                CHANNELS[number % 3],
                f"tag{number % 20}",
            )
            for number in range(rules)
        ]
        self._questions = [" ".join(rng.choice(WORDS) for _ in range(7)) for _ in range(answers)]
        with self._engine.begin() as connection:
            connection.execute(insert(Agent), [{"queue": QUEUES[number % 4], "load": 0} for number in range(agents)])

    def take(self, mails: list[Mail]) -> int:
        """Take the stream in; says how many."""
        for mail in mails:
            with Session(self._engine) as session:
                if _is_new(session, mail):
                    self._handle(session, mail)
                session.commit()
        return len(mails)

    def close(self) -> None:
        """Close the database."""
        self._engine.dispose()

    def _handle(self, session: Session, mail: Mail) -> None:
        now = datetime.fromtimestamp(mail.sent_ms / 1000, UTC).replace(tzinfo=None)
        customer = _customer(session, mail)
        customer.seen = now
        ticket = _ticket(session, customer, mail, now)
        message = Message(ticket_id=ticket.id, channel=mail.channel, external=mail.key, text=mail.text, at=now)
        session.add(message)
        self._tag(ticket, mail)
        answer = process.extractOne(
            mail.text, self._questions, scorer=fuzz.token_set_ratio, processor=utils.default_process, score_cutoff=30
        )
        said = {"match": answer[1] if answer else 0}
        session.add(Happened(ticket_id=ticket.id, kind="message.received", at=now, body=said))
        text = f"Here is answer {answer[2]}." if answer else "We have your message."
        session.add(Outbox(ticket_id=ticket.id, body={"text": text}))

    def _tag(self, ticket: Ticket, mail: Mail) -> None:
        have = {tag.name for tag in ticket.tags}
        for words, channel, name in self._rules:
            if channel == mail.channel and words in mail.text and name not in have:
                have.add(name)
                ticket.tags.append(Tag(name=name))


def _is_new(session: Session, mail: Mail) -> bool:
    known = select(Message.id).where(Message.channel == mail.channel, Message.external == mail.key)
    return session.scalar(known) is None


def _customer(session: Session, mail: Mail) -> Customer:
    wanted = select(Identity).where(Identity.channel == mail.channel, Identity.address == mail.address)
    identity = session.scalar(wanted)
    if identity is not None:
        return identity.customer
    customer = Customer(name=mail.address)
    session.add(customer)
    session.flush()
    session.add(Identity(channel=mail.channel, address=mail.address, customer_id=customer.id))
    return customer


def _ticket(session: Session, customer: Customer, mail: Mail, now: datetime) -> Ticket:
    wanted = select(Ticket).where(Ticket.customer_id == customer.id, Ticket.status == "open").order_by(Ticket.id.desc())
    ticket = session.scalar(wanted.limit(1))
    if ticket is not None:
        ticket.updated = now
        timer = session.scalar(select(Timer).where(Timer.ticket_id == ticket.id, Timer.kind == "resolution"))
        if timer is not None:
            timer.due = _in_office_hours(now, 24)
        return ticket
    queue = QUEUES[mail.sent_ms // 1000 % 4]
    agent = session.scalars(select(Agent).where(Agent.queue == queue).order_by(Agent.load).limit(1)).one()
    agent.load += 1
    ticket = Ticket(
        customer_id=customer.id,
        subject=mail.subject,
        status="open",
        queue=queue,
        agent_id=agent.id,
        created=now,
        updated=now,
    )
    session.add(ticket)
    session.flush()
    session.add(Happened(ticket_id=ticket.id, kind="ticket.opened", at=now, body={"agent": agent.id}))
    for kind, hours in (("first_reply", 1), ("resolution", 24)):
        session.add(Timer(ticket_id=ticket.id, kind=kind, due=_in_office_hours(now, hours)))
    return ticket


def _in_office_hours(start: datetime, hours: int) -> datetime:
    """That many hours of Monday to Friday, 9 to 17, walked day by day."""
    left, at = timedelta(hours=hours), start
    while True:
        opens, closes = at.replace(hour=9, minute=0, second=0, microsecond=0), at.replace(hour=17, minute=0, second=0)
        at = max(at, opens)
        if at.weekday() < 5 and at < closes:
            if closes - at >= left:
                return at + left
            left -= closes - at
        at = opens + timedelta(days=1)


def _tuned(connection: object, _: object) -> None:
    for pragma in ("journal_mode=WAL", "synchronous=NORMAL", "cache_size=-65536"):
        connection.execute(f"PRAGMA {pragma}")  # type: ignore[attr-defined]
