"""From the reply to the platform: content, quotas, windows, errors, tokens, keys."""

import asyncio
import io
import logging
import threading
from datetime import timedelta

import httpx
import pytest

from csdesk import Actor, InboundMessage, LinkPart, LocationPart, MediaPart, MenuPart, Sender
from csdesk.channels.wecom import CAPABILITIES, ServiceState
from csdesk.domain.records.messages import ContactPart, Delivery, MenuItem
from csdesk.domain.records.queues import OutboxState
from csdesk.errors import ChannelError, InvalidInput, UnsupportedFeature
from csdesk.parsing.wecom import ERRORS
from csdesk.system.async_http import AsyncHttpxHttp

AGENT = Actor.agent("agt_1")
PNG = b"\x89PNG\r\n\x1a\n" + b"x" * 50


def media(kf, content=PNG, type="image/png", kind="image"):
    return MediaPart(media=kind, ref=kf.desk._core.media.put(io.BytesIO(content), type=type, name="图.png"))


def test_a_text_goes_out_under_our_id(kf):
    ticket = kf.said()
    sent = kf.desk.reply(ticket.id, "已为您催促快递", actor=AGENT)
    (out,) = kf.platform.sent
    assert (sent.delivery, out.msgid, out.customer) == (Delivery.SENT, sent.message.id, "wm1")
    assert out.body["text"] == {"content": "已为您催促快递"}


@pytest.mark.parametrize(
    ("part", "kind", "body"),
    [
        (LocationPart(latitude=23.1, longitude=113.3, name="小区", address="路 1 号"), "location",
         {"latitude": 23.1, "longitude": 113.3, "name": "小区", "address": "路 1 号"}),
        (ContactPart(external_id="agent_li"), "business_card", {"userid": "agent_li"}),
        (LinkPart(url="https://a.example/x", title="帮助"), "text", {"content": "帮助\nhttps://a.example/x"}),
        (LinkPart(url="https://work.weixin.qq.com/ca/abc"), "ca_link", {"link_url": "https://work.weixin.qq.com/ca/abc"}),
        (
            MenuPart(head="请评价", tail="谢谢", items=(
                MenuItem(text="满意", id="csat:5"), MenuItem(text="帮助", url="https://a.example"),
                MenuItem(text="店铺", url="pages/x", app_id="wx1"), MenuItem(text="文字"))),
            "msgmenu",
            {"head_content": "请评价", "tail_content": "谢谢", "list": [
                {"type": "click", "click": {"id": "csat:5", "content": "满意"}},
                {"type": "view", "view": {"url": "https://a.example", "content": "帮助"}},
                {"type": "miniprogram", "miniprogram": {"appid": "wx1", "pagepath": "pages/x", "content": "店铺"}},
                {"type": "text", "text": {"content": "文字"}}]},
        ),
    ],
)  # fmt: skip
def test_every_kind_of_content(kf, part, kind, body):
    ticket = kf.said()
    assert kf.desk.reply(ticket.id, [part], actor=AGENT).delivery is Delivery.SENT
    (out,) = kf.platform.sent
    assert (out.body["msgtype"], out.body[kind]) == (kind, body)


@pytest.mark.parametrize(
    ("content", "type_", "kind"),
    [(PNG, "image/png", "image"), (b"#!AMR\n12345", "audio/amr", "voice"), (b"x" * 10, "text/plain", "file"),
     (b"\0\0\0\x20ftypisom", "video/mp4", "video")],
)  # fmt: skip
def test_media_are_uploaded_and_named(kf, content, type_, kind):
    ticket = kf.said()
    for _ in range(2):
        sent = kf.desk.reply(ticket.id, [media(kf, content, type_, kind)], actor=AGENT)
        assert sent.delivery is Delivery.SENT
    out = kf.platform.sent[0].body
    assert kf.platform.uploaded(out[kind]["media_id"]) == content
    assert kf.platform.calls["media/upload"] == 1


