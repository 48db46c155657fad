"""A marker in every field that can hold what somebody said or is: after erasing it stands in no byte of any file.

Values are made by walking the models, so a new field is marked without anybody thinking of it; what is left unmarked
is listed here, with the reason.
"""

import base64
import io
import itertools
import types
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from pathlib import Path
from typing import Annotated, Any, Union, get_args, get_origin

import pytest
from pydantic import BaseModel

from csdesk import Actor, DeskConfig, InboundMessage, Sender, open_desk
from csdesk import commands as cmd
from csdesk.domain.policy.config import (
    AccountPolicy,
    ActionPolicy,
    ApproverPolicy,
    AuthorityPolicy,
    BotPolicy,
    LimitPolicy,
    QueuePolicy,
    ServicePolicy,
)
from csdesk.domain.records import channels as ch
from csdesk.domain.records.business import ProfileValue
from csdesk.domain.records.channels import MediaFile
from csdesk.domain.records.media import MediaRef
from csdesk.domain.records.messages import HtmlPart, MediaPart, MenuPart, Part, TextPart
from csdesk.domain.text.folding import fold
from csdesk.flows.inbound import reading
from csdesk.ports.actions import ActionDone, ActionOrder
from csdesk.ports.bots import BotAnswer, BotHandsOver
from csdesk.stores.media import FolderMedia
from csdesk.stores.sqlite import SqliteStore
from csdesk.testing import FixedClock, ScriptedChannel, SerialIds
from csdesk.testing.audit import problems_of

AGENT = Actor.agent("agt_1")
ERASED, KEPT = ("ZqXvMarkOne", "鸚鵡斑驢"), ("KbYwMarkTwo", "鯨魚駱駝")
"""Latin letters of both cases, and traditional characters, which are folded to simplified ones."""

UNMARKED = {
    "account": "names a channel in the configuration of the host",
    "language": "a language tag, of a fixed set",
    "scope": "names a world of the desk's own side, such as its corp id",
    "sha256": "the digest of what is stored",
    "actor": "names people and programs of the desk",
    "level": "a word of the configuration",
    "stage": "a word of the configuration",
    "tags": "words of the configuration",
    "add": "tags: words of the configuration",
    "source": "names a system of the host",
    "type": "a media type",
    "queue": "a word of the configuration",
    "status": "a word of the configuration",
    "ticket": "an id",
    "customer": "an id",
    "agent": "an id",
    "department": "a word of the configuration",
    "phrase": "an id",
    "dedicated_agent": "an id",
    "ticket_hint": "an id",
    "idempotency_key": "set by hosts; only its keyed hash is kept",
}
PARTS = get_args(get_args(Part)[0])


class Marker:
    """Makes values that hold the marker in every text of theirs."""

    def __init__(self, words: tuple[str, str], media: FolderMedia) -> None:
        self.latin, self.chinese = words
        self._media = media
        self._numbers = itertools.count()

    def text(self, field: str = "") -> str:
        return f"{self.latin} {self.chinese} {field}{next(self._numbers)}"

    def ref(self, size: int = 10) -> MediaRef:
        body = self.text().encode() * size
        return self._media.put(io.BytesIO(body), type="image/png", name=self.text("name"))

    def made(self, model: type[BaseModel], **given: object) -> Any:
        """A value of the model; ``given`` is taken as it is."""
        if model is MediaFile:
            content = self.text("content").encode()
            return MediaFile(sha256=sha256(content).hexdigest(), name=self.text("name"), content=content)
        values = dict(given)
        for name, field in model.model_fields.items():
            if name in values or name in UNMARKED or name == "kind":
                continue
            found = self._value(field.annotation, name)
            if found is not None:
                values[name] = found
        if model is MediaRef:
            return self.ref()
        return model(**values)

    def _value(self, wanted: Any, name: str) -> Any:  # noqa: PLR0911  one line for each form of a type
        origin, inside = get_origin(wanted), get_args(wanted)
        if origin is Annotated:
            return self._value(inside[0], name)
        if wanted is str:
            return self.text(name)
        if wanted is bytes:
            return self.text(name).encode()
        if isinstance(wanted, type) and issubclass(wanted, BaseModel):
            return self.made(wanted)
        if origin in (Union, types.UnionType):
            members = [one for one in inside if one is not type(None)]
            if set(members) == set(PARTS):
                return tuple(self.made(one) for one in PARTS)
            return self._value(members[0], name)
        if origin is tuple and inside[-1] is Ellipsis:
            found = self._value(inside[0], name)
            return found if isinstance(found, tuple) else None if found is None else (found,)
        if wanted is float:
            return 1.0
        return None  # numbers, instants, switches: the default


