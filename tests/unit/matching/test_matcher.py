import json
import sys
import threading
from array import array
from dataclasses import replace
from datetime import UTC, datetime
from hashlib import sha256

import pytest

from csdesk.errors import InvalidInput, NotFound, SchemaTooNew
from csdesk.matching import Context, Lexicon, Matcher, Phrase, language_of

SHOP = (
    Phrase("ship", "发货时间", ("什么时候发货", "下单后多久能发出", "几天发"), ("发货",), answer="48 小时内发货。"),
    Phrase("refund", "申请退款", ("怎么退款", "我要退款", "退款多久到账"), ("退款",), related=("keep", "gone")),
    Phrase("keep", "取消退款申请", ("不要退款了", "我不想退款了怎么撤回")),
    Phrase("invoice", "开发票", ("可以开发票吗", "发票抬头怎么改")),
    Phrase("login", "Login trouble", ("I can't log in", "my password is not accepted"), ("login",)),
    Phrase("track", "Track a parcel", ("where is my parcel", "track my order"), ("tracking",)),
    Phrase("deal", "满200减30活动", ("满200减30怎么用", "200减30的券在哪")),
)


def best(matcher: Matcher, text: str) -> str | None:
    return next((one.phrase_id for one in matcher.match(text)), None)


@pytest.mark.parametrize(
    ("text", "phrase_id"),
    [
        ("请问几天可以发货呀", "ship"),
        ("請問什麼時候發貨", "ship"),
        ("怎么申请退款", "refund"),
        ("不要退款了", "keep"),
        ("我要退宽", "refund"),
        ("能開發票嗎？", "invoice"),
        ("Where are my PARCELS?", "track"),
        ("cannot login", "login"),
        ("trakc my ordr", "track"),
        ("ＬＯＧＩＮ", "login"),
        ("zzz", None),
        ("", None),
        ("？！", None),
    ],
)
def test_the_right_phrase_comes_first(text: str, phrase_id: str | None) -> None:
    assert best(Matcher(SHOP), text) == phrase_id


def test_synonyms_of_the_lexicon_find_a_phrase_that_shares_no_word() -> None:
    phrases = [Phrase("money", "refund policy"), Phrase("lost", "stolen card"), Phrase("box", "gift box")]
    assert best(Matcher(phrases), "money back please") == "money"
    assert best(Matcher(phrases, Lexicon()), "money back please") is None
    mine = Lexicon([("box", "carton")])
    assert best(Matcher(phrases, mine), "carton") == "box"
    assert mine.with_groups([["a", "b"]]).groups == (("box", "carton"), ("a", "b"))


def test_why_names_spans_of_the_text_and_of_the_nearest_question() -> None:
    why = Matcher(SHOP).match("你好，请问怎么退款")[0].why
    assert why.nearest == "怎么退款"
    assert why.spans[0].text == "怎么退款"
    assert "你好,请问怎么退款"[why.spans[0].start : why.spans[0].end] == "怎么退款"
    assert why.nearest_spans[0].start == 0
    assert 0 < why.unknown < 1
    assert why.guards == ()


def test_conditions_rule_phrases_out_and_say_so() -> None:
    start, end = datetime(2026, 6, 1, tzinfo=UTC), datetime(2026, 6, 20, tzinfo=UTC)
    phrases = [
        Phrase("sale", "618 退款规则", valid_from=start, valid_until=end),
        Phrase("app", "退款规则", channels=("app",)),
        Phrase("gold", "退款规则", levels=("gold",)),
        Phrase("en", "退款规则 refund rules", language="en"),
        Phrase("all", "退款规则", language="zh"),
    ]
    matcher = Matcher(phrases)
    assert {one.phrase_id for one in matcher.match("退款规则")} == {"sale", "app", "gold", "en", "all"}
    context = Context(now=end, channel="wecom", level="basic", language="zh-CN")
    (only,) = matcher.match("退款规则", context=context)
    assert only.phrase_id == "all"
    assert dict(only.why.removed) == {"sale": "validity", "app": "channel", "gold": "level", "en": "language"}
    assert best(matcher, "618 退款规则") == "sale"
    inside = Context(now=start, channel="app", level="gold", language="en")
    assert {one.phrase_id for one in matcher.match("退款规则", context=inside)} == {"sale", "app", "gold", "en"}