def test_a_link_with_a_picture_and_a_mini_program(kf):
    ticket = kf.said()
    ref = media(kf).ref
    for part in (
        LinkPart(url="https://a.example", title="标题" * 40, description="说明", thumb=ref),
        LinkPart(url="pages/x", title="店铺", app_id="wx1", thumb=ref),
    ):
        assert kf.desk.reply(ticket.id, [part], actor=AGENT).delivery is Delivery.SENT
    link, program = (one.body for one in kf.platform.sent)
    assert len(link["link"]["title"].encode()) <= 128
    assert link["link"]["thumb_media_id"] == program["miniprogram"]["thumb_media_id"]
    bare = kf.desk.reply(ticket.id, [LinkPart(url="p", title="店铺", app_id="wx1")], actor=AGENT).message
    assert (bare.delivery_reason, bare.delivery_needs) == ("content", "other_content")


@pytest.mark.parametrize(
    ("part", "reason"),
    [
        (MenuPart(head="x", items=(MenuItem(text="a", id="1"),) * 11), "menu_too_long"),
        (MenuPart(head="好" * 342, items=(MenuItem(text="a", id="1"),)), "menu_too_long"),
        (MenuPart(items=(MenuItem(text="好" * 43, id="1"),)), "menu_too_long"),
        (MenuPart(items=(MenuItem(text="a", id="x" * 65),)), "menu_too_long"),
        (MediaPart(media="image"), "media_missing"),
    ],
)
def test_what_is_too_large_never_reaches_the_platform(kf, part, reason):
    ticket = kf.said()
    before = kf.platform.calls["kf/send_msg"]
    assert kf.desk.reply(ticket.id, [part], actor=AGENT).message.delivery_reason == reason
    assert kf.platform.calls["kf/send_msg"] == before


@pytest.mark.parametrize(
    ("text", "pieces"),
    [("好" * 682, 1), ("好" * 682 + "ab", 1), ("好" * 683, 2), ("x" * 2048, 1), ("x" * 2049, 2), ("👨‍👩‍👧" * 114, 2)],
)
def test_texts_are_cut_at_exact_byte_limits(kf, text, pieces):
    ticket = kf.said()
    assert kf.desk.reply(ticket.id, text, actor=AGENT).delivery is Delivery.SENT
    assert "".join(kf.texts()) == text
    assert len(kf.texts()) == pieces
    assert all(len(one.encode()) <= 2048 for one in kf.texts())
    assert not any(one.startswith("\u200d") or one.endswith("\u200d") for one in kf.texts())


# Windows and quotas


def test_the_fifth_message_goes_and_the_sixth_needs_the_customer(kf):
    ticket = kf.said()
    got = [kf.desk.reply(ticket.id, str(number), actor=AGENT) for number in range(6)]
    assert [one.delivery for one in got] == [Delivery.SENT] * 5 + [Delivery.FAILED]
    assert kf.platform.calls["kf/send_msg"] == 5
    (item,) = kf.desk.outbox.list(state=OutboxState.DEAD).items
    assert item.needs == "customer_message"
    kf.said(text="还在吗")
    kf.desk.outbox.retry(item.message, actor=AGENT)
    assert kf.desk.run_due().sent == 1
    assert kf.texts()[-1] == "5"


@pytest.mark.parametrize("renews", [False, True])
def test_a_tap_on_a_menu_renews_the_five_only_if_you_say_so(make_kf, renews):
    kf = make_kf(capabilities=CAPABILITIES.model_copy(update={"taps_renew": renews}))
    ticket = kf.said()
    for number in range(4):
        kf.desk.reply(ticket.id, str(number), actor=AGENT)
    kf.later(minutes=1)
    kf.platform.writes("wm1", "退款", text={"content": "退款", "menu_id": "refund"})
    kf.arrives()
    got = [kf.desk.reply(ticket.id, f"after {number}", actor=AGENT) for number in range(2)]
    assert [one.delivery for one in got] == [Delivery.SENT, Delivery.SENT if renews else Delivery.FAILED]
    assert kf.desk.tickets.window(ticket.id).remaining == (3 if renews else 0)
    kf.later(minutes=1)
    assert kf.desk.reply(kf.said(text="你好？").id, "open", actor=AGENT).delivery is Delivery.SENT


