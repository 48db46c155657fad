"""Words out of HTML that is odd or cut off."""

import pytest

from csdesk.domain.text.markup import text_of_html


@pytest.mark.parametrize(
    ("html", "text"),
    [
        ("<!DOCTYPE html><?xml version='1.0'?><p>hello</p>", "hello"),
        ("<!-- a > b --><p>hello</p>", "hello"),
        ("one < two <b>three</b>", "one < two three"),
        ('before <a title=">">after</a>', "before after"),
        ("before <!DOCTYPE", "before <!DOCTYPE"),
    ],
)
def test_declarations_comments_and_stray_signs(html, text):
    assert text_of_html(html) == text


@pytest.mark.parametrize("html", ['before <a title=">"', "before <a title='> after"])
def test_a_tag_that_never_ends_hides_nothing_before_it(html):
    assert text_of_html(html).startswith("before")
