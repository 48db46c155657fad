"""The widget in a real browser: what a visitor does, and what goes wrong on the way."""

import re
from datetime import timedelta

import pytest

from csdesk import MenuPart
from csdesk.channels.webchat import sign_user
from csdesk.domain.records.messages import Delivery, MenuItem
from csdesk.system.clock import SystemClock

from .browser import USER_SECRET, Shop, chromium, need_browser

OPEN, CLOSE, SEND = "打开聊天窗口", "关闭聊天窗口", "发送"


@pytest.fixture(scope="module")
def browser():
    need_browser()
    with chromium() as browser:
        yield browser


@pytest.fixture(scope="module")
def open_shop(browser):
    with Shop() as shop:
        yield shop


@pytest.fixture
def shop(open_shop):
    """The shop; every visitor of a test is a new one."""
    open_shop.reset()
    return open_shop


@pytest.fixture
def visit(browser, shop):
    """Open the shop's page in a browser without a past; whatever the page's console says is wrong."""
    contexts, problems = [], []

    def opened(context=None, **settings):
        if context is None:
            context = browser.new_context(**settings)
            contexts.append(context)
        page = context.new_page()
        page.set_default_timeout(15_000)
        page.on("pageerror", lambda error: problems.append(str(error)))
        page.on("console", lambda told: problems.append(told.text) if "Content Security Policy" in told.text else None)
        page.goto(shop.url)
        return page

    yield opened
    for one in contexts:
        one.close()
    assert problems == []


def button(page, name):
    return page.get_by_role("button", name=re.compile(name))


def opens(page):
    button(page, OPEN).click()
    page.get_by_text("已连接").wait_for()


def writes(page, text):
    page.get_by_role("textbox").fill(text)
    page.keyboard.press("Enter")


def bubble(page, text):
    return page.locator(".bubble", has_text=text)


def ticket_of(shop, page, text):
    """The desk's ticket, when the page knows that its message was stored."""
    page.locator(".row.you:not(.pending)", has_text=text).wait_for()
    return next(one for one in shop.tickets() if any(text in said.text for said in shop.messages(one)))


def test_a_conversation(shop, visit):
    page = visit()
    opens(page)
    bubble(page, "您好").wait_for()
    assert page.evaluate("document.activeElement.shadowRoot.activeElement.tagName") == "TEXTAREA"
    writes(page, "可以退款吗？\n订单 A-1")
    ticket = ticket_of(shop, page, "可以退款吗？")
    agent = shop.does(shop.desk.agents.add("李娜"))
    shop.reply(ticket, "可以，见 https://shop.example/refund。", actor=agent_actor(agent))
    bubble(page, "可以，见").wait_for()
    page.locator(".who", has_text="李娜").wait_for()
    link = page.get_by_role("link", name="https://shop.example/refund")
    assert (link.get_attribute("href"), link.get_attribute("rel")) == (
        "https://shop.example/refund", "noopener noreferrer nofollow",
    )  # fmt: skip
    page.locator("[aria-live=polite] p", has_text="李娜: 可以").wait_for(state="attached")
    wait_for(page, lambda: shop.messages(ticket)[-1].delivery is Delivery.READ)


def test_typing_is_shown_both_ways(shop, visit):
    page = visit()
    opens(page)
    sign = page.locator(".typing")
    writes(page, "在吗？")
    ticket = ticket_of(shop, page, "在吗？")
    assert shop.does(shop.desk.channels.customer_types(ticket.id)) is None

    def told_of_a_key():
        page.get_by_role("textbox").press_sequentially("我")  # none is told before the desk answered
        return shop.does(shop.desk.channels.customer_types(ticket.id))

    wait_for(page, told_of_a_key)
    assert not sign.is_visible()
    shop.does(shop.desk.channels.typing(ticket.id, actor=shop.li))
    sign.wait_for()
    shop.reply(ticket, "在的")
    bubble(page, "在的").wait_for()
    sign.wait_for(state="hidden")
    writes(page, "退款")
    ticket_of(shop, page, "退款")
    wait_for(page, lambda: shop.does(shop.desk.channels.customer_types(ticket.id)) is None)


def agent_actor(agent):
    from csdesk import Actor

    return Actor.agent(agent.id)


def wait_for(page, met):
    """Wait for something that only the desk knows."""
    for _ in range(150):
        if met():
            return
        page.wait_for_timeout(100)
    raise AssertionError("it did not happen")


