"""Pure text work on every message: folding, language, search tokens, splitting and keywords."""

from csdesk.domain.text.features import query_tokens, search_tokens, tokens_match
from csdesk.domain.text.folding import fold
from csdesk.domain.text.graphemes import clean, split_text
from csdesk.domain.text.keywords import KeywordIndex
from csdesk.domain.text.scripts import language_of

__all__ = [
    "KeywordIndex",
    "clean",
    "fold",
    "language_of",
    "query_tokens",
    "search_tokens",
    "split_text",
    "tokens_match",
]
