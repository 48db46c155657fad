import pytest

from csdesk.domain.matching import PhraseIndex, PhraseText, Scored
from csdesk.errors import InvalidInput

SHOP = (
    PhraseText("ship", "发货时间", ("什么时候发货", "下单后多久能发出"), ("发货", "几天发")),
    PhraseText("refund", "申请退款", ("怎么退款", "我要退款", "退款多久到账"), ("退款",)),
    PhraseText("keep", "取消退款申请", ("不要退款了", "我不想退款了怎么撤回"), ()),
    PhraseText("invoice", "开发票", ("可以开发票吗", "发票抬头怎么改"), ("发票",)),
    PhraseText("login", "Login trouble", ("I can't log in", "my password is not accepted"), ("login",)),
    PhraseText("track", "Track a parcel", ("where is my parcel", "track my order"), ("tracking",)),
)


def best(index: PhraseIndex, text: str) -> str | None:
    return next((scored.phrase_id for scored in index.rank(text)), None)


@pytest.mark.parametrize(
    ("text", "phrase_id"),
    [
        ("请问几天可以发货呀", "ship"),
        ("請問什麼時候發貨", "ship"),
        ("怎么申请退款", "refund"),
        ("不要退款了", "keep"),
        ("能開發票嗎？", "invoice"),
        ("Where are my PARCELS?", "track"),
        ("cannot login", "login"),
        ("zzz", None),
        ("", None),
        ("？！", None),
    ],
)
def test_best_phrase(text: str, phrase_id: str | None) -> None:
    assert best(PhraseIndex(SHOP), text) == phrase_id


def test_scores_fall_and_margins_are_leads() -> None:
    ranked = PhraseIndex(SHOP).rank("什么时候退款到账", limit=3)
    scores = [scored.score for scored in ranked]
    assert len(ranked) == 3
    assert 1 >= scores[0] >= scores[1] >= scores[2] > 0
    assert ranked[0].margin == pytest.approx(scores[0] - scores[1])
    assert ranked[2].margin > 0


def test_an_exact_question_scores_high_and_alone_leads_over_zero() -> None:
    (only,) = PhraseIndex(SHOP[4:5]).rank("I can't log in")
    assert only.score > 0.6
    assert only == Scored("login", only.score, only.score)


def test_unknown_words_lower_the_score() -> None:
    index = PhraseIndex(SHOP)
    assert index.rank("怎么退款")[0].score > index.rank("怎么退款给隔壁养猫的邻居")[0].score


def test_numbers_count_by_shape_only() -> None:
    index = PhraseIndex([PhraseText("order", "订单12345到哪了"), PhraseText("other", "别的事情")])
    assert index.rank("订单98765到哪了")[0].score > index.rank("订单甲乙丙到哪了")[0].score + 0.1


def test_the_opposite_wish_is_pushed_down() -> None:
    only_refund = PhraseIndex(SHOP[1:2])
    assert only_refund.rank("不要退款")[0].score < 0.6 * only_refund.rank("我要退款")[0].score


def test_only_the_beginning_of_a_long_text_counts() -> None:
    index = PhraseIndex(SHOP)
    assert index.rank("怎么退款" * 125 + "发票" * 50_000) == index.rank("怎么退款" * 125)


def test_ties_are_broken_by_id() -> None:
    twins = [PhraseText(id_, "怎么退款") for id_ in ("b", "a", "c")]
    assert [scored.phrase_id for scored in PhraseIndex(twins).rank("怎么退款")] == ["a", "b", "c"]


def test_adding_replacing_and_removing_leave_the_old_index_alone() -> None:
    index = PhraseIndex(SHOP)
    grown = index.with_phrase(PhraseText("return", "退货流程", ("怎么退货", "退货地址")))
    assert (best(index, "退货地址"), best(grown, "退货地址")) == ("ship", "return")
    assert (len(index), len(grown)) == (6, 7)
    replaced = grown.with_phrase(PhraseText("return", "换货流程", ("怎么换货",)))
    assert len(replaced) == 7
    assert best(replaced, "换货流程") == "return"
    shrunk = grown.without("return")
    assert "return" in grown
    assert "return" not in shrunk
    assert best(shrunk, "退货地址") == "ship"
    assert index.without("unknown").rank("怎么退款") == index.rank("怎么退款")


def test_a_grown_index_ranks_like_a_fresh_one() -> None:
    grown = PhraseIndex(SHOP[:3])
    for phrase in SHOP[3:]:
        grown = grown.with_phrase(phrase)
    for text in ("几天发货", "退款多久", "发票抬头", "track my parcel", "I forgot the password"):
        assert best(grown, text) == best(PhraseIndex(SHOP), text)
        assert grown.optimized().rank(text) == PhraseIndex(SHOP).rank(text)


def test_growing_from_nothing() -> None:
    index = PhraseIndex()
    assert index.rank("退款") == ()
    assert best(index.with_phrase(SHOP[1]), "退款") == "refund"


def test_the_right_phrase_is_found_among_many_with_common_words() -> None:
    crowd = [PhraseText(f"p{number:04}", f"请问怎么处理问题{chr(0x4E00 + number)}") for number in range(3000)]
    index = PhraseIndex([*crowd, *SHOP])
    assert best(index, f"请问怎么处理问题{chr(0x4E00 + 1234)}") == "p1234"
    assert best(index, "请问怎么退款") == "refund"


def test_common_words_still_order_and_score_the_candidates() -> None:
    crowd = [PhraseText(f"p{number:04}", f"请问怎么处理{chr(0x4E00 + number)}") for number in range(3000)]
    index = PhraseIndex([*crowd, PhraseText("asks", "猫粮请问怎么处理"), PhraseText("tells", "猫粮不是狗粮")])
    ranked = {scored.phrase_id: scored.score for scored in index.rank("猫粮请问怎么处理")}
    assert ranked["asks"] > 0.7
    assert index.rank("请问怎么处理猫")[0].phrase_id == "asks"


def test_the_best_of_a_middling_crowd_is_found() -> None:
    crowd = [PhraseText(f"p{number:03}", f"{chr(0x5000 + number)}的快递") for number in range(90)]
    index = PhraseIndex([*crowd, PhraseText("box", "快递盒子破损")])
    assert index.rank("快递盒子破损")[0].phrase_id == "box"
    assert index.rank("快递盒子破损")[0].margin > 0.5


def test_a_text_of_common_words_only_is_ranked_among_those_that_say_little_else() -> None:
    crowd = [PhraseText(f"p{number:03}", f"你好{chr(0x5000 + number) * 9}") for number in range(500)]
    index = PhraseIndex([*crowd, PhraseText("greeting", "你好")]).with_phrase(PhraseText("hello", "你好"))
    assert [scored.phrase_id for scored in index.rank("你好", 2)] == ["greeting", "hello"]


def test_a_phrase_without_visible_text_is_never_ranked() -> None:
    index = PhraseIndex([PhraseText("blank", " "), *SHOP])
    assert len(index) == 7
    assert best(index, "怎么退款") == "refund"


@pytest.mark.parametrize("limit", [0, 11])
def test_a_limit_out_of_range_is_refused(limit: int) -> None:
    with pytest.raises(InvalidInput, match=r"^limit: "):
        PhraseIndex(SHOP).rank("退款", limit)


def test_equal_ids_are_refused() -> None:
    with pytest.raises(InvalidInput, match=r"^phrases: "):
        PhraseIndex([SHOP[0], SHOP[0]])