def test_a_marked_message_has_no_field_without_the_marker(tmp_path: Path) -> None:
    marker = Marker(ERASED, FolderMedia(tmp_path))
    made = marker.made(InboundMessage, account="web", automatic="no", author="customer", raw_media=None)
    bare = [name for name, value in _texts(made) if marker.latin not in value and name not in UNMARKED]
    assert set(bare) <= {"kind", "author", "automatic", "media", "evidence", "sha256", "type", "role"}
    assert {type(one) for one in made.parts} == set(PARTS)


def _texts(value: object, name: str = "") -> Iterator[tuple[str, str]]:
    if isinstance(value, BaseModel):
        for field in type(value).model_fields:
            yield from _texts(getattr(value, field), field)
    elif isinstance(value, tuple):
        for one in value:
            yield from _texts(one, name)
    elif isinstance(value, bytes):
        yield name, value.decode()
    elif isinstance(value, str):
        yield name, value


class Story:
    """Everything that can happen to one customer, told with one marker."""

    def __init__(self, desk: Any, channel: ScriptedChannel, marker: Marker, clock: FixedClock, trap: Any) -> None:
        self.desk, self.channel, self.marker, self.clock, self.trap = desk, channel, marker, clock, trap
        self.me = marker.made(Sender, kind="external")

    def said(self, sender: Sender | None = None, **given: object) -> Any:
        # People in copy are customers of their own.
        given = {"account": "web", "also": (), "cc": (), "raw_media": None, "automatic": "no", **given}
        message = self.marker.made(InboundMessage, sender=sender or self.me, **given)
        return self.desk.receive(message)

    def tell(self) -> str:
        """The id of the customer, with whom another one is merged in the end."""
        mark, desk = self.marker.text, self.desk
        first = self.said(conversation=mark("talk"))
        ticket = first.ticket
        self._talk(ticket, first)
        self._work(ticket)
        self._go_wrong()
        merged = self._merge(first)
        self.clock.advance(timedelta(days=30))
        latest = self.said(conversation=mark("later"))
        desk.run_due()
        self._elsewhere()
        desk.reply(latest.ticket.id, mark("never sent"), actor=_lin(desk), deliver=False)
        return merged

    def _talk(self, ticket: Any, first: Any) -> None:
        mark, desk, marker = self.marker.text, self.desk, self.marker
        long = f"{mark()} " * 4000
        self.said(
            conversation=ticket.conversation,
            parts=(TextPart(text=long), HtmlPart(html=f"<p>{long}</p>"), MediaPart(ref=marker.ref(9000))),
            raw=long.encode(),
        )
        self.said(conversation=ticket.conversation, raw=b"", raw_media=marker.ref())
        desk.run_due()  # what is indexed already, and what is not yet
        provider_id = first.message.provider_id
        edit = marker.made(ch.EditEvent, account="web", provider_id=provider_id, parts=(TextPart(text=mark("edited")),))
        gone = self.said(conversation=ticket.conversation).message.provider_id
        recall = marker.made(ch.DeleteEvent, account="web", provider_id=gone)
        sign = marker.made(ch.ReactionEvent, account="web", provider_id=provider_id, sender=self.me)
        blocked = marker.made(ch.ContactEvent, account="web", sender=self.me, allowed=False)
        moved = marker.made(ch.IdentityEvent, account="web", sender=self.me, also=(marker.made(ch.Sender),))
        desk.take("web", [edit, recall, sign, blocked, moved])

    def _work(self, ticket: Any) -> None:
        mark, desk, marker = self.marker.text, self.desk, self.marker
        parts = (TextPart(text=mark("reply")), marker.made(MenuPart), marker.made(MediaPart))
        self.channel.answer(lambda _: marker.made(ch.Receipt, status="sent"))
        sent = desk.reply(ticket.id, parts, actor=_lin(desk), subject=mark("subject"))
        status = marker.made(ch.StatusEvent, account="web", key=sent.message.id, status="failed")
        desk.take("web", [status])
        echo = marker.made(ch.EchoEvent, account="web", conversation=ticket.conversation, to=self.me)
        desk.take("web", [echo])
        self.channel.fail("fix_content", code=mark("code"))
        desk.reply(ticket.id, mark("dead"), actor=_lin(desk))
        desk.reply(ticket.id, mark("waits"), actor=_lin(desk), deliver=False)
        desk.note(ticket.id, mark("note"), actor=AGENT)
        desk.tickets.drafts.save(ticket.id, mark("draft"), actor=AGENT)
        self._command(cmd.AssignTicket, ticket=ticket.id, agent=desk.agents.list().items[0].id)
        self._command(cmd.TransferTicket, ticket=ticket.id, queue="bots", agent=None, reason="expert")
        self._hand_round(ticket)
        self._give(ticket)
        desk.tickets.set_field(ticket.id, "subject", mark("subject"), actor=AGENT)
        desk.tickets.set_field(ticket.id, "x.size", mark("field"), actor=AGENT)
        split = desk.tickets.split(ticket.id, [sent.message.id], subject=mark("split"), actor=AGENT)
        self._command(cmd.SetStatus, ticket=split.id, status="closed", until=None)

    def _hand_round(self, ticket: Any) -> None:
        """Between bots and people, and from one person to another."""
        mark, desk, marker = self.marker.text, self.desk, self.marker
        other = desk.agents.add("Other")
        for outcome in (
            marker.made(BotAnswer, text=mark("answer"), parts=()),
            marker.made(BotHandsOver, reason="refund", text=mark("farewell")),
        ):
            self.said(conversation=ticket.conversation)
            (turn,) = desk.bots.take("xiaozhi")
            assert desk.bots.finish(turn, outcome).outcome != "stale"
        self._command(cmd.HandBack, ticket=ticket.id)
        self._command(cmd.HandOff, ticket=ticket.id, reason="by_hand")
        desk.tickets.lease(ticket.id, actor=Actor.agent(desk.agents.list().items[0].id), reason=mark("mine"))
        fields = {"tried": mark("tried")}
        desk.tickets.transfer(ticket.id, agent=other.id, actor=AGENT, brief=mark("brief"), fields=fields)
        desk.tickets.decline(ticket.id, actor=Actor.agent(other.id), reason=mark("rejected"))
        desk.tickets.lease(ticket.id, actor=Actor.agent(other.id), take_over=True, reason=mark("taken"))
        desk.tickets.release(ticket.id, desk.tickets.get(ticket.id).fence, actor=AGENT, reason=mark("released"))

    def _give(self, ticket: Any) -> None:
        """What people give her, ask for, refuse and take back."""
        mark, desk = self.marker.text, self.desk
        authority, lin = desk.authority, _lin(desk)
        boss = Actor.agent(desk.agents.add("Boss", grade=9).id)
        given = authority.settle(ticket.id, "refund", amount=1, actor=lin, subject=mark("order"), reason=mark("why"))
        desk.run_due()  # a system carries it out, and says something back
        authority.reverse(given.id, actor=lin, reason=mark("back"))
        asked = [
            authority.request(ticket.id, "refund", amount=90, actor=lin, brief=mark("brief"), subject=mark("order"))
            for _ in range(3)
        ]
        authority.refuse(asked[0].id, actor=boss, answer=mark("no"))
        authority.withdraw(asked[1].id, actor=lin, reason=mark("withdrawn"))
        facts = {"order": mark("fact")}
        desk.self_service.run(
            "small", customer=desk.authority.get(given.id).customer, subject=mark("own"), amount=1, facts=facts
        )
        authority.exceptions.ask(ticket.id, mark("wish"), action="refund", amount=5, subject=mark("order"), actor=lin)
        authority.exceptions.refuse(ticket.id, reason=mark("reason"), actor=lin)

    def _command(self, kind: Any, **given: object) -> None:
        self.desk.execute(self.marker.made(kind, actor=AGENT, expected_version=None, **given))

    def _go_wrong(self) -> None:
        mark, desk = self.marker.text, self.desk
        self.trap.is_set = True
        broken = self.said(conversation=(talk := mark("broken")))
        waits = self.said(conversation=talk)
        self.trap.is_set = False
        assert (broken.state, waits.state) == ("parked", "parked")
        given_up = self._parked(mark("given up"))
        desk.inbox.discard(given_up.message_id, actor=AGENT)
        raw = b"?" + self.me.external_id.encode() + b"?"
        desk.take("web", [self.marker.made(ch.UnknownEvent, account="web", raw=raw)])

    def _parked(self, conversation: str) -> Any:
        self.trap.is_set = True
        got = self.said(conversation=conversation)
        self.trap.is_set = False
        return got

    def _merge(self, first: Any) -> str:
        mark, desk = self.marker.text, self.desk
        mine = first.customer.id
        other = self.said(self.marker.made(Sender, kind="phone"), conversation=mark("other"))
        self._command(cmd.SetProfile, customer=mine, attributes=((mark("attribute"), mark("value")),))
        filled = ProfileValue(name=mark("filled"), value=mark("value"), source="crm")
        self._command(cmd.FillProfile, customer=mine, values=(filled,))
        self._command(cmd.FlagCustomer, customer=mine, flag="rude", lifted=False, until=None)
        self._command(cmd.FlagTicket, ticket=first.ticket.id, flag="late", lifted=False, until=None, fence=None)
        self._command(cmd.RecordAct, customer=mine, did="order", at=None, amount=5)
        self._command(cmd.LinkIdentity, customer=mine, identity=self.marker.made(Sender, kind="email"))
        self._command(cmd.BlockCustomer, customer=mine, blocked=True, until=None)
        assert self.said(conversation=mark("blocked")).state == "blocked"
        desk.customers.block(mine, blocked=False, actor=AGENT)
        taken = desk.customers.get(mine).identities[-1].id
        home = desk.customers.unlink(taken, actor=AGENT)
        desk.customers.merge(home.id, mine, actor=AGENT)
        desk.customers.merge(other.customer.id, mine, actor=AGENT)
        desk.tickets.merge(other.ticket.id, first.ticket.id, actor=AGENT)
        return mine

    def _elsewhere(self) -> None:
        """They take part in a ticket of somebody whose data stay."""
        host = Sender(external_id=f"host of {len(self.marker.latin)}")
        asked = InboundMessage(
            account="web", dedupe_key=f"host {id(self)}", conversation=f"shared {id(self)}", sender=host, text="shared"
        )
        ticket = self.desk.receive(asked).ticket
        me = self.desk.customers.find(self.me.external_id, kind="external")
        person = cmd.NewParticipant(identity=me.identities[0].id)
        self.desk.execute(cmd.ChangeParticipants(ticket=ticket.id, add=(person,), actor=AGENT))
        joined = self.said(conversation=ticket.conversation)
        assert joined.ticket.id == ticket.id


