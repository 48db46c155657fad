"""Suggestions on demand: outside the ingest commit, nothing is written."""

from __future__ import annotations

from csdesk.domain.records.changes import Needs
from csdesk.domain.records.channels import ReplyDecision
from csdesk.errors import NotFound
from csdesk.flows import checks
from csdesk.ports import steps
from csdesk.ports.steps import Flow, Loaded


def for_text(text: str) -> Flow[ReplyDecision]:
    """The phrases that may answer a text."""
    yield from steps.attempt(0)
    checks.a_text(text, "text")
    loaded = yield from steps.load(Needs(), phrases="yes")
    return _decide(loaded, text)


def for_message(message_id: str) -> Flow[ReplyDecision]:
    """The phrases that may answer a stored message.

    Raises:
        NotFound: this desk has no such message.
    """
    yield from steps.attempt(0)
    loaded = yield from steps.load(checks.needs(Needs(messages=(message_id,))), phrases="yes")
    message = loaded.snapshot.messages.get(message_id)
    if message is None:
        raise NotFound("message", message_id)
    return _decide(loaded, message.text)


def _decide(loaded: Loaded, text: str) -> ReplyDecision:
    assert loaded.phrases is not None, "the load asked for them"
    policy = loaded.policy.config.reply
    return loaded.phrases.decide(text, policy.threshold, policy.margin, policy.suggestions, auto=False)