def test_who_only_taps_has_five(make_kf):
    kf = make_kf()
    for number in range(3):
        kf.platform.writes("wm1", "a", text={"content": "a", "menu_id": f"m{number}"})
        kf.arrives()
        kf.later(minutes=1)
    ticket = kf.ticket()
    got = [kf.desk.reply(ticket.id, str(number), actor=AGENT).delivery for number in range(6)]
    assert got == [Delivery.SENT] * 5 + [Delivery.FAILED]


def test_the_window_ends_to_the_second(kf):
    ticket = kf.said()
    kf.later(hours=48)
    assert kf.desk.reply(ticket.id, "in time", actor=AGENT).delivery is Delivery.SENT
    kf.later(seconds=1)
    late = kf.desk.reply(ticket.id, "late", actor=AGENT).message
    assert (late.delivery_reason, late.delivery_needs) == ("window_closed", "customer_message")
    assert kf.texts() == ["in time"]
    kf.said(text="again")
    assert kf.desk.reply(ticket.id, "open", actor=AGENT).delivery is Delivery.SENT


def test_a_split_text_that_would_pass_the_quota_is_not_begun(kf):
    ticket = kf.said()
    for number in range(4):
        kf.desk.reply(ticket.id, str(number), actor=AGENT)
    message = kf.desk.reply(ticket.id, "好" * 700, actor=AGENT).message
    assert (message.delivery_reason, len(kf.platform.sent)) == ("quota", 4)


# Errors


@pytest.mark.parametrize("code", sorted(set(ERRORS) - {95007, 40007}))
def test_each_row_of_the_table_has_its_disposition(kf, code):
    ticket = kf.said()
    kf.platform.plan("kf/send_msg", code, code, code)
    sent = kf.desk.reply(ticket.id, "x", actor=AGENT)
    disposition = ERRORS[code][0]
    if disposition in ("retry", "refresh_auth"):
        assert sent.delivery is Delivery.PENDING
        if code == 45009:
            kf.later(seconds=59)
            assert kf.desk.run_due().sent == 0
        kf.later(seconds=61)
        kf.desk.run_due()
        kf.later(seconds=61)
        kf.desk.run_due()
        kf.later(seconds=61)
        kf.desk.run_due()
        assert kf.texts() == ["x"]
    else:
        assert sent.delivery is Delivery.FAILED
        assert str(code) in sent.message.delivery_reason
        (item,) = kf.desk.outbox.list().items
        wanted = {"wait_customer": "customer_message", "fix_content": "other_content", "operator": "operator"}
        assert item.needs == wanted[disposition]


@pytest.mark.parametrize(("state", "needs"), [(3, "operator"), (2, "operator"), (4, "customer_message")])
def test_a_conversation_that_somebody_else_has_says_so(kf, state, needs):
    ticket = kf.said()
    kf.platform.talk("wm1").state = state
    message = kf.desk.reply(ticket.id, "x", actor=AGENT).message
    assert message.delivery_reason == f"95018.{ServiceState(state).name.lower()}"
    assert message.delivery_needs == needs


@pytest.mark.parametrize("fault", ["reset", "slow", "half", "html", "empty", "down"])
def test_whatever_the_answer_the_message_arrives_once(kf, fault):
    ticket = kf.said()
    kf.platform.plan("kf/send_msg", fault)
    assert kf.desk.reply(ticket.id, "x", actor=AGENT).delivery is Delivery.PENDING
    kf.later(seconds=5)
    assert kf.desk.run_due().sent == 1
    assert kf.texts() == ["x"]
    bodies = [body for _, target, body in kf.platform.requests if "send_msg" in target]
    assert len(bodies) == 2
    assert bodies[0] == bodies[1]


@pytest.mark.parametrize(("fault", "wait"), [("limited", 30), ("lost", 5)])
def test_what_was_not_carried_out_is_tried_again(kf, fault, wait):
    ticket = kf.said()
    kf.platform.plan("kf/send_msg", fault)
    assert kf.desk.reply(ticket.id, "x", actor=AGENT).delivery is Delivery.PENDING
    kf.later(seconds=wait - 1)
    assert kf.desk.run_due().sent == 0
    kf.later(seconds=1)
    assert kf.desk.run_due().sent == 1