class Echo:
    """A system that carries out, and whose answers repeat what it was told."""

    name = "echo"

    def carry_out(self, order: ActionOrder) -> ActionDone:
        return ActionDone(reference=f"done for {order.subject}")


AUTHORITY = AuthorityPolicy(
    actions=(ActionPolicy(name="refund", port="echo", approvers=(ApproverPolicy(grade=9),)),),
    limits=(
        LimitPolicy(action="refund", grade=9, per_case=1000),
        LimitPolicy(action="refund", per_case=50),
        LimitPolicy(action="refund", system=True, per_case=50),
    ),
    services=(ServicePolicy(name="small", action="refund"),),
)


class Trap:
    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.is_set = False
        original = reading.read

        def read(case: Any, *args: Any) -> Any:
            if self.is_set:
                raise RuntimeError
            return original(case, *args)

        monkeypatch.setattr(reading, "read", read)


class Place:
    """A desk in a folder, with two customers, and all that is written there."""

    def __init__(self, folder: Path, trap: Trap) -> None:
        self.folder = folder
        self.clock = FixedClock()
        self.now = 0.0
        """What the media take for the present: long before any file was written."""
        self.media = FolderMedia(folder / "media", now=lambda: self.now)
        able = ch.Capabilities(parts=frozenset({"text", "menu", "media"}))
        self.channel = ScriptedChannel("web", capabilities=able)
        self.store = SqliteStore(folder / "desk.db", synchronous="NORMAL")
        self.desk = open_desk(
            self.store,
            config=DeskConfig(
                queues=(QueuePolicy(name="default"), QueuePolicy(name="bots", reception="bot_first", bot="xiaozhi")),
                bots=(BotPolicy(name="xiaozhi"),),
                accounts=(AccountPolicy(name="web"),),
                authority=AUTHORITY,
            ),
            actions=[Echo()],
            channels=[self.channel],
            clock=self.clock,
            ids=SerialIds(),
            media=self.media,
        )
        self.trap = trap

    def tell(self, words: tuple[str, str]) -> str:
        return Story(self.desk, self.channel, Marker(words, self.media), self.clock, self.trap).tell()

    def where(self, words: tuple[str, str]) -> list[str]:
        """Every file that holds a form of the marker, with the form."""
        found = []
        for path in sorted(self.folder.rglob("*")):
            if path.is_file():
                body = path.read_bytes().lower()
                found += [f"{path.name}: {name}" for name, form in forms(words) if form in body]
        return found

    def erase(self, customer: str) -> Any:
        erasure = self.desk.customers.erase(customer, actor=AGENT)
        for _ in range(100):
            if erasure.state == "complete":
                return erasure
            self.desk.run_due()
            self.clock.advance(timedelta(minutes=2))
            erasure = self.desk.customers.erasure(customer)
        raise AssertionError("never complete")