@pytest.mark.parametrize(
    ("text", "action", "reason"),
    [
        ("怎么退款", "auto_reply", "confident"),
        ("我要退款 已经收到退款了", "suggest", "guarded"),
        ("zzz", "hand_over", "no_match"),
    ],
)
def test_decide(text: str, action: str, reason: str) -> None:
    decision = Matcher(SHOP, threshold=0.6).decide(text)
    assert (decision.action, decision.reason) == (action, reason)


def test_decide_says_what_keeps_a_phrase_from_being_sent() -> None:
    def reason(*phrases: Phrase, text: str = "怎么退款", **numbers: float) -> str:
        return Matcher(phrases, **{"threshold": 0.5, **numbers}).decide(text).reason

    refund = SHOP[1]
    assert reason(refund, SHOP[0]) == "confident"
    assert reason(refund, SHOP[0], threshold=1.0) == "unsure"
    assert reason(refund, replace(refund, id="twin"), threshold=0.1) == "confident"
    assert reason(refund, replace(refund, id="twin"), threshold=0.1, min_margin=0.1) == "close_call"
    assert reason(replace(refund, questions=("怎么退款",)), SHOP[0]) == "few_samples"
    assert reason(replace(refund, auto_reply=False), SHOP[0]) == "by_hand"
    assert reason(refund, SHOP[0], text="钱", floor=0.9, threshold=1) in {"unlikely", "no_match"}


@pytest.mark.parametrize("prepare", [bool, Matcher.optimize], ids=["packed", "optimised"])
def test_two_phrases_with_one_question_are_never_told_apart_by_chance(prepare) -> None:
    matcher = Matcher(
        [
            Phrase("a", "退款甲", ("怎么退款", "我要退款")),
            Phrase("b", "退款乙", ("怎么退款", "退款流程")),
            Phrase("c", "发货", ("几天发货", "发货了吗")),
        ],
        threshold=0.6,
    )
    prepare(matcher)
    for text in ("怎么退款", "怎么退款？"):
        decision = matcher.decide(text)
        assert (decision.action, decision.reason) == ("suggest", "unsure"), text
        assert decision.confidence < 0.6
    assert matcher.decide("几天发货").action == "auto_reply"


def test_other_amounts_are_not_answered_without_a_person() -> None:
    matcher = Matcher(SHOP, threshold=0.3)
    assert matcher.decide("满200减30怎么用").action == "auto_reply"
    decision = matcher.decide("满300减50怎么用")
    assert (decision.phrase_id, decision.action, decision.reason) == ("deal", "suggest", "guarded")
    assert decision.matches[0].guards == ("numbers",)


def test_related_phrases_that_exist_come_before_the_next_matches() -> None:
    related = Matcher(SHOP).decide("我要退款").related
    assert related[0] == "keep"
    assert "gone" not in related


def test_learning_moves_a_correction_up_and_forgetting_takes_it_back() -> None:
    matcher = Matcher(SHOP)
    text = "钱什么时候回来"
    before = matcher.match(text)
    assert before[0].phrase_id == "ship"
    for _ in range(3):
        matcher.learn(text, picked="refund", shown=[one.phrase_id for one in matcher.match(text)])
    assert best(matcher, text) == "refund"
    assert best(matcher, "我的钱啥时候回来呀") == "refund"
    assert matcher.decisions == 3
    assert best(matcher, "什么时候发货") == "ship"
    assert matcher.forget(text="钱什么时候回来 ") == 3
    assert matcher.match(text) == before


