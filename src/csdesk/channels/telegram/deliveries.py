"""How updates come: Telegram posts them under a secret, or they are fetched."""

from __future__ import annotations

import hmac
import json
from collections.abc import Iterable
from datetime import datetime
from re import compile as pattern
from typing import Final

from csdesk.channels._settings import several
from csdesk.channels.telegram.api import BotApi, Call
from csdesk.errors import ChannelError, InvalidInput
from csdesk.parsing.telegram import Reading, parse_update
from csdesk.parsing.values import Fields, fields_of, number_of, object_in, text_of
from csdesk.ports.channel import Exchange, InboundResult, PullPage, RawRequest, RawResponse, Rejected

_SECRET: Final = pattern(r"[0-9A-Za-z_-]{1,256}")
_PAGE: Final = 100


def secrets_of(secrets: Iterable[str], *, polling: bool) -> tuple[bytes, ...]:
    """The secrets of a webhook.

    Raises:
        InvalidInput: one is none, there is none though one is needed, or one though it is of no use.
    """
    given = several("secrets", (secrets,) if isinstance(secrets, str) else secrets, str, "pass a list of secrets")
    if polling and given:
        raise InvalidInput("secrets", "are for a webhook", "pass secrets or polling=True, not both")
    if not polling and not given:
        raise InvalidInput("secrets", "is empty", "pass a secret for the webhook, or polling=True")
    if not all(_SECRET.fullmatch(one) for one in given):
        raise InvalidInput("secrets", "holds something that is no secret", "pass 1 to 256 of 0-9, a-z, A-Z, _ and -")
    return tuple(one.encode() for one in given)


class Delivered:
    """Reads what is posted to the address of a bot; without secrets (updates are polled) everything is refused."""

    def __init__(self, account: str, secrets: tuple[bytes, ...]) -> None:
        self._account = account
        self._secrets = secrets

    @property
    def first(self) -> str:
        """The secret that Telegram is given; empty where there is none."""
        return self._secrets[0].decode() if self._secrets else ""

    def read(self, request: RawRequest, reading: Reading) -> InboundResult:
        """The events of one update."""
        if not self._secrets:
            return _refused("polling", 404)
        if request.method.upper() != "POST":
            return _refused("bad_method", 405)
        given = (request.header("X-Telegram-Bot-Api-Secret-Token") or "").encode("utf-8", "replace")
        # A sum: every secret is compared, whichever fits.
        if not sum(_is_same(one, given) for one in self._secrets):
            return _refused("bad_secret", 403)
        update = object_in(request.body)
        if update is None or number_of(update.get("update_id")) is None:
            return _refused("bad_body", 400)
        events = parse_update(update, account=self._account, reading=reading, received_at=request.received_at)
        return InboundResult(reply=_acknowledgement(update), events=events)


class Poll:
    """Fetches updates, page by page."""

    def __init__(self, api: BotApi, account: str, asked: tuple[str, ...], seconds: int) -> None:
        self._api = api
        self._account = account
        self._asked = asked
        self._seconds = seconds

    def page(self, cursor: str | None, reading: Reading, now: datetime | None) -> Exchange[PullPage]:
        """The updates from the cursor on: asking for them lets Telegram forget the ones before, and no others.

        Raises:
            ChannelError: Telegram refused, or did not answer.
        """
        after = max(0, number_of(cursor) or 0)
        params: dict[str, object] = {"limit": _PAGE, "timeout": self._seconds, "allowed_updates": list(self._asked)}
        if after:
            params["offset"] = after
        call = Call("getUpdates", params, safe=True, timeout=15.0 + self._seconds)
        listed = (yield from self._api.checked(call)).get("result")
        updates = sorted(listed, key=_number) if isinstance(listed, list) else []
        for update in updates:
            yield from self._acknowledged(fields_of(update))
        made = (parse_update(one, account=self._account, reading=reading, received_at=now) for one in updates)
        last = max((_number(one) for one in updates), default=-1)
        return PullPage(
            events=tuple(event for events in made for event in events),
            cursor=str(max(after, last + 1)) if last >= 0 else (cursor or ""),
            # A page that is not full may be followed by another one; a poll that is held would make others wait.
            more=len(updates) >= _PAGE or (bool(updates) and self._seconds == 0),
        )

    def _acknowledged(self, update: Fields) -> Exchange[None]:
        """Let the button that somebody pressed rest; that this fails hurts nobody."""
        pressed = _pressed(update)
        if pressed:
            try:
                yield from self._api.checked(Call("answerCallbackQuery", {"callback_query_id": pressed}, safe=True))
            except ChannelError:
                return


def _is_same(ours: bytes, given: bytes) -> bool:
    return hmac.compare_digest(ours, given)


def _number(update: object) -> int:
    """What updates are ordered by; what has no number comes first."""
    number = number_of(fields_of(update).get("update_id"))
    return number if number is not None and 0 <= number < 2**63 else -1


def _pressed(update: Fields) -> str:
    return text_of(fields_of(update.get("callback_query")).get("id"))


def _acknowledgement(update: Fields) -> RawResponse:
    """The answer to a delivery: it may hold one call, which lets a pressed button rest."""
    pressed = _pressed(update)
    if not pressed:
        return RawResponse()
    body = json.dumps({"method": "answerCallbackQuery", "callback_query_id": pressed}).encode()
    return RawResponse(headers=(("Content-Type", "application/json"),), body=body)


def _refused(code: str, status: int) -> InboundResult:
    return InboundResult(reply=RawResponse(status=status), rejected=Rejected(code=code))
