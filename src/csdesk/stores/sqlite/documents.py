"""Documents as rows hold them: without the id, which stands in a column of the row."""

from __future__ import annotations

from typing import TypeVar

from csdesk.domain.records._model import Record
from csdesk.domain.records.changes import Stored
from csdesk.domain.records.codec import decode, encode

R = TypeVar("R", bound=Record)

_HEAD = '{"id":"'


def document_of(record: Stored) -> str:
    """The document of a record, to be stored beside its id."""
    text = encode(record)
    head = f'{_HEAD}{record.id}",'
    return "{" + text[len(head) :] if text.startswith(head) else text


def record_of(cls: type[R], key: str, schema: int, document: str) -> R:
    """The record of a document that was stored beside its id.

    Raises:
        SchemaTooNew: a newer csdesk wrote it.
    """
    return decode(cls, schema, document if document.startswith(_HEAD) else f'{_HEAD}{key}",{document[1:]}')
