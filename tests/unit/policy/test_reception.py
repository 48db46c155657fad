"""Who receives: what a configuration may say, and what it may not."""

import pytest

from csdesk import ConfigError, DeskConfig
from csdesk.domain.policy.compiled import compile_policy
from csdesk.domain.text.folding import fold

BOT = {"name": "xiaozhi"}
QUEUE = {"name": "default", "reception": "bot_first", "bot": "xiaozhi"}


@pytest.mark.parametrize(
    ("given", "told"),
    [
        ({"queues": [{"name": "default", "bot": "xiaozhi"}], "bots": [BOT]}, "default.bot: this queue bars bots"),
        ({"queues": [{"name": "default", "hand_off_to": "default"}]}, "hand_off_to: this queue bars bots"),
        ({"queues": [{**QUEUE, "bot": "xiaozi"}], "bots": [BOT]}, "unknown bot 'xiaozi'; did you mean 'xiaozhi'"),
        ({"queues": [{"name": "default", "reception": "bot_first"}]}, "default.bot: reception by a bot needs a bot"),
        ({"queues": [{**QUEUE, "reception": "bot_fist"}], "bots": [BOT]}, "did you mean 'bot_first'"),
        ({"queues": [{**QUEUE, "reception": "bot_only"}], "bots": [BOT]}, "would reach nobody"),
        (
            {"queues": [{**QUEUE, "reception": "bot_only", "hand_off_to": "default"}], "bots": [BOT]},
            "queues.default.hand_off_to: what the bot hands off would reach nobody",
        ),
        ({"queues": [{**QUEUE, "hand_off_to": "defalt"}], "bots": [BOT]}, "did you mean 'default'"),
        ({"bots": [BOT], "bars_bots": True}, "bots: this desk bars bots"),
        ({"bots": [BOT, BOT]}, "bots.xiaozhi: the name stands twice"),
        ({"bots": [{**BOT, "failed_turns": 2}]}, "bots.xiaozhi.excuse: nothing is said"),
        ({"bots": [{**BOT, "timeout": "10m"}]}, "bots.xiaozhi.timeout: longer than answer_within"),
        ({"bots": [{**BOT, "min_confidence": 2}]}, "bots.xiaozhi.min_confidence"),
        ({"departments": [{"name": "legal", "queue": "nowhere"}]}, "departments.legal.queue: unknown queue"),
        ({"hand_off": {"words": ["店长", " "]}}, "hand_off.words.1: a word without a visible character"),
        ({"transfer": {"accept_within": "soon"}}, "transfer.accept_within"),
        ({"accounts": [{"name": "kf", "people": "away"}]}, "accounts.kf.people"),
    ],
)  # fmt: skip
def test_what_cannot_be(given, told):
    with pytest.raises(ConfigError) as error:
        DeskConfig(**given)
    assert told in str(error.value)


def test_a_desk_without_bots_pays_nothing():
    reception = compile_policy(DeskConfig()).reception
    assert not reception
    assert reception.wish("转人工") == ""
    assert reception.barring == {"default"}


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("轉人工！", "requested"),
        ("人工。", "requested"),
        ("AGENT", "requested"),
        ("I want to talk to a human.", "requested"),
        ("我要投诉", "mood"),
        ("不要人工", ""),
        ("no need for a human agent", ""),
        ("人工智能", ""),
        ("my agent number is 7", ""),
        ("垃圾桶多少钱", ""),
    ],
)
def test_what_asks_for_a_person(text, why):
    reception = compile_policy(DeskConfig(queues=[QUEUE], bots=[BOT])).reception
    assert reception.wish(fold(text)) == why


def test_types_inherit_whether_they_bar_bots():
    policy = compile_policy(DeskConfig(types=[{"name": "refund", "bars_bots": True}, {"name": "refund/late"}]))
    assert policy.type("refund/late").bars_bots
    assert not policy.type("general").bars_bots
