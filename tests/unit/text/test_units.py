"""Numbers in units that convert into each other."""

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from csdesk.domain.text.units import _UNITS, in_unit


@pytest.mark.parametrize(
    ("number", "unit", "wanted", "found"),
    [
        ("2", "斤", "kg", "1"),
        ("1.5", "L", "毫升", "1500"),
        ("90", "min", "小时", "1.5"),
        ("1", "英寸", "mm", "25.4"),
        ("7", "", "", "7"),
        ("7", "套", " 套 ", "7"),
        ("7", "g", "ml", None),
        ("7", "套", "件", None),
        ("7", "g", "", None),
    ],
)
def test_units_convert_within_their_kind(number, unit, wanted, found):
    assert in_unit(Decimal(number), unit, wanted) == (None if found is None else Decimal(found))


@given(st.decimals(min_value=0, max_value=10**6, places=3), *(st.sampled_from(sorted(_UNITS)) for _ in range(2)))
def test_there_and_back_is_the_same_number(number, unit, wanted):
    there = in_unit(number, unit, wanted)
    if there is None:
        assert _UNITS[unit][0] != _UNITS[wanted][0]
    else:
        back = in_unit(there, wanted, unit)
        assert back is not None
        assert abs(back - number) <= number * Decimal("1e-20")