def _lin(desk: Any) -> Actor:
    """Somebody who works here: only they speak to customers."""
    return Actor.agent(desk.agents.list().items[0].id)


def forms(words: tuple[str, str]) -> Iterator[tuple[str, bytes]]:
    """The marker as it may be stored: plain, folded, cut into tokens, escaped, in base64 at each place."""
    latin, chinese = words
    for word in (latin, chinese, fold(latin), fold(chinese)):
        yield "plain", word.lower().encode()
        yield "UTF-16", word.lower().encode("utf-16-le")
        yield "escaped", word.encode("unicode_escape").lower()
        for start in range(3):
            code = base64.b64encode(b"x" * start + word.encode())
            yield "base64", code[4 if start else 0 : -4].lower()
    for word in (chinese, fold(chinese)):
        for pair in itertools.pairwise(word):
            yield "bigram", "".join(pair).encode()


@pytest.fixture
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Place]:
    made = Place(tmp_path, Trap(monkeypatch))
    made.desk.agents.add("Lin", queues=("default",))
    yield made
    made.desk.close()
    made.store.close()


def test_after_erasing_the_marker_stands_in_no_byte_and_everybody_elses_is_all_there(place: Place) -> None:
    kept, erased = place.tell(KEPT), place.tell(ERASED)
    place.now = datetime(2200, 1, 1, tzinfo=UTC).timestamp()
    assert {line.split(": ")[1] for line in place.where(ERASED)} >= {"plain", "base64", "bigram"}
    before = place.desk.customers.timeline(kept, limit=500).items
    files = {digest for digest, _ in place.media.digests()}
    erasure = place.erase(erased)
    assert place.where(ERASED) == []
    assert place.where(KEPT) != []
    assert place.desk.customers.timeline(kept, limit=500).items == before
    assert problems_of(place.desk._store) == ()
    counts = erasure.counts
    assert (counts.customers, counts.identities) == (3, 4)
    assert counts.tickets >= 4
    assert counts.messages >= 10
    assert counts.inbox >= 5
    assert min(counts.drafts, counts.outbox, counts.media, counts.entries) >= 1
    gone = files - {digest for digest, _ in place.media.digests()}
    assert len(gone) == counts.media
    for message in before:
        for part in message.parts:
            if isinstance(part, MediaPart) and part.ref is not None:
                place.media.open(part.ref).close()