def test_forgetting_by_phrase_and_the_latest() -> None:
    matcher = Matcher(SHOP)
    matcher.learn("甲乙丙", picked="ship")
    one = matcher.match("甲乙丙")
    assert [match.phrase_id for match in one] == ["ship"]
    matcher.learn("丁戊己", picked="invoice")
    assert matcher.forget(last=1) == 1
    assert matcher.match("丁戊己") == ()
    assert matcher.match("甲乙丙") == one
    assert matcher.forget(phrase_id="invoice") == 0
    assert matcher.forget(phrase_id="ship") == 1
    assert matcher.match("甲乙丙") == ()


@pytest.mark.parametrize("arguments", [{}, {"text": "a", "last": 1}])
def test_forgetting_needs_one_thing_to_forget(arguments: dict[str, object]) -> None:
    with pytest.raises(InvalidInput, match=r"^forget: "):
        Matcher().forget(**arguments)  # type: ignore[arg-type]


def test_learning_is_bounded_and_neglects_what_was_sure() -> None:
    matcher = Matcher(SHOP)
    matcher.learn("怎么退款", picked="refund", shown=("refund", "keep"))
    assert matcher._judge.library.learned.weights == {}
    for _ in range(40):
        matcher.learn("怎么退款", picked="ship", shown=("refund",))
    assert best(matcher, "怎么退款") == "ship"
    weights = matcher._judge.library.learned.weights
    assert all(abs(weight) <= 0.6 for vector in weights.values() for weight in vector.values())
    assert best(matcher, "发票抬头怎么改") == "invoice"


@pytest.mark.parametrize(
    ("field", "arguments"), [("picked", {"picked": "x"}), ("shown", {"picked": None, "shown": "x"})]
)
def test_learning_needs_known_phrases(field: str, arguments: dict[str, object]) -> None:
    with pytest.raises(InvalidInput, match=f"^{field}: "):
        Matcher(SHOP).learn("怎么退款", **arguments)  # type: ignore[arg-type]


def test_phrases_are_added_replaced_and_removed() -> None:
    matcher = Matcher(SHOP)
    matcher.add(Phrase("return", "退货流程", ("怎么退货", "退货地址")))
    assert best(matcher, "退货地址") == "return"
    matcher.replace(Phrase("return", "换货流程", ("怎么换货",)))
    assert best(matcher, "换货流程") == "return"
    assert matcher.get("return").title == "换货流程"
    matcher.remove("return")
    assert "return" not in matcher
    assert len(matcher) == len(list(matcher)) == len(SHOP)
    with pytest.raises(NotFound):
        matcher.get("return")
    with pytest.raises(NotFound):
        matcher.remove("return")
    with pytest.raises(NotFound):
        matcher.replace(Phrase("return", "x"))
    with pytest.raises(InvalidInput, match=r"^id: "):
        matcher.add(Phrase("new", "x"), SHOP[0])
    assert "new" not in matcher


def test_a_large_library_takes_phrases_without_being_packed_again() -> None:
    crowd = [Phrase(f"p{number:04}", f"请问怎么处理问题{chr(0x4E00 + number)}") for number in range(400)]
    matcher = Matcher(crowd)
    segment = matcher._judge.library.segment
    matcher.add(SHOP[1])
    matcher.remove("p0007")
    matcher.replace(replace(SHOP[1], title="退钱"))
    assert matcher._judge.library.segment is segment
    assert best(matcher, "我要退款") == "refund"
    assert best(matcher, "请问怎么处理问题" + chr(0x4E00 + 7)) != "p0007"
    assert len(matcher) == 400
    matcher.optimize()
    assert best(matcher, "我要退款") == "refund"
    assert matcher._judge.library.unpacked == 0


