"""Correct uses of the public names. Never run: mypy and pyright check it, see `make types`."""

import sqlite3
from collections.abc import Generator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import assert_type

import csdesk
from csdesk import (
    Actor,
    Agent,
    Article,
    AsyncDesk,
    Capabilities,
    Category,
    ChannelError,
    ClockPhase,
    ConfigError,
    CsdeskError,
    CsdeskWarning,
    Customer,
    Delivery,
    Desk,
    DeskConfig,
    Done,
    DueReport,
    Entry,
    InboundMessage,
    InboxItem,
    InboxState,
    LibraryPhrase,
    MediaPart,
    Message,
    Metric,
    OutboundMessage,
    OutboxItem,
    Page,
    Presence,
    Priority,
    RawRequest,
    RawResponse,
    Receipt,
    Received,
    ReplyDecision,
    RuleExplanation,
    Sender,
    Sent,
    Skill,
    TemplateButton,
    TemplatePart,
    TemplateValue,
    TextPart,
    Ticket,
    TicketId,
    Trace,
    Viewer,
    open_async_desk,
    open_desk,
    render,
)
from csdesk.channels.telegram import Telegram, WebhookInfo
from csdesk.channels.webchat import Look, WebChat, sign_user
from csdesk.channels.webhook import WebhookChannel, WebhookSigner
from csdesk.channels.wecom import Servicer, ServiceState, Session, WeComKf
from csdesk.channels.wecom.crypto import EncryptedReply, WeComCrypto
from csdesk.channels.whatsapp import WhatsAppCloud
from csdesk.commands import SendReply
from csdesk.domain.records.articles import Section
from csdesk.domain.records.channels import InboundResult, PullHint, PullPage
from csdesk.domain.records.messages import Direction, MediaKind
from csdesk.domain.records.origins import Origin, Source
from csdesk.matching import Context, Match, Matcher, PhraseKnowledge
from csdesk.matching import Phrase as MatchPhrase
from csdesk.ports.channel import BlockingChannel, Channel, Feed, FeedChannel, FeedPage
from csdesk.ports.http import HttpRequest, HttpResponse
from csdesk.ports.store import AsyncStore, CommitsTogether, Hosted, Store
from csdesk.rules import F, Finding, Group, Report, Rule, SetPriority, Test, analyse
from csdesk.stores.memory import MemoryStore
from csdesk.stores.sqlite import HostedSqliteStore, SqliteStore
from csdesk.testing import (
    AwaitedStore,
    BlockingStore,
    ChannelContract,
    ChannelRig,
    CountingStore,
    Fault,
    FaultyStore,
    FixedClock,
    SerialIds,
    StoreContract,
)
from csdesk.testing.channel_contract import Arrival
from csdesk.web import AsgiApp, AsyncEventPusher, EventPusher, PushReport, WsgiApp, asgi_app, wsgi_app

version: str = csdesk.__version__


class HttpChannel:
    account = "px"
    kind = "pushbox"
    capabilities = Capabilities(idempotency="key", window=timedelta(hours=48))

    def receive(self, request: RawRequest) -> InboundResult:
        return InboundResult(reply=RawResponse(status=200, body=request.body))

    def send(self, message: OutboundMessage) -> Generator[HttpRequest, HttpResponse, Receipt]:
        answer = yield HttpRequest(method="POST", url="https://pushbox.example", body=message.key.encode())
        if answer.status >= 400:
            raise ChannelError(self.account, "refused", disposition="fix_content", provider_code=str(answer.status))
        return Receipt(provider_id="px-1")

    def pull(self, hint: PullHint | None, cursor: str | None) -> Generator[HttpRequest, HttpResponse, PullPage]:
        yield from ()
        return PullPage(cursor=cursor or (hint.token if hint else ""))


class MailChannel:
    account = "mail"
    kind = "email"
    capabilities = Capabilities()

    def receive(self, request: RawRequest) -> InboundResult:
        return InboundResult()

    def send_now(self, message: OutboundMessage) -> Receipt:
        return Receipt(status="delivered")

    def pull_now(self, hint: PullHint | None, cursor: str | None) -> PullPage:
        return PullPage()


http_channel: Channel = HttpChannel()
mail_channel: BlockingChannel = MailChannel()
store: Store = MemoryStore()
file_store: Store = SqliteStore(Path("desk.db"))
together: CommitsTogether = SqliteStore(Path("desk.db"))
hosted: Hosted = HostedSqliteStore(sqlite3.connect("shop.db"))
hosted_store: Store = HostedSqliteStore(sqlite3.connect("shop.db"))
awaited: AsyncStore = AwaitedStore(store)


