"""How much a visitor may ask, and which pages may ask at all."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from csdesk import InvalidInput, RawRequest
from csdesk.channels.webchat.doors import Doors
from csdesk.channels.webchat.forms import page_of
from csdesk.channels.webchat.visits import Buckets
from csdesk.errors import RequestRejected

NOW = datetime(2026, 3, 10, 9, tzinfo=UTC)


def test_a_bucket_lets_some_through_at_once_and_then_as_many_as_leak():
    bucket = Buckets(30, 10)
    assert [bucket.wait("a", NOW) for _ in range(12)] == [0] * 10 + [3, 3]
    assert bucket.wait("b", NOW) == 0
    later = NOW + timedelta(seconds=2)
    assert [bucket.wait("a", later) for _ in range(2)] == [0, 3]
    assert bucket.wait("a", NOW + timedelta(hours=1)) == 0


def test_one_large_request_is_let_through_by_an_empty_bucket_and_counts():
    bucket = Buckets(30, 10)
    assert bucket.wait("a", NOW, 20) == 0
    assert bucket.wait("a", NOW) == 23
    assert bucket.wait("a", NOW + timedelta(seconds=23)) == 0


@given(st.lists(st.floats(0, 600), min_size=1, max_size=200))
def test_never_more_than_a_minutes_worth_and_what_fits_at_once(seconds):
    bucket = Buckets(30, 10)
    taken = [at for at in sorted(seconds) if bucket.wait("a", NOW + timedelta(seconds=at)) == 0]
    for begin in taken:
        assert sum(begin <= at < begin + 60 for at in taken) <= 30 + 10 + 1


def test_after_the_time_that_it_names_one_more_fits():
    bucket = Buckets(7, 2)
    at = NOW
    for _ in range(50):
        wait = bucket.wait("a", at)
        assert wait == 0 or bucket.wait("a", at + timedelta(seconds=wait)) == 0
        at += timedelta(seconds=1)


def test_a_clock_that_is_put_back_keeps_nobody_out_for_long():
    bucket = Buckets(30, 10)
    assert bucket.wait("a", NOW + timedelta(days=1)) == 0
    wait = bucket.wait("a", NOW)
    assert 0 < wait <= 63
    assert bucket.wait("a", NOW + timedelta(seconds=wait)) == 0


def test_those_who_were_quiet_longest_are_forgotten(monkeypatch):
    monkeypatch.setattr("csdesk.channels.webchat.visits._MOST_KEYS", 3)
    bucket = Buckets(1, 1)
    assert [bucket.wait(key, NOW) for key in "abcd"] == [0, 0, 0, 0]
    assert bucket.wait("d", NOW) > 0
    assert bucket.wait("a", NOW) == 0


def asks(origin=None, url="https://desk.example/chat/shop/events"):
    return RawRequest(method="GET", url=url, headers=(("Origin", origin),) if origin is not None else ())


@pytest.mark.parametrize(
    ("origins", "origin", "is_let_in"),
    [
        ((), None, True),
        ((), "https://desk.example", True),  # the mount's own site
        ((), "https://shop.example", False),
        (("https://shop.example",), "https://shop.example", True),
        (("https://shop.example",), "http://shop.example", False),
        (("https://shop.example",), "https://shop.example:8443", False),
        (("https://shop.example",), "https://shop.example.evil.example", False),
        (("https://shop.example",), "null", False),
        (("https://shop.example",), "", False),
        ("*", "null", True),
    ],
)
def test_which_pages_are_let_in(origins, origin, is_let_in):
    doors = Doors(origins)
    shown = dict(doors.headers(asks(origin)))
    assert shown["Vary"] == "Origin"
    if is_let_in:
        doors.check(asks(origin))
        assert doors.preflight(asks(origin)).status == 204
        assert shown.get("Access-Control-Allow-Origin") == origin
    else:
        with pytest.raises(RequestRejected):
            doors.check(asks(origin))
        assert "Access-Control-Allow-Origin" not in shown


def test_an_address_without_a_host_has_no_pages_of_its_own():
    with pytest.raises(RequestRejected):
        Doors(()).check(asks("https://shop.example", url="/chat/shop/events"))


@pytest.mark.parametrize(
    "origin",
    [
        "",
        "shop.example",
        "https://shop.example/",
        "https://shop.example:443",
        "ftp://x",
        "https://",
        "http://[",
        "null",
    ],
)
def test_what_is_no_origin_is_refused(origin):
    with pytest.raises(InvalidInput):
        Doors([origin])


@pytest.mark.parametrize(
    ("url", "page"),
    [
        ("https://shop.example/tea?token=1#x", "https://shop.example/tea"),
        ("https://li:secret@shop.example:8080/tea", "https://shop.example:8080/tea"),
        ("file:///home/li/x.html", ""),
        ("javascript:alert(1)", ""),
        ("http://[", ""),
        ("http://x:99999/", ""),
        ("", ""),
    ],
)
def test_of_a_page_only_what_names_nobody_is_kept(url, page):
    assert page_of(url) == page
