"""The adapter of one Telegram bot."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from datetime import timedelta
from mimetypes import guess_type
from re import compile as pattern
from typing import Final, Literal, get_args

from csdesk.channels._faults import health_of
from csdesk.channels._settings import base_address, check_choice, check_name, check_span, several
from csdesk.channels.telegram.api import BotApi, Call
from csdesk.channels.telegram.content import MARKED, call_of
from csdesk.channels.telegram.deliveries import Delivered, Poll, secrets_of
from csdesk.channels.telegram.limits import ALLOWED_UPDATES, CAPABILITIES
from csdesk.channels.telegram.webhooks import Webhooks
from csdesk.domain.records.messages import TextPart
from csdesk.errors import ChannelError, Disposition, InvalidInput, UnsupportedFeature, sentence
from csdesk.parsing.telegram import Place, Reading
from csdesk.parsing.telegram.told import Groups
from csdesk.parsing.values import Fields, fields_of, number_of, text_of
from csdesk.ports.channel import (
    Capabilities,
    Exchange,
    Health,
    InboundResult,
    MediaFetched,
    MediaWanted,
    OutboundMessage,
    PullHint,
    PullPage,
    RawRequest,
    Receipt,
    SentMessage,
)
from csdesk.ports.clock import Clock

BASE_URL: Final = "https://api.telegram.org"

Quote = Literal["groups", "always", "never"]
Markup = Literal["HTML", "MarkdownV2"]

_KIND: Final = pattern(r"[a-z_]{1,64}")
_TOKEN: Final = pattern(r"([0-9]{1,18}):[0-9A-Za-z_-]{20,100}")
_PARAM: Final = pattern(r"[0-9A-Za-z_-]{1,64}")
_GONE: Final = frozenset({"400.no_message"})


class Telegram:
    """One bot as a ``Channel`` that fetches media, takes back, edits, and can be checked.

    Updates come by webhook (give ``secrets``) or are polled in ``run_due`` (``polling=True``), never both: Telegram
    delivers in one way only.

    Args:
        account: the desk's id of this bot.
        token: the bot's token.
        secrets: for a webhook: one secret or more, each 1 to 256 of ``A-Z a-z 0-9 _ -``; more than one while they are
            being changed. ``webhook.set`` gives Telegram the first.
        polling: whether updates are polled.
        poll_every: how often, if nothing hurries it; more than 0.
        poll_seconds: how long Telegram may hold a poll that finds nothing, 0 to 50; ``run_due`` waits for it.
        username: the bot's name, without the ``@``: for links, and for groups.
        groups: what is taken from groups: nothing (``off``), what is addressed to the bot, or ``all`` that it sees.
        staff: Telegram's ids of colleagues: their answers in groups are those of a person elsewhere.
        quote: whether a reply quotes the message before it: in ``groups``, ``always``, or ``never``.
        markup: how texts and captions that you send are marked up, ``HTML`` or ``MarkdownV2``. Text that cannot be read
            that way, such as a piece of a long text, is sent once more as it is. None: texts are plain.
        link_phones: whether the number that a customer shares of themselves becomes an identity (kind ``phone``).
        start_opens: whether coming by ``link(param)`` is a message that opens a ticket, with its ``entrance``. A start
            is greeted either way, if the account has a ``greeting``.
        base_url: where the Bot API is; another one for a server of your own.
        allowed_updates: the kinds of updates that are asked for.
        capabilities: what Telegram allows, if that has changed.

    Raises:
        InvalidInput: a token or secret is missing or malformed, or another argument cannot be used.
    """

    def __init__(  # noqa: PLR0913  a platform with many ways
        self,
        account: str,
        *,
        token: str,
        secrets: Iterable[str] = (),
        polling: bool = False,
        poll_every: timedelta = timedelta(seconds=3),
        poll_seconds: int = 0,
        username: str = "",
        groups: Groups = "off",
        staff: Iterable[int] = (),
        quote: Quote = "groups",
        markup: Markup | None = None,
        link_phones: bool = False,
        start_opens: bool = False,
        base_url: str = BASE_URL,
        allowed_updates: Iterable[str] = ALLOWED_UPDATES,
        capabilities: Capabilities = CAPABILITIES,
    ) -> None:
        bot = _checked(account, token)
        if type(poll_seconds) is not int or not 0 <= poll_seconds <= 50:
            raise InvalidInput("poll_seconds", "is out of range", "pass 0 to 50")
        check_span("poll_every", poll_every)
        check_choice("groups", groups, get_args(Groups))
        check_choice("quote", quote, get_args(Quote))
        if markup is not None:
            check_choice("markup", markup, get_args(Markup))
        people = several("staff", staff, int, "pass Telegram's numbers of people, such as [123456789]")
        asked = _kinds(allowed_updates)
        self.kind: Final = "telegram"
        self.account: Final = account
        self._polling = polling
        self._quote = quote
        self._markup = markup
        self._username = username.removeprefix("@")
        self._reading = Reading(bot, self._username, groups, frozenset(people), link_phones, start_opens)
        self._clock: Clock | None = None
        self._api = BotApi(account, token, base_url=base_address(base_url, BASE_URL, in_clear=True))
        self._delivered = Delivered(account, secrets_of(secrets, polling=polling))
        self._poll = Poll(self._api, account, asked, poll_seconds)
        self.webhook: Final = Webhooks(self._api, self._delivered.first, asked, polling=polling)
        ways = {"pull": polling, "poll_every": poll_every if polling else None}
        threads = {"threads": quote == "always" or (quote == "groups" and groups != "off")}
        self.capabilities: Final = capabilities.model_copy(update={**ways, **threads})

    def __repr__(self) -> str:
        return f"{type(self).__name__}({self.account!r}, {'polling' if self._polling else 'webhook'})"

    def keep_time(self, clock: Clock) -> None:
        """Take "now" from the desk."""
        self._clock = clock

    def link(self, param: str = "") -> str:
        """A link that opens the chat with the bot; ``param`` comes along, as the scene of the entrance.

        Args:
            param: at most 64 of ``A-Z a-z 0-9 _ -``.
        """
        if param and not _PARAM.fullmatch(param):
            raise InvalidInput("param", "cannot be used", "pass at most 64 of 0-9, a-z, A-Z, _ and -")
        if not self._username:
            raise InvalidInput("username", "is missing", "make the channel with the bot's username")
        return f"https://t.me/{self._username}{f'?start={param}' if param else ''}"

    # Webhook

    def receive(self, request: RawRequest) -> InboundResult:
        """Read an update that Telegram delivers; a press of a button is acknowledged in the answer."""
        return self._delivered.read(request, self._reading)

    # Polling

    def pull(self, hint: PullHint | None, cursor: str | None) -> Exchange[PullPage]:  # noqa: ARG002  there are none
        """The updates after the cursor; asking for those is what lets Telegram forget the ones before.

        Raises:
            UnsupportedFeature: updates come by webhook.
            ChannelError: ``409.webhook_is_set`` and ``409.polled_elsewhere`` say that they are delivered another way.
        """
        if not self._polling:
            raise UnsupportedFeature(
                sentence("account {account}", account=self.account), "pull", "make the channel with polling=True"
            )
        now = None if self._clock is None else self._clock.now()
        return (yield from self._poll.page(cursor, self._reading, now))

    # Sending

    def send(self, message: OutboundMessage) -> Exchange[Receipt]:
        """Send one part. Telegram takes no key: after an answer that was lost, nobody knows whether it arrived."""
        place = Place.of(message.conversation)
        made = call_of(message.parts[0], message.files) if len(message.parts) == 1 else None
        if place is None:
            raise self._error("this is no conversation of Telegram", "recipient_gone", "bad_conversation")
        if made is None:
            raise self._error("Telegram takes no such content", "fix_content", "content")
        params = {**_address(place), **made.params, **self._quoted(place, message)}
        if self._markup is not None and any(name in params for name in MARKED):
            params["parse_mode"] = self._markup
        call = replace(made, params=params)
        answer = yield from self._api.ask(call)
        again = None if answer.get("ok") is True else self._again(answer, call)
        if again is not None:
            answer = yield from self._api.ask(again)
        if answer.get("ok") is not True:
            raise self._api.refusal(answer, call)
        return self._receipt(place, fields_of(answer.get("result")))

    def _again(self, answer: Fields, call: Call) -> Call | None:
        """The call that may do better: without markup that cannot be read, or to the new id of a group."""
        moved = number_of(fields_of(answer.get("parameters")).get("migrate_to_chat_id"))
        if moved is not None:
            return replace(call, params={**call.params, "chat_id": moved})
        if "parse_mode" in call.params and self._api.refusal(answer, call).provider_code == "400.bad_markup":
            return replace(call, params={key: one for key, one in call.params.items() if key != "parse_mode"})
        return None

    def _quoted(self, place: Place, message: OutboundMessage) -> Mapping[str, object]:
        wanted = self._quote == "always" or (self._quote == "groups" and place.person)
        for one in message.answers if wanted else ():
            found = Place.of_message(one)
            if found is not None and found[0] == Place(place.chat, place.connection):
                return {"reply_parameters": {"message_id": found[1], "allow_sending_without_reply": True}}
        return {}

    def _receipt(self, place: Place, result: Fields) -> Receipt:
        number = number_of(result.get("message_id"))
        if number is None or number < 0:
            return Receipt()
        chat = number_of(fields_of(result.get("chat")).get("id"))
        there = place if chat is None else replace(place, chat=chat)
        return Receipt(provider_id=there.message(number))

    def recall(self, sent: SentMessage) -> Exchange[None]:
        """Delete every sending of a message, for the customer too; one that is gone already is fine."""
        for place, number in self._messages(sent):
            try:
                yield from self._api.checked(_deletion(place, number))
            except ChannelError as error:
                if error.provider_code not in _GONE:
                    raise

    def edit(self, sent: SentMessage, part: TextPart) -> Exchange[None]:
        """Let a text say something else."""
        for place, number in self._messages(sent):
            markup = {} if self._markup is None else {"parse_mode": self._markup}
            params = {**_address(place), "message_id": number, "text": part.text, **markup}
            call = Call("editMessageText", params, safe=True)
            answer = yield from self._api.ask(call)
            again = None if answer.get("ok") is True else self._again(answer, call)
            if again is not None:
                answer = yield from self._api.ask(again)
            error = None if answer.get("ok") is True else self._api.refusal(answer, call)
            if error is not None and error.provider_code != "400.not_modified":
                raise error

    def _messages(self, sent: SentMessage) -> list[tuple[Place, int]]:
        found = [Place.of_message(one) for one in sent.provider_ids]
        known = [one for one in found if one is not None]
        if not known:
            raise self._error("Telegram gave this message no id", "fix_content", "no_message")
        return known

    def typing(self, conversation: str) -> Exchange[None]:
        """Show the customer for five seconds that somebody is typing.

        Raises:
            ChannelError: Telegram refused.
        """
        place = Place.of(conversation)
        if place is None:
            raise self._error("this is no conversation of Telegram", "recipient_gone", "bad_conversation")
        yield from self._api.checked(Call("sendChatAction", {**_address(place), "action": "typing"}, safe=True))

    # Media and health

    def fetch(self, wanted: MediaWanted) -> Exchange[MediaFetched]:
        """What a customer sent; Telegram gives bots at most 20 MB of it."""
        found = yield from self._api.call(Call("getFile", {"file_id": wanted.provider_id}, safe=True))
        size, path = number_of(found.get("file_size")), text_of(found.get("file_path"))
        if size is not None and size > wanted.most:
            raise self._error("the file is too large", "fix_content", "too_large")
        response = yield from self._api.download(path, most=wanted.most)
        return MediaFetched(
            content=response.body, type=guess_type(path)[0] or "", name=wanted.name or path.rpartition("/")[2]
        )

    def check(self) -> Exchange[Health]:
        """Whether the token is good, and updates come the way that this channel expects."""
        try:
            yield from self._api.checked(Call("getMe", safe=True))
            info = yield from self.webhook.info()
        except ChannelError as error:
            return health_of(error)
        code = ""
        if self._polling and info.url:
            code = "webhook_is_set"
        elif not self._polling:
            code = "no_webhook" if not info.url else "deliveries_fail" if info.failed and info.pending else ""
        return Health(status="degraded" if code else "ok", code=code)

    def _error(self, problem: str, disposition: Disposition, code: str) -> ChannelError:
        return ChannelError(self.account, problem, disposition=disposition, provider_code=code)


def _checked(account: str, token: str) -> int:
    """The bot's own id, which its token begins with."""
    check_name("account", account, "pass a short name")
    found = _TOKEN.fullmatch(token)
    if found is None:
        raise InvalidInput("token", "is no bot's token", "pass what BotFather gave, such as 123456:ABC…")
    return int(found[1])


def _kinds(given: object) -> tuple[str, ...]:
    remedy = 'pass a list such as ["message", "callback_query"], or leave it out'
    found = several("allowed_updates", given, str, remedy)
    if not found or not all(_KIND.fullmatch(one) for one in found):
        raise InvalidInput("allowed_updates", "is empty or holds something that is no kind of update", remedy)
    return found


def _address(place: Place) -> dict[str, object]:
    found: dict[str, object] = {"chat_id": place.chat}
    if place.connection:
        found["business_connection_id"] = place.connection
    if place.topic:
        found["message_thread_id"] = place.topic
    return found


def _deletion(place: Place, number: int) -> Call:
    if place.connection:
        params = {"business_connection_id": place.connection, "message_ids": [number]}
        return Call("deleteBusinessMessages", params, safe=True)
    return Call("deleteMessage", {"chat_id": place.chat, "message_id": number}, safe=True)