def open_all(config: DeskConfig) -> Desk:
    open_desk("memory://").close()
    open_desk(CountingStore(FaultyStore(store, lambda name: Fault.BUSY if name == "load" else None))).close()
    return open_desk(
        "sqlite:///desk.db",
        desk="shop",
        config=config,
        channels=[http_channel, mail_channel],
        clock=FixedClock(datetime(2026, 1, 5, tzinfo=UTC)),
        ids=SerialIds(),
        activate=True,
        synchronous="NORMAL",
    )


async def connect() -> AsyncStore:
    return awaited


async def open_others() -> AsyncDesk:
    with open_desk(sqlite3.connect("shop.db")) as shared:
        assert_type(shared, Desk)
    open_desk(BlockingStore(connect)).close()
    return await open_async_desk(awaited, desk="shop")


def configure() -> DeskConfig:
    try:
        return DeskConfig.from_toml("rule_mode = 'first'")
    except ConfigError as error:
        assert_type(error.path, str)
        return DeskConfig.from_json(b"{}")


def message(text: str) -> InboundMessage:
    return InboundMessage(
        account="px",
        dedupe_key="1",
        conversation="li",
        sender=Sender(external_id="li", name="李雷"),
        text=text,
        parts=(MediaPart(media=MediaKind.IMAGE, provider_id="p1"),),
        automatic="no",
        sent_at=datetime(2026, 1, 5, 9, tzinfo=UTC),
    )


def looking_up(desk: Desk, ticket: Ticket, customer: Customer) -> None:
    desk.tickets.search("退款", queue="a", category=Category.OPEN, direction=Direction.IN, limit=5)
    assert_type(ticket.origin, Origin | None)
    assert_type(customer.source, Source | None)
    for hit in desk.replies.consult_for("退款", [PhraseKnowledge(Matcher())]).hits:
        assert_type(hit.answer.source.url, str)


def by_its_id(desk: Desk, from_an_address: str) -> bool:
    """What stands in a URL is a text: checkers want to be told what it is the id of."""
    ticket = desk.tickets.get(TicketId(from_an_address))
    return any(clock.metric is Metric.FIRST_REPLY and clock.phase is ClockPhase.RUNNING for clock in ticket.clocks)


def articles(desk: Desk, decision: ReplyDecision) -> None:
    article: Article = desk.articles.save(Article(id="sale", title="双十一"), expected_version=0)
    assert_type(desk.articles.gaps(campaign="1111")[0].sections, tuple[Section, ...])
    assert_type(desk.articles.search("满减")[0].article, Article)
    assert_type(decision.suggestions[0].article, Article | None)
    desk.articles.retire(article.id)


