"""A provider's web request: verified and parsed, stored, and only then answered."""

from __future__ import annotations

from csdesk.domain.records import channels as ch
from csdesk.flows import checks
from csdesk.flows.pulling import plan_pulls
from csdesk.flows.reports import Taken, take_events
from csdesk.ports import steps
from csdesk.ports.steps import Flow


def handle(account: str, request: ch.RawRequest) -> Flow[tuple[ch.RawResponse, Taken]]:
    """The answer to a web request, given when everything that it brought is stored; what must be pulled is planned."""
    scope = yield from steps.attempt(0)
    checks.an_id(account, "account")
    checks.an_instance(request, ch.RawRequest, "request")
    if request.received_at is None:
        request = request.model_copy(update={"received_at": scope.now})
    result = yield from steps.parse(account, request)
    if result.rejected is not None:
        return result.reply, Taken()
    taken = yield from take_events(account, result.events)
    if result.pulls:
        yield from plan_pulls(result.pulls)
    return result.reply, taken
