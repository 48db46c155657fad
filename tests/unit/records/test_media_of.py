"""Every reference of a message to media is seen by ``media_of``: a file that it misses would go as an orphan."""

from collections.abc import Iterator
from typing import get_args

import pytest
from pydantic import BaseModel

from csdesk.domain.records.media import MediaRef
from csdesk.domain.records.messages import Message, Part, media_of
from csdesk.testing import builders as build

PARTS = get_args(get_args(Part)[0])
REF = MediaRef(sha256="a" * 64, size=1)


def models_in(annotation: object) -> Iterator[type[BaseModel]]:
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        yield annotation
    for inside in get_args(annotation):
        yield from models_in(inside)


def fields_of_media(model: type[BaseModel]) -> list[str]:
    return [name for name, field in model.model_fields.items() if MediaRef in models_in(field.annotation)]


@pytest.mark.parametrize(("part", "field"), [(part, field) for part in PARTS for field in fields_of_media(part)])
@pytest.mark.parametrize("content", ["parts", "edited"])
def test_media_of_parts(part: type[BaseModel], field: str, content: str) -> None:
    made = part.model_construct(**{field: REF})
    assert media_of(build.message().model_copy(update={content: (made,)})) == {REF.sha256}


def test_media_of_the_message_itself() -> None:
    assert fields_of_media(Message) == ["raw_media"]
    assert media_of(build.message(raw_media=REF)) == {REF.sha256}
    assert media_of(build.message()) == frozenset()


def test_no_part_hides_media_deeper() -> None:
    for part in PARTS:
        for field in part.model_fields.values():
            for model in models_in(field.annotation):
                assert model is MediaRef or not fields_of_media(model)
