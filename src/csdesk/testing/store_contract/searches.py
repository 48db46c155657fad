"""Full text: Chinese pairs, folding, order numbers, and no difference between indexed and not yet."""

from __future__ import annotations

from dataclasses import replace

import pytest

from csdesk.domain.records.changes import ChangeSet, Put
from csdesk.domain.records.tags import TagAssignment
from csdesk.domain.records.tickets import Category, Worker, WorkerKind
from csdesk.domain.text.features import query_tokens
from csdesk.errors import InvalidInput
from csdesk.ports.store import SearchHit, SearchRequest, Store
from csdesk.testing import builders as build
from csdesk.testing.builders import at
from csdesk.testing.ids import serial
from csdesk.testing.store_contract.base import DESK, ContractBase

TEXTS = (
    "我要退货，订单号 A1001-22",
    "請問發票什麼時候開？",
    "发票抬头写错了",
    "Where is my REFUND? li.na@shop.cn",
    "快递到哪了 SF1234567890",
    "货退了吗",
)


def _write(store: Store) -> None:
    messages = (build.message(number, text) for number, text in enumerate(TEXTS, start=1))
    store.commit(DESK, build.changes_for(*messages, build.message(7, "photo", subject="Invoice 7788 发票")))


def _found(store: Store, query: str) -> list[int]:
    hits = store.search(DESK, SearchRequest(phrases=tuple(query_tokens(query)), limit=50)).items
    return [int(hit.message[-2:], 32) for hit in hits]


FINDS = {
    "退货": [1],
    "發票": [7, 3, 2],
    "发票": [7, 3, 2],
    "A1001-22": [1],
    "a1001": [1],
    "refund": [4],
    "li.na@shop.cn": [4],
    "sf1234567890": [5],
    "7788": [7],
    "photo": [7],
    "refund shop.cn": [4],
    "refund 退货": [],
    "cn.shop": [],
    "货退": [6],
    "票抬": [3],
    "photo invoice": [7],
    "没有": [],
}
"""Query to numbers of messages, newest first."""


_HOLDERS = (
    build.ticket(1, queue="sales"),
    build.ticket(2, category=Category.OPEN, worker=Worker(kind=WorkerKind.AGENT, id=serial("agt_", 1), fence=1)),
    build.ticket(3, category=Category.CLOSED, tags=(TagAssignment(name="vip", at=at(0)),)),
)
_SAID = (
    build.message(1, "开发票"),
    build.message(2, "开发票", account="web"),
    build.reply(3, "发票已开", ticket=serial("tkt_", 2)),
    build.message(4, "发票呢", ticket=serial("tkt_", 3)),
    build.message(5, "退货", ticket=serial("tkt_", 3)),
    build.message(6, "发票", ticket=serial("tkt_", 9)),
)
_BILL = SearchRequest(phrases=(("发票",),))
_NARROWED: tuple[tuple[SearchRequest, list[int]], ...] = (
    (_BILL, [6, 4, 3, 2, 1]),
    (replace(_BILL, messages=(("account", "web"),)), [2]),
    (replace(_BILL, messages=(("direction", "out"),)), [3]),
    (replace(_BILL, messages=(("author_id", serial("agt_", 3)),)), [3]),
    (replace(_BILL, tickets=(("queue", "sales"),)), [1]),
    (replace(_BILL, tickets=(("queue", ("sales", "general")),)), [4, 3, 2, 1]),
    (replace(_BILL, tickets=(("category", ("open", "closed")),)), [4, 3, 2]),
    (replace(_BILL, tickets=(("assignee", serial("agt_", 1)),)), [3, 2]),
    (replace(_BILL, tickets=(("identity", (serial("idn_", 1), serial("idn_", 3))),)), [4, 1]),
    (replace(_BILL, tickets=(("tag", "vip"),)), [4]),
    (replace(_BILL, tickets=(("status", "new"),), messages=(("account", "mail"),)), [4, 3, 1]),
    (replace(_BILL, since=at(2), until=at(4)), [3, 2]),
    (replace(_BILL, since=at(3)), [6, 4, 3]),
    (replace(_BILL, until=at(3)), [2, 1]),
    (replace(_BILL, since=at(2), tickets=(("queue", "general"),), messages=(("direction", "in"),)), [4, 2]),
    (replace(_BILL, tickets=(("queue", "none"),)), []),
)
"""A search, and the numbers of the messages that it finds, newest first."""