def one_day(desk: Desk) -> None:
    agent: Agent = desk.agents.add("Mei", queues=["refunds"], skills=[Skill(name="refund", level=3)])
    desk.agents.set_presence(agent.id, Presence.BUSY)
    assert_type(desk.agents.get(agent.id).load, int)

    received: Received = desk.receive(message("我要退款"))
    many: tuple[Received, ...] = desk.receive_many(message(text) for text in ("a", "b"))
    if received.ticket is None or received.customer is None or len(many) != 2:
        return
    ticket: Ticket = received.ticket
    trace: Trace = received.trace
    warned: str = render(CsdeskWarning("slow"), "en")
    text: str = warned + render(trace, "zh-CN") + render("thread.none", "en")

    actor = Actor.agent(agent.id)
    sent: Sent = desk.reply(ticket.id, text, actor=actor, expected_version=ticket.version, idempotency_key="k")
    desk.reply(ticket.id, [TextPart(text=text)], actor=Actor.bot("helper"), fence=1, deliver=False)
    note: Message = desk.note(ticket.id, "called", actor=actor)
    is_sent: bool = sent.delivery is Delivery.SENT and note.text == "called"

    ticket = desk.tickets.set_status(ticket.id, "snoozed", actor=actor, until=datetime(2026, 1, 6, tzinfo=UTC))
    ticket = desk.tickets.set_field(ticket.id, "x.order", 20261122, actor=actor)
    ticket = desk.tickets.set_field(ticket.id, "priority", Priority.HIGH, actor=actor)
    ticket = desk.tickets.tag(ticket.id, "vip", "late", actor=actor)
    ticket = desk.tickets.assign(ticket.id, None, actor=actor)
    page: Page[Ticket] = desk.tickets.list(category=[Category.NEW, Category.OPEN], tag="vip", order="priority")
    assert_type(page.cursor, str | None)
    assert_type(desk.tickets.count(category=Category.NEW), int)
    for found in desk.tickets.search("退款").items:
        assert_type(found.message.text, str)
    for item in desk.tickets.timeline(ticket.id):
        assert_type(item.message, Message | None)

    customer: Customer = desk.customers.set_profile(
        received.customer.id, actor=actor, attributes={"size": 42, "x": None}
    )
    maybe: Customer | None = desk.customers.find("li")
    assert_type(desk.customers.brief(customer.id).open_tickets, tuple[Ticket, ...])
    desk.customers.link(customer.id, Sender(kind="email", external_id="li@mail.example"), actor=actor)

    phrase: LibraryPhrase = desk.replies.add("发票", "请在订单页申请", questions=["怎么开发票"], auto_reply=True)
    decision: ReplyDecision = desk.replies.suggest_for("发票", context=Context(channel="app"))
    assert_type([one.confidence for one in decision.suggestions], list[float])
    assert_type([one.why.nearest for one in decision.suggestions], list[str])
    desk.replies.send(ticket.id, phrase.id, {"order": "A1"}, actor=actor, shown=decision.shown)
    assert received.message is not None
    desk.learning.judge(received.message.id, "ignored", shown=decision.shown)
    assert_type(desk.replies.usage("stale")[0].usage.sent, int)
    desk.replies.change(phrase.id, retired=True)

    stuck: Page[InboxItem] = desk.inbox.list(state=InboxState.PARKED)
    for one in stuck.items:
        desk.inbox.retry(one.id, actor=actor)
    dead: Page[OutboxItem] = desk.outbox.list(account="px")
    for row in dead.items:
        desk.outbox.discard(row.message, actor=actor)

    entries: tuple[Entry, ...] = desk.events.read("export", limit=10)
    desk.events.ack("export", entries[-1].position)
    desk.execute(SendReply(ticket=ticket.id, parts=(TextPart(text="Hi"),), actor=actor))
    report: DueReport = desk.run_due(limit=10, max_time=timedelta(seconds=1))
    assert_type(report.next_due_at, datetime | None)
    assert_type((is_sent, maybe), tuple[bool, Customer | None])


def answer(desk: Desk, body: bytes) -> tuple[int, str]:
    try:
        response = desk.handle("px", RawRequest(method="POST", url="/", headers=(("X", "y"),), body=body))
    except CsdeskError as error:
        return error.status_hint, render(error)
    return response.status, ""


async def one_async_day() -> None:
    desk: AsyncDesk = await open_async_desk("memory://")
    async with desk:
        received: Received = await desk.receive(message("在吗？"))
        page: Page[Ticket] = await desk.tickets.list(category=Category.NEW)
        entries: tuple[Entry, ...] = await desk.events.read("export")
        report: DueReport = await desk.run_due()
        assert_type(
            (received.duplicate, page.items, len(entries), report.more), tuple[bool, tuple[Ticket, ...], int, bool]
        )


def rules(desk: Desk, ticket: Ticket) -> None:
    when: Group = F.message.text.contains_any("退款", "退货") & (F.ticket.priority >= Priority.HIGH)
    test: Test = F.customer.x("spent").between(10, 99.5)
    rule = Rule(name="r", when=when | ~test, then=(SetPriority(priority=Priority.URGENT),), on=("change",))
    found: Report = analyse(DeskConfig(rules=(rule,)))
    assert_type(found.errors, tuple[Finding, ...])
    why: RuleExplanation = desk.tickets.explain_rule(ticket.id, "r", viewer=Viewer(actor=Actor.agent("agt_1")))
    assert_type((why.holds, why.fired), tuple[bool | None, bool])
    done: Done = desk.tickets.run_macro(ticket.id, "m", actor=Actor.agent("agt_1"), dry_run=True)
    assert_type(done.dry_run, bool)


def own_system() -> None:
    channel: Channel = WebhookChannel("shop", secrets=["whsec_x"], url="https://shop.example/replies")
    headers: tuple[tuple[str, str], ...] = WebhookSigner("whsec_x").headers(
        "msg_1", datetime(2026, 1, 5, tzinfo=UTC), b"{}"
    )
    assert_type(WebhookSigner(["whsec_x"]).verify(RawRequest(method="POST", url="/", headers=headers)), str)
    open_desk("memory://", channels=[channel])