def test_a_duplicate_id_counts_as_sent_only_after_a_doubt(kf):
    ticket = kf.said()
    kf.platform.plan("kf/send_msg", 40058)
    assert kf.desk.reply(ticket.id, "x", actor=AGENT).delivery is Delivery.FAILED


def test_an_uploaded_id_that_died_is_uploaded_once_more(kf):
    ticket = kf.said()
    part = media(kf)
    kf.desk.reply(ticket.id, [part], actor=AGENT)
    kf.platform.forget_media()
    assert kf.desk.reply(ticket.id, [part], actor=AGENT).delivery is Delivery.SENT
    assert kf.platform.calls["media/upload"] == 2


# Tokens


def test_a_token_is_fetched_again_once_when_it_is_refused(kf):
    ticket = kf.said()
    kf.platform.revoke_tokens()
    assert kf.desk.reply(ticket.id, "x", actor=AGENT).delivery is Delivery.SENT
    assert kf.platform.calls["gettoken"] == 1 + 1


def test_a_token_is_renewed_before_it_ends(kf):
    ticket = kf.said()
    kf.later(hours=1, minutes=56)
    kf.desk.reply(ticket.id, "x", actor=AGENT)
    assert kf.platform.calls["kf/send_msg"] == 1
    assert kf.platform.calls["gettoken"] == 2


@pytest.mark.parametrize(("given", "code"), [({"secret": "wrong"}, "40001"), ({"corp_id": "ww9"}, "40013")])
def test_a_wrong_secret_does_not_loop(make_kf, given, code):
    kf = make_kf(**given)
    exchange = kf.channel.accounts.list()
    with pytest.raises(ChannelError) as caught:
        kf.desk.channels.run(exchange)
    assert (caught.value.disposition, caught.value.provider_code) == ("operator", code)
    assert kf.platform.calls["gettoken"] == 1
    assert kf.desk.channels.check("kf").status == "auth"


def test_a_token_that_stays_refused_ends_after_one_refresh(kf):
    kf.said()
    kf.platform.plan("kf/account/list", 42001, 42001)
    with pytest.raises(ChannelError) as caught:
        kf.desk.channels.run(kf.channel.accounts.list())
    assert caught.value.disposition == "refresh_auth"
    assert kf.platform.calls["gettoken"] == 2


def test_ten_threads_with_a_dead_token_fetch_one(kf):
    kf.said()
    kf.platform.revoke_tokens()
    before = kf.platform.calls["gettoken"]
    gate = threading.Barrier(10)
    got = []

    def ask():
        gate.wait()
        got.append(kf.desk.channels.run(kf.channel.accounts.list()))

    threads = [threading.Thread(target=ask) for _ in range(10)]
    for one in threads:
        one.start()
    for one in threads:
        one.join()
    assert len(got) == 10
    assert kf.platform.calls["gettoken"] == before + 1


def test_ten_tasks_without_a_token_fetch_one(kf):
    async def run():
        async with httpx.AsyncClient(transport=kf.platform.transport()) as client:
            http = AsyncHttpxHttp(client)

            async def converse(exchange):
                try:
                    request = next(exchange)
                    while True:
                        request = exchange.send(await http.exchange(request))
                except StopIteration as end:
                    return end.value

            return await asyncio.gather(*(converse(kf.channel.accounts.list()) for _ in range(10)))

    assert len(asyncio.run(run())) == 10
    assert kf.platform.calls["gettoken"] == 1


# The rest of the interface


def test_recalls_within_two_minutes(kf):
    ticket = kf.said()
    sent = kf.desk.reply(ticket.id, "好" * 700, actor=AGENT)
    message = kf.desk.channels.recall(sent.message.id, actor=AGENT)
    assert message.recalled_at is not None
    assert [one.recalled for one in kf.platform.sent] == [True, True]
    assert kf.desk.channels.recall(sent.message.id, actor=AGENT) == message
    other = kf.desk.reply(ticket.id, "x", actor=AGENT)
    kf.later(minutes=2, seconds=1)
    with pytest.raises(UnsupportedFeature):
        kf.desk.channels.recall(other.message.id, actor=AGENT)
    waiting = kf.desk.reply(ticket.id, "y", actor=AGENT, deliver=False)
    with pytest.raises(InvalidInput):
        kf.desk.channels.recall(waiting.message.id, actor=AGENT)