def test_text_is_never_markup(shop, visit):
    page = visit()
    opens(page)
    evil = "<img src=x onerror=\"document.title='owned'\"><script>document.title='owned'</script>"
    writes(page, evil)
    ticket = ticket_of(shop, page, "<img")
    shop.reply(ticket, f"agent {evil}")
    owned = MenuItem(text="a link", url="javascript:document.title='owned'")  # a LinkPart like that is refused
    shop.reply(ticket, [MenuPart(head="look", items=(owned,))])
    bubble(page, "look").wait_for()
    assert bubble(page, "agent <img").inner_text() == f"agent {evil}"
    assert page.locator(".bubble img, .bubble script, .bubble a, .menu a").count() == 0
    assert page.title() == "茶"


def test_buttons_answer_and_close(shop, visit):
    page = visit()
    opens(page)
    button(page, "怎么退款？").click()
    ticket = ticket_of(shop, page, "怎么退款？")
    shop.reply(
        ticket,
        [
            MenuPart(
                head="怎么处理？",
                items=(MenuItem(id="all", text="全额退款"), MenuItem(text="政策", url="https://a.example")),
            )
        ],
    )
    button(page, "全额退款").click()
    ticket_of(shop, page, "全额退款")
    assert shop.messages(ticket)[-1].parts[0].id == "all"
    assert button(page, "全额退款").is_disabled()


def test_a_reload_changes_nothing_and_a_draft_survives(shop, visit):
    page = visit()
    opens(page)
    writes(page, "第一句")
    ticket = ticket_of(shop, page, "第一句")
    shop.reply(ticket, "回答")
    bubble(page, "回答").wait_for()
    page.get_by_role("textbox").fill("还没写完")
    page.reload()
    bubble(page, "回答").wait_for()
    assert page.get_by_role("textbox").input_value() == "还没写完"
    writes(page, "第二句")
    assert ticket_of(shop, page, "第二句").id == ticket.id
    assert [one.text for one in shop.messages(ticket)] == ["第一句", "回答", "第二句"]
    assert page.context.cookies() == []


def test_unread_messages_are_counted_until_they_are_seen(shop, visit):
    page = visit()
    opens(page)
    writes(page, "在吗")
    ticket = ticket_of(shop, page, "在吗")
    page.keyboard.press("Escape")
    assert page.evaluate("document.activeElement.shadowRoot.activeElement.className") == "launcher"
    message = shop.reply(ticket, "在的")
    button(page, f"{OPEN}, 1 条未读消息").wait_for()
    wait_for(page, lambda: shop.messages(ticket)[-1].delivery is Delivery.DELIVERED)
    page.reload()
    button(page, "1 条未读消息").click()
    wait_for(page, lambda: shop.messages(ticket)[-1].delivery is Delivery.READ)
    assert message.delivery is Delivery.SENT


def test_two_tabs_show_the_same(shop, visit):
    page = visit()
    opens(page)
    writes(page, "一个标签")
    ticket = ticket_of(shop, page, "一个标签")
    other = visit(page.context)
    opens(other)
    bubble(other, "一个标签").wait_for()
    writes(other, "另一个标签")
    bubble(page, "另一个标签").wait_for()
    assert len(shop.messages(ticket)) == 2


def test_offline_and_back(shop, visit):
    page = visit()
    opens(page)
    writes(page, "有网")
    ticket = ticket_of(shop, page, "有网")
    page.context.set_offline(True)
    page.get_by_text("网络已断开").wait_for()
    writes(page, "没网")
    page.locator(".meta", has_text="恢复网络后自动发送").wait_for()
    shop.reply(ticket, "没看到吧")
    page.context.set_offline(False)
    bubble(page, "没看到吧").wait_for()
    ticket_of(shop, page, "没网")
    assert sorted(one.text for one in shop.messages(ticket)) == sorted(["有网", "没看到吧", "没网"])


def test_a_lost_answer_and_a_retry_are_one_message(shop, visit):
    page = visit()
    opens(page)
    writes(page, "先来一句")
    ticket = ticket_of(shop, page, "先来一句")
    lost = []

    def drop(route):
        if not lost:
            lost.append(route.fetch())  # the desk stores it, and the browser never hears of it
            route.abort()
        else:
            route.continue_()

    page.route("**/messages", drop)
    writes(page, "只有一次")
    ticket_of(shop, page, "只有一次")
    page.unroute("**/messages")
    wait_for(page, lambda: page.locator(".pending").count() == 0)
    assert [one.text for one in shop.messages(ticket)] == ["先来一句", "只有一次"]
    assert page.locator(".row.you").count() == 2


