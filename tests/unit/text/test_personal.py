"""What in a text may tell of one person."""

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from csdesk.domain.text.personal import personal_in


def found(text, *known):
    return [(spot.kind, text[spot.start : spot.end]) for spot in personal_in(text, known)]


@pytest.mark.parametrize(
    ("text", "known", "parts"),
    [
        ("李娜您好，电话 138 0013 8000", ("李娜",), [("name", "李娜"), ("number", "138 0013 8000")]),
        ("写信到 li.na+1@mail.example 即可", (), [("mail", "li.na+1@mail.example")]),
        ("身份证 11010519491231002X", (), [("number", "11010519491231002X")]),
        ("寄到上海市静安区南京西路 100 号 3 楼", (), [("address", "寄到上海市静安区南京西路 100 号")]),
        ("南京西路100号退货点", (), [("address", "南京西路100号退货点")]),
        ("请张先生签收", (), [("title", "请张先生")]),
        ("Dear Mr. Smith, at 10 High Street", (), [("title", "Mr. Smith"), ("address", "10 High Street")]),
        ("planned by Ann", ("ann",), [("name", "Ann")]),
        ("满 300 减 50，24 小时内发货", (), []),
        ("2026-11-01 开始", (), [("number", "2026-11-01")]),
        ("x", ("x",), []),
    ],
)
def test_parts_are_found(text, known, parts):
    assert found(text, *known) == parts


@given(st.text(), st.lists(st.text(max_size=6), max_size=4))
def test_parts_lie_in_their_order_and_none_over_another(text, known):
    spots = personal_in(text, known)
    assert all(0 <= spot.start < spot.end <= len(text) for spot in spots)
    assert all(one.end <= other.start for one, other in pairwise(spots))


def test_long_texts_do_not_take_long():
    assert personal_in("中" * 20_000) == ()
    assert personal_in("1 " * 20_000)
    assert personal_in("a" * 20_000) == ()
