from datetime import UTC, datetime, timedelta

import pytest

from csdesk import Actor
from csdesk.domain.records.commands import PutPhrases
from csdesk.domain.records.phrases import (
    ArticleLink,
    LibraryPhrase,
    PhraseUse,
    Usage,
    Variable,
    Wording,
    never_used,
    stale,
)
from csdesk.errors import InvalidInput
from csdesk.matching import Phrase, phrase_of

NOW = datetime(2026, 6, 18, tzinfo=UTC)


def made(**values: object) -> LibraryPhrase:
    given = {
        "id": "refund",
        "title": "申请退款",
        "questions": ("怎么退款",),
        "wordings": (
            Wording(text="{{ order }} 的退款 3 天到账。"),
            Wording(text="{{ order }} refunds take 3 days.", language="en"),
            Wording(text="{{ order }} 马上为您退款。", level="gold"),
            Wording(text="[{{ order }}] refunded now.", language="en", level="gold"),
        ),
        "variables": (Variable(name="order"),),
        "created_at": NOW,
        "updated_at": NOW,
        **values,
    }
    return LibraryPhrase(**given)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("audience", "shown"),
    [
        ({}, "A1 的退款 3 天到账。"),
        ({"language": "zh", "channel": "app", "level": "basic"}, "A1 的退款 3 天到账。"),
        ({"language": "en"}, "A1 refunds take 3 days."),
        ({"level": "gold"}, "A1 马上为您退款。"),
        ({"level": "gold", "language": "en"}, "[A1] refunded now."),
    ],
)
def test_the_closest_wording_is_filled_in(audience: dict[str, str], shown: str) -> None:
    assert made().render({"order": "A1"}, **audience) == shown


def test_level_goes_before_channel_and_channel_before_language() -> None:
    phrase = made(
        wordings=(Wording(text="l", language="en"), Wording(text="c", channel="app"), Wording(text="v", level="gold"))
    )
    assert phrase.render({}, language="en", channel="app", level="gold") == "v"
    assert phrase.render({}, language="en", channel="app") == "c"
    with pytest.raises(InvalidInput, match=r"^wordings: "):
        phrase.render({}, language="zh")


def test_a_missing_value_is_an_error_before_sending() -> None:
    with pytest.raises(InvalidInput, match=r"^order: "):
        made().render({})


@pytest.mark.parametrize(
    "wrong",
    [
        {"wordings": ()},
        {"wordings": (Wording(text="{{ other }}"),)},
        {"wordings": (Wording(text="{{ order"),)},
        {"variables": (Variable(name="order"), Variable(name="order"))},
        {"valid_from": NOW, "valid_until": NOW},
        {"title": ""},
    ],
)
def test_an_incoherent_phrase_is_refused(wrong: dict[str, object]) -> None:
    with pytest.raises(InvalidInput):
        made(**wrong)


def test_an_article_reports_its_missing_sections() -> None:
    link = ArticleLink(title="618 活动", sections=("what", "rules", "steps"))
    assert link.missing == ("fees", "cautions", "questions")


def test_reports_of_what_nobody_uses_or_looks_after() -> None:
    old = PhraseUse(made(id="old", updated_at=NOW - timedelta(days=400)), Usage(sent=3))
    over = PhraseUse(made(id="over", valid_until=NOW - timedelta(days=1)), Usage(auto_sent=1))
    fresh = PhraseUse(made(id="fresh"), Usage(shown=9))
    assert [one.phrase.id for one in stale((fresh, over, old), NOW, timedelta(days=365))] == ["old", "over"]
    assert [one.phrase.id for one in never_used((old, over, fresh))] == ["fresh"]


def test_a_record_becomes_what_the_matcher_reads() -> None:
    record = made(related=("keep",), channels=("app",), valid_from=NOW, auto_reply=True, tags=("money",))
    assert phrase_of(record) == Phrase(
        "refund",
        "申请退款",
        ("怎么退款",),
        tags=("money",),
        answer="{{ order }} 的退款 3 天到账。",
        related=("keep",),
        channels=("app",),
        valid_from=NOW,
        auto_reply=True,
    )
    assert hash(record) == hash(
        made(related=("keep",), channels=("app",), valid_from=NOW, auto_reply=True, tags=("money",))
    )
    assert LibraryPhrase.model_validate_json(record.model_dump_json()) == record


@pytest.mark.parametrize(
    ("known", "found"),
    [
        ("2026-03-10", datetime(2026, 3, 10)),  # noqa: DTZ001  a custom field may have no time zone
        (NOW, NOW),
        (NOW.date(), NOW.date()),
        ("next week", None),
        (20260310, None),
        (None, None),
    ],
)
def test_a_date_that_a_field_holds(known: object, found: object) -> None:
    variable = Variable(name="due", type="date", source="ticket.x.due")
    assert variable.found({"ticket.x.due": known}) == found


def test_phrases_to_put_in_are_a_list_of_different_ones() -> None:
    one = made()
    with pytest.raises(ValueError, match="two phrases have one id"):
        PutPhrases(actor=Actor.system(), phrases=(one, one))
    with pytest.raises(ValueError, match="phrases"):
        PutPhrases(actor=Actor.system(), phrases=7)