def test_what_cannot_be_sent_says_so_and_can_be_tried_again(shop, visit):
    page = visit()
    opens(page)
    shop.down = True
    writes(page, "服务器坏了")
    page.locator(".meta.bad", has_text="发送失败").wait_for()
    page.reload()  # not even then is it forgotten, once the server is back
    shop.down = False
    page.reload()
    ticket_of(shop, page, "服务器坏了")


def test_a_retry_by_hand(shop, visit):
    page = visit()
    opens(page)
    writes(page, "你好")
    ticket_of(shop, page, "你好")
    page.route("**/messages", lambda route: route.fulfill(status=500, body="{}"))
    writes(page, "再试一次")
    button(page, "重试").wait_for()
    page.unroute("**/messages")
    button(page, "重试").click()
    ticket_of(shop, page, "再试一次")


def test_a_picture_and_a_file(shop, visit):
    page = visit()
    opens(page)
    png = bytes.fromhex(
        "89504e470d0a1a0a0000000d49484452000000010000000108060000001f15c4890000000d49444154789c6360f8cfc0f01f00050001ff"
        "56c72f0d0000000049454e44ae426082"
    )
    files = page.locator("input[type=file]")
    files.set_input_files({"name": "截图.png", "mimeType": "image/png", "buffer": png})
    page.locator(".row.you:not(.pending) .shot img[src*='file?ref=']").wait_for()
    files.set_input_files({"name": "说明.pdf", "mimeType": "application/pdf", "buffer": b"%PDF-1.7 x"})
    card = page.locator(".row.you:not(.pending) a.card")
    card.wait_for()
    with page.expect_download() as download:
        card.click()
    assert download.value.suggested_filename == "说明.pdf"
    files.set_input_files({"name": "x.exe", "mimeType": "application/x-msdownload", "buffer": b"MZ"})
    page.get_by_role("alert").filter(has_text="不支持发送此类文件").wait_for()
    ticket = max(shop.tickets(), key=lambda one: one.number)
    assert [one.parts[0].ref.name for one in shop.messages(ticket)] == ["截图.png", "说明.pdf"]
    assert page.evaluate(
        "() => { const i = document.querySelector('#csdesk-chat').shadowRoot.querySelector('.shot img');"
        " return i.complete && i.naturalWidth }"
    ) == 1  # fmt: skip


def test_composing_a_word_sends_nothing(shop, visit):
    page = visit()
    opens(page)
    box = page.get_by_role("textbox")
    box.fill("ni hao")
    box.dispatch_event("keydown", {"key": "Enter", "isComposing": True})
    box.dispatch_event("keydown", {"key": "Enter", "keyCode": 229})
    assert box.input_value() == "ni hao"
    page.keyboard.press("Shift+Enter")
    assert box.input_value() == "ni hao\n"
    page.keyboard.press("Enter")
    ticket_of(shop, page, "ni hao")


def test_the_keyboard_is_enough(shop, visit):
    page = visit()
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    page.get_by_text("已连接").wait_for()
    page.keyboard.type("hello")
    page.keyboard.press("Tab")  # to the send button
    page.keyboard.press("Enter")
    ticket_of(shop, page, "hello")
    page.keyboard.press("Escape")
    assert page.get_by_role("dialog").count() == 0
    assert button(page, OPEN).get_attribute("aria-expanded") == "false"


def test_in_english_on_a_phone(shop, visit):
    shop.language, shop.attributes = (
        "en-GB",
        'data-title="Tea help" data-choices="Refunds | Delivery" data-color="#ffd166"',
    )
    page = visit(viewport={"width": 390, "height": 780}, has_touch=True, reduced_motion="reduce", color_scheme="dark")
    button(page, "Open the chat").click()
    page.get_by_role("heading", name="Tea help").wait_for()
    button(page, "Refunds").click()
    page.locator(".row.you:not(.pending)", has_text="Refunds").wait_for()
    box = page.locator(".panel").bounding_box()
    assert (box["width"], box["height"]) == (390, 780)
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
    assert page.locator(".head").evaluate("one => getComputedStyle(one).color") == "rgb(17, 17, 17)"
    assert page.locator(".panel").evaluate("one => getComputedStyle(one).animationName") == "none"


