"""What errors told is kept as text and read back with all that a translation needs."""

from datetime import UTC, date, datetime

import pytest

from csdesk import render
from csdesk.domain.records.telling import packed, unpacked
from csdesk.errors import CsdeskError, InvalidInput, NotFound, OutsideAuthority, WordingRefused, sentence

DAY, AT = date(2026, 1, 5), datetime(2026, 1, 5, 9, tzinfo=UTC)
SAID = sentence("{guess}choose one of: {names}", guess=sentence("did you mean {name!r}? ", name="a"), names=("a", "b"))


@pytest.mark.parametrize(
    "error",
    [
        InvalidInput("queue", sentence("no queue {queue!r}", queue="vp"), SAID),
        InvalidInput("at", sentence("since {day} and {at}: {none}", day=DAY, at=AT, none=None), "pass one"),
        WordingRefused((("forbidden", 0, 2, "do"), ("cold", 3, 4, ""))),
        OutsideAuthority("agent", "refund", "9", outcome="forbidden", alternatives=("voucher",)),
        NotFound("ticket", "tkt_1"),
    ],
)
def test_an_error_reads_the_same_from_its_record(error):
    params = unpacked(packed(error))
    assert params == error.params
    for locale in ("en", "zh-CN"):
        assert render(error.code, locale, **params) == render(error, locale)


def test_of_a_value_that_is_none_of_ours_only_the_type_is_kept():
    assert unpacked(packed(CsdeskError("x", thing=object()))) == {"thing": "object"}
    assert unpacked(packed(KeyError("secret"))) == {"type": "KeyError"}
    assert packed(CsdeskError("x")) == ""
    assert unpacked("") == {}