def test_optimizing_tells_close_phrases_apart() -> None:
    one = [f"我的卡{what}怎么办" for what in ("丢了", "不见了", "找不到了", "被偷了", "掉了", "遗失了")]
    other = [f"我的卡{what}怎么办" for what in ("坏了", "刷不了", "用不了", "消磁了", "断了", "读不出")]
    matcher = Matcher([Phrase("lost", "卡丢失", tuple(one)), Phrase("broken", "卡损坏", tuple(other))])
    before = matcher.match("我的卡不见了")[0]
    matcher.optimize()
    after = matcher.match("我的卡不见了")[0]
    assert (before.phrase_id, after.phrase_id) == ("lost", "lost")
    assert after.margin > before.margin
    assert matcher._judge.calibration.rows > 0
    again = Matcher(reversed(list(matcher)))
    again.optimize()
    assert again.match("我的卡不见了")[0] == after


def test_a_saved_matcher_answers_like_the_one_that_was_saved(tmp_path) -> None:
    matcher = Matcher(SHOP, Lexicon([("退款", "退钱")]))
    matcher.optimize()
    matcher.add(Phrase("vip", "会员积分", ("积分怎么用",), valid_until=datetime(2030, 1, 1, tzinfo=UTC)))
    matcher.remove("track")
    matcher.learn("钱呢", picked="refund", shown=("ship",))
    path = tmp_path / "library.bin"
    matcher.save(path)
    loaded = Matcher.load(path, threshold=0.5)
    assert sorted(loaded, key=lambda one: one.id) == sorted(matcher, key=lambda one: one.id)
    for text in ("怎么退钱", "积分怎么用", "钱呢", "where is my parcel", "什么时候发货"):
        assert loaded.match(text) == matcher.match(text)
    assert loaded.to_bytes() == matcher.to_bytes()
    assert loaded.forget(last=1) == 1
    assert [one.name for one in tmp_path.iterdir()] == ["library.bin"]


