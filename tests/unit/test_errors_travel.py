"""Errors cross the border between processes as they are: kind, text, attributes, and what a translation needs."""

import copy
import pickle

import pytest

from csdesk import errors
from csdesk.domain.locale.render import render

ONE_OF_EACH = [
    errors.InvalidInput("queue", errors.sentence("no queue {queue!r}", queue="vp"), "pass one"),
    errors.ConfigError("queues.0", "is empty", "leave it out", more=(errors.Problem("rules", "is empty", "fix it"),)),
    errors.ConfigMismatch("main", "abc", "def"),
    errors.IllegalTransition("tkt_1", "closed", "assign"),
    errors.MissingExtra("cli", "typer", "the command line"),
    errors.DeskClosed("main"),
    errors.ChannelError("px", "HTTP 503", disposition="retry", retry_after=30),
    errors.NotFound("ticket", "tkt_1"),
    errors.VersionConflict("ticket", "tkt_1", expected=3, state="open", command="assign"),
    errors.StoreBusy("locked", waited=True),
]


@pytest.mark.parametrize("error", ONE_OF_EACH, ids=lambda one: type(one).__name__)
@pytest.mark.parametrize("carried", [lambda one: pickle.loads(pickle.dumps(one)), copy.copy, copy.deepcopy])
def test_an_error_arrives_as_it_was(error, carried):
    arrived = carried(error)
    assert type(arrived) is type(error)
    assert (str(arrived), arrived.args, vars(arrived)) == (str(error), error.args, vars(error))
    assert render(arrived, "zh-CN") == render(error, "zh-CN")
    with pytest.raises(type(error)):
        raise arrived


def test_each_kind_is_known_by_its_public_name():
    kinds = [getattr(errors, name) for name in errors.__all__ if isinstance(getattr(errors, name), type)]
    assert {one.__module__ for one in kinds} == {"csdesk.errors", "csdesk._sentence"}
    assert all(pickle.loads(pickle.dumps(one)) is one for one in kinds)
    for error in ONE_OF_EACH:
        assert b"csdesk.errors." not in pickle.dumps(error), "a pickle outlives where in the package a kind stands"