async def mount(desk: Desk, awaited: AsyncDesk) -> None:
    blocking: WsgiApp = wsgi_app(desk, public_url="https://example.com/hooks", most_bytes=1_000_000)
    opening: AsgiApp = asgi_app(lambda: open_async_desk("memory://"))
    report: PushReport = EventPusher(desk, "https://shop.example", secrets=["whsec_x"], kinds=["ticket.opened"]).push(
        10
    )
    async with AsyncEventPusher(awaited, "https://shop.example", secrets="whsec_x", public=True) as pusher:
        assert_type((report.delivered, (await pusher.push()).next_at), tuple[int, datetime | None])
    assert_type((blocking, opening, asgi_app(awaited)), tuple[WsgiApp, AsgiApp, AsgiApp])


def match_replies() -> None:
    matcher = Matcher([MatchPhrase("a", "退款", questions=("怎么退款",))], lexicon=None, embedder=None)
    matches = matcher.match("怎么退款", limit=3, context=Context(channel="app"))
    assert_type(matches, tuple[Match, ...])
    assert_type((matches[0].confidence, matches[0].why.spans[0].text), tuple[float, str])
    decision = matcher.decide("怎么退款")
    assert_type(decision.phrase_id, str | None)
    matcher.learn("怎么退款", picked=decision.phrase_id, shown=[one.phrase_id for one in matches])
    assert_type(matcher.forget(last=1), int)


def serve_customers(desk: Desk, ticket: Ticket, message: Message) -> None:
    kf = WeComKf("kf", corp_id="ww", secret="s", open_kfid="wk", token="t", encoding_aes_key="k" * 43)
    channel: Channel = kf
    assert_type(channel.capabilities, Capabilities)
    assert_type(desk.tickets.window(ticket.id).remaining, int | None)
    assert_type(desk.channels.run(kf.servicers.list()), tuple[Servicer, ...])
    assert_type(desk.channels.run(kf.sessions.get("wm")), Session)
    code: str = desk.channels.run(kf.sessions.move("wm", ServiceState.POOL))
    assert_type(desk.channels.check("kf").code, str)
    assert_type(desk.channels.recall(message.id, actor=Actor.agent(code)), Message)
    assert_type(desk.channels.edit(message.id, "better", actor=Actor.agent(code)), Message)
    crypto = WeComCrypto("t", "k" * 43, "ww")
    assert_type(crypto.encrypt("x", 1, "n"), EncryptedReply)
    assert_type((crypto.verify_url("s", "1", "n", "e"), crypto.decrypt("s", "1", "n", b"")), tuple[str, bytes])


def chat_on_pages(desk: Desk, at: datetime) -> None:
    chat = WebChat("shop", secrets=["s" * 32], user_secrets=["u" * 32], origins=["https://shop.example"], look=Look())
    channel: FeedChannel = chat
    assert_type(sign_user("u" * 32, "u-1", expires_at=at, name="王芳"), str)
    answer = desk.handle("shop", RawRequest(method="GET", url="/shop/events"))
    assert_type(answer.feed, Feed | None)
    if answer.feed is not None:
        assert_type(desk.channels.news([answer.feed]), tuple[int, ...])
        assert_type(channel.show(answer.feed, FeedPage()), bytes)
        assert_type(desk.channels.feed(answer.feed).body, bytes)


class MyRig(ChannelRig):
    def channel(self, account: str) -> Channel:
        return WeComKf(account, corp_id="ww", secret="s", open_kfid="wk", token="t", encoding_aes_key="k" * 43)

    def customer_writes(
        self, text: str, *, account: str, customer: str = "c1", sent_at: datetime | None = None
    ) -> Arrival:
        return None


class TestMyChannel(ChannelContract):
    def make_rig(self) -> ChannelRig:
        return MyRig()


class TestMyStore(StoreContract):
    def make_store(self) -> Store:
        return MemoryStore()


def abroad(desk: Desk, ticket: Ticket) -> None:
    bot = Telegram(
        "tg", token="7:" + "a" * 35, polling=True, groups="addressed", staff=[1], markup="HTML", quote="always"
    )
    assert_type(desk.channels.run(bot.webhook.info()), WebhookInfo)
    desk.channels.run(bot.typing(ticket.conversation))
    assert_type(bot.link("ad"), str)
    number = WhatsAppCloud(
        "wa", phone_number_id="1", token="t", app_secrets=["s"], verify_token="v", accounts={"2": "b"}
    )
    desk.channels.run(number.mark_read("wamid", typing=True))
    template = TemplatePart(
        name="n", locale="en", body=(TemplateValue(text="x"),), buttons=(TemplateButton(value="y"),)
    )
    assert_type(desk.reply(ticket.id, [template], actor=Actor.agent("a")).message, Message)
