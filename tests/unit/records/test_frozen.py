"""Every model of csdesk is frozen, deeply: it can be hashed, and nothing in it can be changed in place."""

import pkgutil
from collections.abc import Mapping, MutableMapping, MutableSequence, MutableSet
from importlib import import_module
from typing import get_args, get_origin

import pytest

import csdesk
from csdesk.domain.records._model import Record, Value
from csdesk.errors import CsdeskError

OPTIONAL = ("csdesk.cli", "csdesk.web", "csdesk.report", "csdesk.channels", "csdesk.sources", "csdesk.testing")


def models():
    for found in pkgutil.walk_packages(csdesk.__path__, "csdesk."):
        if found.name.startswith("csdesk.domain"):
            import_module(found.name)
    queue, seen = [Value, Record], []
    while queue:
        cls = queue.pop()
        for below in cls.__subclasses__():
            if below not in seen and below.__module__.startswith("csdesk."):
                seen.append(below)
                queue.append(below)
    return sorted(seen, key=lambda cls: (cls.__module__, cls.__name__))


MODELS = models()


def types_in(annotation):
    yield get_origin(annotation) or annotation
    for inner in get_args(annotation):
        if not isinstance(inner, str):
            yield from types_in(inner)


def test_all_were_found():
    assert len(MODELS) > 80


@pytest.mark.parametrize("model", MODELS, ids=lambda cls: cls.__name__)
def test_no_field_can_be_changed_in_place(model):
    assert model.model_config["frozen"]
    for name, field in model.model_fields.items():
        for found in types_in(field.annotation):
            changeable = isinstance(found, type) and issubclass(
                found, dict | list | set | bytearray | MutableMapping | MutableSequence | MutableSet | Mapping
            )
            assert not changeable, f"{name}: {found}"


@pytest.mark.parametrize("model", MODELS, ids=lambda cls: cls.__name__)
def test_an_instance_is_hashed_and_never_changed(model):
    given = {name: field.get_default(call_default_factory=True) for name, field in model.model_fields.items()
             if not field.is_required()}  # fmt: skip
    made = model.model_construct(**given)
    hash(made)
    name = next(iter(model.model_fields), None)
    if name is not None:
        with pytest.raises((CsdeskError, TypeError, ValueError)):
            setattr(made, name, None)
