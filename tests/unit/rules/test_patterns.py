"""Regular expressions of rules: what is left out of them changes no answer."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from csdesk.domain.rules.patterns import compiled_pattern

PATTERNS = [".*ab", ".*?ab", ".*+ab", ".*", ".*a|b$", ".*^a", r".*\bab", ".+ab", "a.*b", ".*$", r"\.*ab", "(.*a)b"]


@pytest.mark.parametrize("pattern", PATTERNS)
@given(st.text("ab\n .", max_size=12))
def test_what_may_stand_before_is_looked_for_anyway(pattern, text):
    assert (compiled_pattern(pattern).search(text) is None) == (re.search(pattern, text) is None)


def test_a_pattern_that_begins_with_anything_costs_no_square():
    assert compiled_pattern(".*(退款).{0,50}(投诉)").pattern == compiled_pattern("(退款).{0,50}(投诉)").pattern
