"""A burst of messages goes out as fast as Telegram takes it, and no faster: nothing is refused on the way."""

from datetime import timedelta

from csdesk import Actor
from csdesk.domain.records.messages import Delivery

AGENT = Actor.agent("agt_1")


def sent_off(bot, tickets, texts=("hello",)):
    for text in texts:
        for ticket in tickets:
            bot.desk.reply(ticket.id, text, actor=AGENT, deliver=False)


def test_five_hundred_messages_are_spread(bot):
    bot.platform.keep_limits()
    for chat in range(1, 501):
        bot.platform.writes(chat, "hi")
    bot.arrives()
    tickets = bot.desk.tickets.list(limit=1000).items
    assert len(tickets) == 500
    sent_off(bot, tickets)
    took = bot.drained(200, every=timedelta(seconds=0.4))
    assert bot.platform.throttled == 0
    assert len({one.chat for one in bot.platform.sent}) == 500
    assert timedelta(seconds=500 / 30) < took < timedelta(seconds=40)


def test_a_chat_and_a_group_have_their_own_pace(make_bot):
    bot = make_bot(groups="all", username="desk_bot")
    bot.platform.keep_limits()
    bot.platform.writes(7, "hi")
    bot.platform.writes(-100, "hi", by=8)
    bot.arrives()
    tickets = bot.desk.tickets.list(limit=10).items
    assert len(tickets) == 2
    sent_off(bot, tickets, [f"text {number}" for number in range(30)])
    took = bot.drained(300)
    assert bot.platform.throttled == 0
    order = {chat: [one.text for one in bot.platform.sent if one.chat == chat] for chat in (7, -100)}
    assert order[7] == order[-100] == [f"text {number}" for number in range(30)]
    assert timedelta(seconds=27 * 4) <= took <= timedelta(seconds=31 * 4), "the group takes fifteen a minute"
    last = max(one.at for one in bot.platform.sent if one.chat == 7)
    first = min(one.at for one in bot.platform.sent if one.chat == 7)
    assert timedelta(seconds=27) <= last - first <= timedelta(seconds=40)


def test_without_the_rates_the_burst_is_refused(make_bot):
    from csdesk.channels.telegram.limits import CAPABILITIES

    bot = make_bot(capabilities=CAPABILITIES.model_copy(update={"rate": None, "conversation_rates": ()}))
    bot.platform.keep_limits()
    tickets = [bot.said(customer=chat) for chat in range(1, 36)]
    sent = [bot.desk.reply(ticket.id, "hello", actor=AGENT).delivery for ticket in tickets]
    assert bot.platform.throttled == 5
    assert sent.count(Delivery.SENT) == 30