def test_a_user_of_the_host_signs_in(shop, visit):
    page = visit()
    opens(page)
    writes(page, "我还没登录")
    ticket = ticket_of(shop, page, "我还没登录")
    token = sign_user(USER_SECRET, "u-1", expires_at=SystemClock().now() + timedelta(minutes=5), name="王芳")
    page.evaluate("token => csdesk.identify(token)", token)
    wait_for(page, lambda: shop.does(shop.desk.customers.find("u-1", kind="user")) is not None)
    writes(page, "我登录了")
    assert ticket_of(shop, page, "我登录了").id == ticket.id
    page.evaluate("csdesk.forget()")
    bubble(page, "您好").wait_for()
    writes(page, "我是别人")
    assert ticket_of(shop, page, "我是别人").id != ticket.id


def test_another_tab_goes_on_as_the_user_who_signed_in(shop, visit):
    page = visit()
    opens(page)
    writes(page, "两个标签页")
    ticket = ticket_of(shop, page, "两个标签页")
    tab = visit(page.context)
    opens(tab)
    bubble(tab, "两个标签页").wait_for()
    token = sign_user(USER_SECRET, "u-3", expires_at=SystemClock().now() + timedelta(minutes=5), name="孙丽")
    page.evaluate("token => csdesk.identify(token)", token)
    wait_for(page, lambda: shop.does(shop.desk.customers.find("u-3", kind="user")) is not None)
    writes(tab, "我在另一页")
    assert ticket_of(shop, tab, "我在另一页").id == ticket.id
    bubble(page, "我在另一页").wait_for()


def test_a_page_for_a_signed_in_user_signs_in_when_it_is_loaded(shop, visit):
    token = sign_user(USER_SECRET, "u-2", expires_at=SystemClock().now() + timedelta(minutes=5), name="赵敏")
    shop.attributes = f'data-user="{token}"'
    page = visit()
    # Not ``wait_for_function``: asking a second time it evaluates inside the page, which the page's policy forbids.
    wait_for(page, lambda: page.evaluate("Object.keys(localStorage).some(one => one.endsWith(':visit'))"))
    shop.attributes = ""  # by the time the window is opened, the host's word is too old
    page.reload()
    opens(page)
    writes(page, "我是会员")
    ticket_of(shop, page, "我是会员")
    assert shop.does(shop.desk.customers.find("u-2", kind="user")).name == "赵敏"


def test_a_tab_that_nobody_looks_at_gives_its_stream_back(shop, visit):
    page = visit()
    opens(page)
    writes(page, "在吗")
    ticket = ticket_of(shop, page, "在吗")
    page.evaluate("""() => {
        Object.defineProperty(document, "visibilityState", { configurable: true, get: () => window.looks });
        window.later = Date.now;
        window.looks = "hidden";
        const now = Date.now;
        const wait = window.setTimeout;
        window.setTimeout = (act, ms, ...more) => wait(act, ms > 15000 ? 10 : ms, ...more);
        document.dispatchEvent(new Event("visibilitychange"));
        Date.now = () => now() + 30000;
    }""")
    wait_for(page, lambda: shop.hooks.waiting.places.conversations.total() == 0)
    shop.reply(ticket, "在的")
    page.evaluate("() => { window.looks = 'visible'; document.dispatchEvent(new Event('visibilitychange')); }")
    bubble(page, "在的").wait_for()
    wait_for(page, lambda: shop.hooks.waiting.places.conversations.total() == 1)


def test_a_visit_that_was_forgotten_begins_anew(shop, visit):
    page = visit()
    opens(page)
    writes(page, "旧的")
    ticket = ticket_of(shop, page, "旧的")
    page.evaluate(
        "localStorage.setItem(Object.keys(localStorage).find(one => one.endsWith(':visit')), '{\"token\": \"x.y.z\"}')"
    )
    page.reload()
    bubble(page, "您好").wait_for()
    writes(page, "新的")
    assert ticket_of(shop, page, "新的").id != ticket.id


def test_without_streams_the_page_asks(browser):
    with Shop(streams=False) as shop:
        page = browser.new_page()
        page.set_default_timeout(15_000)
        page.goto(shop.url)
        opens(page)
        writes(page, "在吗")
        ticket = ticket_of(shop, page, "在吗")
        for text in ("在的", "您说"):
            shop.reply(ticket, text)
            bubble(page, text).wait_for()
        page.close()


def test_a_server_that_comes_back_is_found_again(shop, visit):
    page = visit()
    opens(page)
    writes(page, "在吗")
    ticket = ticket_of(shop, page, "在吗")
    shop.down = True
    page.reload()
    page.get_by_text("网络已断开").wait_for()
    shop.reply(ticket, "我回来了")
    shop.down = False
    bubble(page, "我回来了").wait_for()