def test_who_has_the_conversation(make_kf):
    kf = make_kf()
    agent = kf.desk.agents.add("李雷", queues=["default"])
    kf.channel._agents["agent_li"] = agent.id
    ticket = kf.said()
    run, sessions = kf.desk.channels.run, kf.channel.sessions
    assert run(sessions.get("wm1")).state is ServiceState.UNTREATED
    with pytest.raises(InvalidInput):
        run(sessions.move("wm1", ServiceState.HUMAN))
    code = run(sessions.move("wm1", ServiceState.HUMAN, servicer="agent_li"))
    assert code
    assert run(sessions.get("wm1")) == type(run(sessions.get("wm1")))(ServiceState.HUMAN, "agent_li")
    kf.arrives()
    taken = kf.desk.tickets.get(ticket.id)
    assert (taken.elsewhere, taken.assignee) == ("agent_li", agent.id)
    with pytest.raises(ChannelError) as caught:
        run(sessions.move("wm1", ServiceState.POOL))
    assert caught.value.provider_code == "95016"
    run(sessions.move("wm1", ServiceState.ENDED))
    kf.arrives()
    assert kf.desk.tickets.get(ticket.id).elsewhere == ""


def test_servicers_accounts_links_and_profiles(kf):
    run, channel = kf.desk.channels.run, kf.channel
    assert run(channel.servicers.add([f"u{n}" for n in range(150)])) == ()
    assert len(run(channel.servicers.list())) == 151
    refused = run(channel.servicers.remove(["u1", "nobody"]))
    assert [(one.userid, one.code) for one in refused] == [("nobody", 95014)]
    assert kf.platform.calls["kf/servicer/add"] == 2
    for number in range(120):
        kf.platform.accounts[f"x{number}"] = "n"
    assert len(run(channel.accounts.list())) == 121
    made = run(channel.accounts.add("新客服", "MEDIA1"))
    run(channel.accounts.remove(made))
    run(channel.accounts.update(name="改名"))
    assert kf.platform.accounts["wk1"] == "改名"
    assert run(channel.accounts.link("shop-1", param="订单=1&x")).endswith(
        "enc_scene=Eshop-1&scene_param=%E8%AE%A2%E5%8D%95%3D1%26x"
    )
    for bad in ({"scene": "空"}, {"scene": "x" * 33}, {"param": "no scene"}, {"scene": "a", "param": "好" * 15}):
        with pytest.raises(InvalidInput):
            run(channel.accounts.link(**bad))
    kf.platform.writes("wm1")
    profiles = run(channel.customers.get(["wm1", *(f"no{n}" for n in range(120))]))
    assert [one.nickname for one in profiles.found] == ["客户wm1"]
    assert (len(profiles.unknown), kf.platform.calls["kf/customer/batchget"]) == (120, 2)
    assert "客户" not in repr(profiles)


def test_a_union_id_joins_who_wrote_here_with_who_is_known_elsewhere(kf):
    mini = Sender(kind="wechat_union", scope="lantern", external_id="o-union-1")
    app = InboundMessage(account="app", dedupe_key="a1", conversation="u1", sender=mini, text="订单在哪里")
    first = kf.desk.receive(app).customer
    ticket = kf.said("wm1")
    kf.said("wm2")
    assert kf.desk.customers.of(ticket.identity).id != first.id
    kf.platform.unions["wm1"] = "o-union-1"
    profiles = kf.desk.channels.run(kf.channel.customers.get(["wm1", "wm2"]))
    events = kf.channel.customers.unions(profiles, scope="lantern")
    assert len(events) == 1
    for _ in range(2):
        kf.desk.take("kf", events)
    one = kf.desk.customers.of(ticket.identity)
    assert kf.desk.customers.get(first.id).id == one.id
    assert kf.desk.receive(app.model_copy(update={"dedupe_key": "a2"})).customer.id == one.id
    assert "o-union-1" not in repr(profiles)


@pytest.mark.parametrize(
    ("plan", "status"), [((), "ok"), ((48002,), "auth"), (("down",) * 3, "unreachable"), ((95011,), "auth")]
)
def test_health(kf, plan, status):
    kf.platform.plan("kf/account/list", *plan)
    assert kf.desk.channels.check("kf").status == status


