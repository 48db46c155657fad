"""A provider's web request: verified and parsed, stored, and only then answered."""

from __future__ import annotations

from collections.abc import Mapping

from csdesk.domain.records import channels as ch
from csdesk.errors import RequestRejected
from csdesk.flows.channels import feeding
from csdesk.flows.channels.holding import hold
from csdesk.flows.channels.pulling import plan_pulls
from csdesk.flows.channels.reports import Taken, take_events
from csdesk.flows.reading import checks
from csdesk.flows.retrying import retried
from csdesk.ports import steps
from csdesk.ports.steps import Flow


def handle(path: str, request: ch.RawRequest) -> Flow[tuple[ch.RawResponse, Taken]]:
    """The answer to a web request, given when everything that it brought is stored; what must be pulled is planned.

    ``path`` is the account, with what follows it where the account's channel has addresses of its own.
    """
    scope = yield from steps.attempt(0)
    checks.an_id(path, "account")
    checks.an_instance(request, ch.RawRequest, "request")
    account = account_in(path, scope.channels)
    if request.received_at is None:
        request = request.model_copy(update={"received_at": scope.now})
    result = yield from steps.parse(account, request)
    if result.rejected is not None:
        return result.reply, Taken()
    held = result.held
    if held is not None and result.feed is None and not (yield from retried(lambda scope: hold(held, scope))):
        return held.reply, Taken()
    taken = yield from take_events(account, result.events)
    if result.pulls:
        yield from plan_pulls(result.pulls)
    if result.feed is not None:
        try:
            page = yield from feeding.answer(result.feed)
        except RequestRejected:
            if held is None:
                raise
            return held.reply, taken
        return result.reply.model_copy(update={"body": page.body, "feed": page.feed}), taken
    if result.file is not None:
        if result.file_in is not None:
            yield from feeding.check_shown(result.file_in, result.file)
        content = yield from steps.read_media(result.file)
        return result.reply.model_copy(update={"body": content}), taken
    return result.reply, taken


def account_in(path: str, channels: Mapping[str, ch.Capabilities]) -> str:
    """The account that a path begins with: the path itself, unless a channel with addresses of its own stands there.

    >>> account_in("shop/widget.js", {"shop": ch.Capabilities(feed=True), "kf": ch.Capabilities()})
    'shop'
    >>> account_in("kf/widget.js", {"shop": ch.Capabilities(feed=True), "kf": ch.Capabilities()})
    'kf/widget.js'
    """
    account = path
    while account not in channels:
        account = account.rpartition("/")[0]
        if not account:
            return path
    return account if account == path or channels[account].feed else path