def test_only_what_was_saved_whole_is_loaded() -> None:
    data = Matcher(SHOP).to_bytes()
    with pytest.raises(InvalidInput, match="cut short or changed"):
        Matcher.from_bytes(data[:-40])
    for at in (40, len(data) // 2, len(data) - 40):
        with pytest.raises(InvalidInput, match="cut short or changed"):
            Matcher.from_bytes(data[:at] + bytes([data[at] ^ 1]) + data[at + 1 :])
    with pytest.raises(InvalidInput, match="no saved matcher"):
        Matcher.from_bytes(b"\x80\x04pickle")
    with pytest.raises(SchemaTooNew):
        Matcher.from_bytes(data.replace(b"csdesk-matcher 1\n", b"csdesk-matcher 9\n", 1))


def test_lint_names_what_should_be_mended() -> None:
    phrases = [
        Phrase("a", "申请退款", ("怎么退款", "退款流程")),
        Phrase("b", "退款办法", ("怎么退款？", "如何退货")),
        Phrase("c", "发货时间"),
        Phrase("d", "  "),
        Phrase("e", "开票", ("开发票",), related=("a", "zz")),
        Phrase("f", "运费谁出一", ("运费谁出一二三",)),
        Phrase("g", "运费谁出一", ("运费谁出三二一",)),
    ]
    flaws = {(flaw.problem, flaw.phrase_id, flaw.other_id) for flaw in Matcher(phrases).lint()}
    assert ("no_samples", "c", None) in flaws
    assert ("no_text", "d", None) in flaws
    assert ("unknown_related", "e", "zz") in flaws
    assert ("same_question", "f", "g") in flaws
    assert any(problem == "mixed_up" and {one, other} == {"a", "b"} for problem, one, other in flaws)
    assert Matcher(SHOP[3:6]).lint() == ()


def test_reading_goes_on_while_phrases_change() -> None:
    crowd = [Phrase(f"p{number}", f"第{number}号问题怎么办") for number in range(120)]
    matcher = Matcher([*crowd, SHOP[1]])
    stop = threading.Event()
    wrong: list[str | None] = []

    def read() -> None:
        while not stop.is_set():
            found = best(matcher, "我要退款")
            if found != "refund":
                wrong.append(found)

    readers = [threading.Thread(target=read) for _ in range(3)]
    for reader in readers:
        reader.start()
    for number in range(60):
        matcher.add(Phrase(f"n{number}", f"新问题{number}", (f"新的{number}",)))
        if number % 2:
            matcher.remove(f"n{number}")
    stop.set()
    for reader in readers:
        reader.join()
    assert wrong == []
    assert len(matcher) == 121 + 30


@pytest.mark.parametrize(
    ("field", "wrong"),
    [
        ("id", {"id": ""}),
        ("questions", {"questions": "怎么退款"}),
        ("valid_from", {"valid_from": datetime(2026, 1, 1)}),  # noqa: DTZ001
    ],
)
def test_a_phrase_that_cannot_be_used_names_its_field(field: str, wrong: dict[str, object]) -> None:
    with pytest.raises(InvalidInput, match=f"^{field}: "):
        Phrase(**{"id": "a", "title": "t", **wrong})  # type: ignore[arg-type]


def test_wrong_arguments_are_refused() -> None:
    with pytest.raises(InvalidInput, match=r"^limit: "):
        Matcher(SHOP).match("退款", limit=0)
    with pytest.raises(InvalidInput, match=r"^threshold: "):
        Matcher(threshold=1.2)
    with pytest.raises(InvalidInput, match=r"^phrases: "):
        Matcher([SHOP[0], SHOP[0]])
    with pytest.raises(InvalidInput, match=r"^lexicon: "):
        Lexicon(["退款"])
    with pytest.raises(InvalidInput, match=r"^now: "):
        Context(now=datetime(2026, 1, 1))  # noqa: DTZ001


def test_folding_all_outcomes_at_once_gives_what_single_steps_give() -> None:
    matcher = Matcher(SHOP)
    for text, picked, shown in [
        ("钱呢", "refund", ("ship",)),
        ("钱呢", "refund", ("refund", "ship")),
        ("几时到", None, ("invoice", "ship")),
        ("到哪了", "track", ()),
    ]:
        matcher.learn(text, picked=picked, shown=shown)
    judge = matcher._judge
    assert judge.with_outcomes(judge.outcomes).library.learned == judge.library.learned
    assert judge.library.learned.weights.keys() == {"refund", "ship", "invoice", "track"}


def test_an_old_library_can_be_gone_on_from() -> None:
    first = Matcher(SHOP)._judge.library.with_phrase(Phrase("a", "甲乙丙"))
    second = first.with_phrase(Phrase("b", "丁戊己"))
    other = first.with_phrase(Phrase("c", "庚辛壬"))
    assert [len(one) for one in (first, second, other)] == [8, 9, 9]
    assert {one.entry.phrase.id for one in other.rank("丁戊己 庚辛壬 甲乙丙").matches} == {"a", "c"}
    assert [one.entry.phrase.id for one in second.rank("丁戊己 庚辛壬").matches] == ["b"]


def test_a_crowded_library_chooses_candidates_by_the_weightiest_terms() -> None:
    crowd = [Phrase(f"p{number:04}", f"请问怎么处理问题{chr(0x4E00 + number)}") for number in range(3000)]
    matcher = Matcher([*crowd, SHOP[1]])
    assert best(matcher, f"请问怎么处理问题{chr(0x4E00 + 1234)}") == "p1234"
    assert best(matcher, "请问怎么退款") == "refund"
    assert len(matcher.match("请问怎么处理问题", limit=50)) <= 50
    matcher.remove("p1234")
    assert best(matcher, f"请问怎么处理问题{chr(0x4E00 + 1234)}") != "p1234"


def test_a_very_large_library_keeps_fewer_kinds_of_terms(monkeypatch) -> None:
    from csdesk.domain.matching import holdings

    monkeypatch.setattr(holdings, "_MANY_PHRASES", 5)
    lean = Matcher(SHOP)
    assert len(lean._judge.library.segment.terms) < len(Matcher(SHOP[:5])._judge.library.segment.terms)
    assert best(lean, "怎么退款") == "refund"
    assert best(Matcher.from_bytes(lean.to_bytes()), "track my order") == "track"


def test_an_empty_matcher_answers_nothing_and_is_built_from_what_is_added() -> None:
    matcher = Matcher()
    assert matcher.match("退款") == ()
    assert matcher.decide("退款").reason == "no_match"
    matcher.optimize()
    matcher.add(*SHOP)
    assert best(matcher, "怎么退款") == "refund"
    assert matcher.match("怎么退款") == Matcher(SHOP).match("怎么退款")


def test_why_of_a_phrase_that_was_added_and_of_one_that_was_learnt() -> None:
    matcher = Matcher(SHOP)
    matcher.add(Phrase("vip", "会员积分", ("积分怎么用",)))
    assert matcher.match("积分有什么用")[0].why.spans[0].text.startswith("积分")
    matcher.learn("钱呢", picked="vip")
    assert [span.text for span in matcher.match("钱呢")[0].why.spans] == ["钱呢"]
    matcher.learn("钱呢", picked="track")
    matcher.remove("vip")
    assert best(matcher, "钱呢") == "track"


def test_emoji_and_numbers_are_told_apart() -> None:
    matcher = Matcher(
        [Phrase("angry", "😡"), Phrase("glad", "🎉"), Phrase("thirteen", "手机13"), Phrase("ten", "手机15")]
    )
    assert best(matcher, "😡😡😡") == "angry"
    assert best(matcher, "手机 15 壳") == "ten"


def test_a_condition_does_not_hide_what_comes_after_many_removed_phrases() -> None:
    crowd = [Phrase(f"p{number:02}", "怎么退款", channels=("app",)) for number in range(60)]
    matcher = Matcher([*crowd, Phrase("web", "怎么退款呢", channels=("web",))])
    (only,) = matcher.match("怎么退款", context=Context(channel="web"))
    assert only.phrase_id == "web"
    assert len(only.why.removed) == 50


def test_a_matcher_saved_with_a_newer_kind_of_calibration_is_refused(monkeypatch) -> None:
    from csdesk.domain.matching import storing

    data = Matcher(SHOP).to_bytes()
    monkeypatch.setattr(storing, "FEATURES", ("other",))
    with pytest.raises(InvalidInput, match="calibration"):
        Matcher.from_bytes(data)


def test_a_saved_matcher_whose_parts_do_not_fit_is_refused(monkeypatch) -> None:
    from csdesk.domain.matching import storing

    matcher = Matcher(SHOP)
    monkeypatch.setattr(storing, "_phrase_document", lambda phrase: {"id": "same", "title": phrase.title})
    with pytest.raises(InvalidInput, match="fit"):
        Matcher.from_bytes(matcher.to_bytes())
    monkeypatch.setattr(storing, "_phrase_document", lambda phrase: {"colour": 1})
    with pytest.raises(InvalidInput, match="fit"):
        Matcher.from_bytes(matcher.to_bytes())
    monkeypatch.undo()
    matcher._judge.library.segment.row_places[0] = 10**6
    with pytest.raises(InvalidInput, match="fit"):
        Matcher.from_bytes(matcher.to_bytes())


def test_a_saved_matcher_with_a_weight_that_is_no_number_is_refused() -> None:
    matcher = Matcher(SHOP)
    matcher._judge.library.segment.row_weights[0] = float("nan")
    with pytest.raises(InvalidInput, match="finite"):
        Matcher.from_bytes(matcher.to_bytes())


def test_a_decision_on_other_matches_is_refused() -> None:
    judge = Matcher(SHOP[:2])._judge
    with pytest.raises(InvalidInput, match=r"^matches: "):
        judge.decide(Matcher(SHOP).match("开发票"), threshold=1, margin=0, floor=0)


def test_training_skips_a_phrase_without_text_and_a_library_of_single_questions() -> None:
    phrases = [Phrase("blank", " "), *SHOP[:3]]
    matcher = Matcher(phrases)
    matcher.optimize()
    assert all(one.phrase_id != "blank" for one in matcher.match("我要退款怎么发货", limit=10))
    single = Matcher([Phrase("a", "退款"), Phrase("b", "发货")])
    single.optimize()
    assert not single._judge.library.trained
    assert best(single, "退款") == "a"


def test_decisions_of_people_pull_the_confidence_and_let_go_of_it_again() -> None:
    matcher = Matcher(SHOP)
    before = matcher.match("请问退款多久")
    for _ in range(50):
        matcher.learn("请问退款多久", picked="refund", shown=("refund", "ship"))
    after = matcher.match("请问退款多久")
    assert after[0].confidence > before[0].confidence
    assert matcher._judge.calibration.rows == 50
    assert Matcher.from_bytes(matcher.to_bytes()).match("请问退款多久") == after
    matcher.forget(last=1)
    assert matcher.match("请问退款多久")[0].confidence == pytest.approx(before[0].confidence, abs=0.2)
    assert matcher._judge.calibration.rows == 0
    matcher.forget(last=49)
    assert matcher.match("请问退款多久") == before


def test_the_script_of_a_question_may_choose_the_language_of_the_answer() -> None:
    matcher = Matcher([Phrase("zh", "wifi 密码", language="zh"), Phrase("en", "wifi password", language="en")])
    for text, phrase_id in (("wifi 密码多少", "zh"), ("wifi password?", "en")):
        (only,) = matcher.match(text, context=Context(language=language_of(text)))
        assert only.phrase_id == phrase_id


def test_what_is_no_text_is_refused() -> None:
    with pytest.raises(InvalidInput, match=r"^text: "):
        Matcher(SHOP).match(None)  # type: ignore[arg-type]
    with pytest.raises(InvalidInput, match=r"^questions: is an int"):
        Phrase("a", "t", (5,))  # type: ignore[arg-type]


def sealed(body: bytes) -> bytes:
    return body + sha256(body).digest()


def parts_of(data: bytes) -> list[bytes]:
    rest, parts = data[data.index(b"\n") + 1 : -32], []
    while rest:
        size = int.from_bytes(rest[:8], "big")
        parts.append(rest[8 : 8 + size])
        rest = rest[8 + size :]
    return parts


def saved(parts: list[bytes]) -> bytes:
    return sealed(b"csdesk-matcher 1\n" + b"".join(len(one).to_bytes(8, "big") + one for one in parts))


def test_a_whole_file_with_a_wrong_size_in_it_is_refused() -> None:
    data = Matcher(SHOP).to_bytes()
    parts = parts_of(data)
    assert saved(parts) == data
    with pytest.raises(InvalidInput, match="a part is cut short"):
        Matcher.from_bytes(sealed(data[:-33]))
    with pytest.raises(InvalidInput, match="another item size"):
        Matcher.from_bytes(saved([*parts[:1], parts[1] + b"x", *parts[2:]]))


def test_a_file_of_a_machine_with_the_other_byte_order_answers_alike() -> None:
    matcher = Matcher(SHOP)
    head, *arrays = parts_of(matcher.to_bytes())
    theirs = {"little": "big", "big": "little"}[sys.byteorder]
    document = {**json.loads(head), "order": theirs}
    swapped = []
    for code, raw in zip("QIfIIf", arrays, strict=True):
        values = array(code, raw)
        values.byteswap()
        swapped.append(values.tobytes())
    other = Matcher.from_bytes(saved([json.dumps(document).encode(), *swapped]))
    for text in ("什么时候发货", "where is my parcel"):
        assert other.match(text) == matcher.match(text)


def test_what_was_added_is_packed_when_it_is_saved() -> None:
    matcher = Matcher(SHOP)
    matcher.add(Phrase("gift", "礼品包装", ("可以包成礼物吗",)))
    assert best(Matcher.from_bytes(matcher.to_bytes()), "可以包成礼物吗") == "gift"