def test_health_of_an_account_that_is_gone(kf):
    del kf.platform.accounts["wk1"]
    assert kf.desk.channels.check("kf").status == "degraded"


GREETING = """
[[accounts]]
name = "kf"
greeting = "您好，请选择"
greeting_choices = ["退款", "物流"]
farewell = "感谢您的咨询"
"""


def test_a_welcome_is_said_once_within_its_time(make_kf):
    kf = make_kf(GREETING)
    assert kf.platform.enters("wm1", scene="shop", scene_param="from%3Dorder")
    kf.arrives()
    (out,) = kf.platform.sent
    assert out.body["msgmenu"]["list"][0] == {"type": "click", "click": {"id": "choice-1", "content": "退款"}}
    kf.platform.shape("repeat")
    kf.arrives()
    assert len(kf.platform.sent) == 1
    kf.platform.enters("wm2")
    kf.later(seconds=21)
    kf.arrives()
    assert len(kf.platform.sent) == 1


def test_a_welcome_that_is_refused_costs_nothing_else(make_kf):
    kf = make_kf(GREETING)
    kf.platform.enters("wm1")
    kf.platform.writes("wm2")
    kf.platform.plan("kf/send_msg_on_event", 95014)
    assert kf.arrives().pulled == 2
    assert kf.ticket().messages == 1


def test_a_farewell_at_the_end_of_the_session(make_kf):
    kf = make_kf(GREETING)
    kf.said()
    code = kf.platform.code("wm1")
    kf.platform.event("session_status_change", "wm1", change_type=3, msg_code=code)
    kf.arrives()
    assert kf.texts() == ["感谢您的咨询"]


def test_no_secret_shows_anywhere(kf, caplog):
    with caplog.at_level(logging.DEBUG):
        ticket = kf.said()
        kf.platform.plan("kf/send_msg", 40001)
        kf.desk.reply(ticket.id, "x", actor=AGENT)
        kf.platform.plan("kf/account/list", "reset", "reset", "reset")
        with pytest.raises(ChannelError) as caught:
            kf.desk.channels.run(kf.channel.accounts.list())
    shown = [
        caplog.text,
        repr(kf.channel),
        str(vars(caught.value)),
        str(caught.value),
        repr(kf.channel._api._shelf.get()),
    ]
    told = [entry.model_dump_json() if hasattr(entry, "model_dump_json") else repr(entry)
            for entry in kf.desk.events.read("me", limit=1000)]  # fmt: skip
    for secret in kf.secrets():
        for one in (*shown, *told):
            assert secret not in one


def test_the_same_adapter_serves_the_other_colour(kf):
    from csdesk import open_async_desk
    from csdesk.stores.memory import MemoryStore

    async def run():
        async with httpx.AsyncClient(transport=kf.platform.transport()) as client:
            desk = await open_async_desk(
                MemoryStore(), channels=[kf.make()], clock=kf.clock, http=AsyncHttpxHttp(client)
            )
            async with desk:
                kf.platform.writes("wm1", "async")
                await desk.handle("kf", kf.callback())
                await desk.run_due()
                (ticket,) = (await desk.tickets.list()).items
                sent = await desk.reply(ticket.id, "好的", actor=AGENT)
                assert sent.delivery is Delivery.SENT
                assert (await desk.channels.check("kf")).status == "ok"
                assert (await desk.channels.recall(sent.message.id, actor=AGENT)).recalled_at is not None
                return await desk.channels.run(kf.channel.servicers.list())

    assert [one.userid for one in asyncio.run(run())] == ["agent_li"]


def test_tokens_may_be_shared_by_processes(kf):
    class Shelf:
        token = None

        def get(self):
            return self.token

        def put(self, token):
            self.token = token

    shelf = Shelf()
    for name in ("one", "two"):
        channel = kf.make(name, shelf=shelf, clock=kf.clock)
        kf.desk.channels.run(channel.accounts.list())
    assert kf.platform.calls["gettoken"] == 1
    assert shelf.token.expires_at == kf.clock.now() + timedelta(hours=2)