class SearchPromises(ContractBase):
    """What is found, before and after it is indexed."""

    @pytest.mark.parametrize("indexed", [False, True])
    def test_finds(self, store: Store, indexed: bool) -> None:
        """Two characters, both ways of writing, numbers, addresses, subjects; all phrases must match."""
        _write(store)
        if indexed:
            while store.maintain(DESK, at(0), 1000).more:
                pass
        assert {query: _found(store, query) for query in FINDS} == FINDS

    def test_half_indexed(self, store: Store) -> None:
        """Old ones from the index, new ones from the tail, in one answer."""
        _write(store)
        while store.maintain(DESK, at(0), 1000).more:
            pass
        store.commit(DESK, build.changes_for(build.message(8, "补开发票")))
        assert _found(store, "發票") == [8, 7, 3, 2]

    def test_a_phrase_stands_in_one_text(self, store: Store) -> None:
        """A subject's last word and a text's first one are no phrase."""
        store.commit(DESK, build.changes_for(build.message(1, "beta gamma", subject="alpha")))
        assert store.search(DESK, SearchRequest(phrases=(("beta", "gamma"),))).items
        assert not store.search(DESK, SearchRequest(phrases=(("gamma", "beta"),))).items
        assert not store.search(DESK, SearchRequest(phrases=(("alpha", "beta"),))).items

    @pytest.mark.parametrize("indexed", [False, True])
    def test_filters(self, store: Store, indexed: bool) -> None:
        """By message, by the ticket that holds it, by time; pages go on with the same filters alone."""
        store.commit(DESK, build.changes_for(*_HOLDERS))
        store.commit(DESK, build.changes_for(*_SAID))
        if indexed:
            while store.maintain(DESK, at(0), 1000).more:
                pass
        for request, numbers in _NARROWED:
            hits = store.search(DESK, replace(request, limit=50)).items
            assert [int(hit.message[-2:], 32) for hit in hits] == numbers, request
            first = store.search(DESK, replace(request, limit=1))
            assert first.items == hits[:1]
            if first.cursor is not None:
                assert store.search(DESK, replace(request, after=first.cursor)).items == hits[1:]
                with pytest.raises(InvalidInput):
                    store.search(DESK, replace(request, after=first.cursor, until=at(99)))

    @pytest.mark.parametrize("indexed", [False, True])
    def test_an_edited_text_replaces_the_old_one(self, store: Store, indexed: bool) -> None:
        """Found by what it says now."""
        before = build.message(1, "old words")
        store.commit(DESK, build.changes_for(before))
        if indexed:
            store.maintain(DESK, at(0), 1000)
        after = build.message(1, "old words", version=2, edited=build.message(1, "new speech").parts)
        store.commit(DESK, ChangeSet(puts=(Put(after, 1),)))
        for _ in range(2):
            assert (_found(store, "words"), _found(store, "speech")) == ([], [1])
            store.maintain(DESK, at(0), 1000)

    @pytest.mark.parametrize("indexed", [False, True])
    def test_the_message_stored_last_comes_first(self, store: Store, indexed: bool) -> None:
        """Whatever its id: by the order of commits, and of puts within one; an edited one keeps its place."""
        store.commit(DESK, build.changes_for(build.message(5, "发票"), build.message(2, "发票")))
        store.commit(DESK, build.changes_for(build.message(9, "发票"), build.message(7, "退货")))
        store.commit(DESK, build.changes_for(build.message(1, "发票")))
        edited = build.message(5, "发票", version=2, edited=build.message(5, "新发票").parts)
        store.commit(DESK, ChangeSet(puts=(Put(edited, 1),)))
        if indexed:
            while store.maintain(DESK, at(0), 1000).more:
                pass
        assert _found(store, "发票") == [1, 9, 2, 5]
        paged: list[SearchHit] = []
        after: str | None = None
        while after is not None or not paged:
            page = store.search(DESK, replace(_BILL, limit=1, after=after))
            paged += page.items
            after = page.cursor
        assert [int(hit.message[-2:], 32) for hit in paged] == [1, 9, 2, 5]

    def test_a_hit_names_message_and_ticket(self, store: Store) -> None:
        """Nothing else: reading the text is another call."""
        _write(store)
        (hit,) = store.search(DESK, SearchRequest(phrases=(("退货",),))).items
        assert (hit.message, hit.ticket) == (serial("msg_", 1), serial("tkt_", 1))

    def test_nothing_asked_nothing_found(self, store: Store) -> None:
        """A query of marks alone has no phrase."""
        _write(store)
        assert _found(store, "!?") == []

    def test_tokens_are_never_a_query_language(self, store: Store) -> None:
        """Whatever stands in a token, it is only looked for."""
        _write(store)
        for odd in ('"', "发票 OR 退货", "*", "NEAR", "a'b", "发票*", "", "\\", "(", "subject:发票", "-退货"):
            assert store.search(DESK, SearchRequest(phrases=((odd,),))).items == ()

    def test_pages(self, store: Store) -> None:
        """Put together they are the whole; a cursor of other words is refused."""
        store.commit(DESK, build.changes_for(*(build.message(n, "发票" if n % 3 else "退货") for n in range(1, 20))))
        phrases = (("发票",),)
        whole = store.search(DESK, SearchRequest(phrases=phrases)).items
        assert [hit.message for hit in whole] == [serial("msg_", n) for n in range(19, 0, -1) if n % 3]
        page = store.search(DESK, SearchRequest(phrases=phrases, limit=4))
        cursor, paged = page.cursor, list(page.items)
        store.commit(DESK, build.changes_for(build.message(30, "发票")))
        store.maintain(DESK, at(0), 5)
        while page.cursor is not None:
            page = store.search(DESK, SearchRequest(phrases=phrases, limit=4, after=page.cursor))
            assert page.items
            paged += page.items
        assert paged == list(whole)
        for phrases, after in (((("退货",),), cursor), ((("发票",),), "nonsense")):
            with pytest.raises(InvalidInput):
                store.search(DESK, SearchRequest(phrases=phrases, after=after))
