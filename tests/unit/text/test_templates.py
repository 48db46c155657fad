from datetime import UTC, date, datetime
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from csdesk.domain.text.templates import Template
from csdesk.errors import InvalidInput

ORDER = Template.parse(
    '您好{{ name | default: "亲" }}，{{order | upper}} 退 {{ 金额 | money: "¥" }}，{{ due | date: "%m-%d" }} 前到账。',
    {"金额": "number", "due": "date"},
)


def test_values_stand_in_their_places() -> None:
    values = {"order": "a1001", "金额": Decimal("1234.5"), "due": date(2026, 6, 18)}
    assert ORDER.render(values) == "您好亲，A1001 退 ¥1,234.50，06-18 前到账。"
    assert ORDER.render({**values, "name": "王芳"}).startswith("您好王芳，")
    assert ORDER.variables == ("name", "order", "金额", "due")


def test_a_missing_value_is_an_error_that_names_the_variable() -> None:
    assert ORDER.missing({"order": "a", "金额": 1}) == ("due",)
    with pytest.raises(InvalidInput) as error:
        ORDER.render({"order": "", "金额": 1, "due": date(2026, 1, 1)})
    assert error.value.field == "order"


def test_a_preview_shows_what_is_missing() -> None:
    assert ORDER.preview({"order": "a1"}) == "您好亲，A1 退 ⟨金额⟩，⟨due⟩ 前到账。"


def test_a_value_is_never_read_as_a_template() -> None:
    assert Template.parse("{{ a }}").render({"a": "{{ b }} {0} %s"}) == "{{ b }} {0} %s"


@pytest.mark.parametrize(
    ("text", "value", "shown"),
    [
        ("{{ a | trim | lower }}", "  AB ", "ab"),
        ("{{ a | truncate: 4 }}", "abcdef", "abc…"),
        ("{{a|truncate:4}}", "abcd", "abcd"),
    ],
)
def test_filters(text: str, value: str, shown: str) -> None:
    assert Template.parse(text).render({"a": value}) == shown
    assert Template.parse("{{ n | round }}", {"n": "number"}).render({"n": 2.6}) == "3"


@pytest.mark.parametrize(
    ("amount", "shown"),
    [(-5, "-¥5.00"), (-0.001, "¥0.00"), (0.125, "¥0.13"), (0.1 + 0.2, "¥0.30"), (Decimal("1E+3"), "¥1,000.00")],
)
def test_money_is_written_as_people_write_it(amount: float | Decimal, shown: str) -> None:
    assert Template.parse('{{ n | money: "¥" }}', {"n": "number"}).render({"n": amount}) == shown


@pytest.mark.parametrize(
    "amount",
    [
        float("nan"),
        float("inf"),
        -float("inf"),
        1e300,
        10**400,
        Decimal("NaN"),
        Decimal("sNaN"),
        Decimal("1E+999999"),
        True,
    ],
)
def test_what_nobody_can_read_as_a_number_is_none(amount: float | Decimal) -> None:
    for text in ("{{ n }}", "{{ n | money }}", "{{ n | round }}"):
        with pytest.raises(InvalidInput, match=r"^n: is no number"):
            Template.parse(text, {"n": "number"}).render({"n": amount})


def test_numbers_without_a_filter_have_no_dust() -> None:
    plain = Template.parse("{{ n }}", {"n": "number"})
    assert [plain.render({"n": one}) for one in (0.1 + 0.2, 5.0, 1e-7, 12, Decimal("2.50"))] == [
        "0.3", "5", "0.0000001", "12", "2.50",
    ]  # fmt: skip
    assert Template.parse("{{ n | round }}", {"n": "number"}).render({"n": 0.5}) == "1"


def test_a_family_is_not_cut_apart() -> None:
    assert Template.parse("{{ n | truncate: 3 }}").render({"n": "👨‍👩‍👧‍👦家庭组"}) == "👨‍👩‍👧‍👦家…"


def test_blanks_are_no_value_and_an_instant_needs_its_zone() -> None:
    assert ORDER.missing({"order": "  ", "金额": 1, "due": date(2026, 1, 1)}) == ("order",)
    dated = Template.parse("{{ d | date }}", {"d": "date"})
    assert dated.render({"d": datetime(2026, 1, 2, tzinfo=UTC)}) == "2026-01-02"
    with pytest.raises(InvalidInput, match=r"^d: is no aware datetime"):
        dated.render({"d": datetime(2026, 1, 2)})  # noqa: DTZ001  what is refused


@pytest.mark.parametrize("text", ["{% if a %}x{% endif %}", "{{ a }}{# note #}"])
def test_other_languages_of_templates_are_refused(text: str) -> None:
    with pytest.raises(InvalidInput, match="no conditions"):
        Template.parse(text)


@pytest.mark.parametrize(
    ("text", "field"),
    [
        ("{{ }}", "template"),
        ("{{ a", "template"),
        ("a }}", "template"),
        ("{{ a.b }}", "a"),
        ("{{ a() }}", "a"),
        ("{{ a | shout }}", "a"),
        ("{{ a | default }}", "a"),
        ("{{ a | upper: 3 }}", "a"),
        ("{{ a | money }}", "a"),
        ('{{ d | date: "%c" }}', "d"),
        ("{{ a | trim | trim | trim | trim | trim | trim }}", "a"),
        ("{{ a }}" * 101, "template"),
        ("x" * 20_001, "template"),
    ],
)
def test_what_is_no_template_is_refused_when_it_is_made(text: str, field: str) -> None:
    with pytest.raises(InvalidInput) as error:
        Template.parse(text, {"d": "date"})
    assert error.value.field == field


@pytest.mark.parametrize("value", ["12", True, None])
def test_a_value_of_the_wrong_type_is_refused(value: object) -> None:
    with pytest.raises(InvalidInput, match=r"^n: "):
        Template.parse("{{ n }}", {"n": "number"}).render({"n": value})  # type: ignore[dict-item]


def test_what_grows_too_long_is_refused() -> None:
    with pytest.raises(InvalidInput, match=r"^a: "):
        Template.parse("{{ a }}").render({"a": "x" * 2_001})
    with pytest.raises(InvalidInput, match=r"^template: "):
        Template.parse("{{ a }}" * 50).render({"a": "x" * 2_000})


@given(st.text(max_size=60))
def test_any_text_is_a_template_or_refused(text: str) -> None:
    try:
        template = Template.parse(text)
    except InvalidInput:
        return
    assert template.variables or template.render({}) == text
