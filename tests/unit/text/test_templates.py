from datetime import date
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
