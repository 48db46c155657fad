"""The adapter of one WeCom customer-service account (微信客服)."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from typing import Final

from csdesk.channels._faults import health_of
from csdesk.channels._forms import form_of
from csdesk.channels._settings import base_address, check_name, check_span, names_of, several
from csdesk.channels.wecom.api import Call, KfApi, MemoryShelf, TokenShelf, code_of
from csdesk.channels.wecom.callback import Callback
from csdesk.channels.wecom.content import ON_EVENT, body_of, media_type
from csdesk.channels.wecom.crypto import WeComCrypto
from csdesk.channels.wecom.limits import CAPABILITIES, MB
from csdesk.channels.wecom.management import Accounts, Customers, Servicers, ServiceState, Sessions
from csdesk.errors import ChannelError, sentence
from csdesk.parsing.values import text_of
from csdesk.parsing.wecom import parse_page
from csdesk.parsing.wecom.errors import channel_error
from csdesk.ports.channel import (
    Capabilities,
    Exchange,
    HandoffEvent,
    Health,
    InboundResult,
    MediaFetched,
    MediaFile,
    MediaWanted,
    OutboundMessage,
    PullHint,
    PullPage,
    RawRequest,
    Receipt,
    Seat,
    SentMessage,
)
from csdesk.ports.clock import Clock

BASE_URL: Final = "https://qyapi.weixin.qq.com/cgi-bin"

_STALE_TOKEN: Final = 95007
_WRONG_STATE: Final = 95018
_BAD_MEDIA: Final = "40007"
_IN_RANGES: Final = 830002
_NOT_RECEIVING: Final = frozenset({"95014", "95019"})
"""The named person is no servicer, or does not take conversations now."""
_RANGE: Final = 10 * MB


class WeComKf:
    """One customer-service account as a ``Channel`` that carries media, recalls, and can be checked.

    Args:
        account: the desk's id of this account.
        corp_id: the corporation's id.
        secret: the secret of the application that may call the customer-service interface.
        open_kfid: the platform's id of the account.
        token: the Token of the callback's settings.
        encoding_aes_key: the EncodingAESKey beside it.
        receive_id: who callbacks are for; the corporation unless it is a provider's application.
        accounts: the desk's ids of other accounts whose callbacks come to the same address, by ``open_kfid``.
        agents: ids of the desk's agents by the platform's ``userid``: a conversation that one of them takes in the
            WeCom client becomes theirs here.
        base_url: where the interface is; another one for a proxy or a private deployment: https, unless it is on
            this machine.
        capabilities: what the platform allows, if that has changed.
        duplicate_codes: the ``errcode`` by which the platform refuses a message id that it has seen: only after an
            unknown outcome is it read as "was sent". Not documented, so it can be set.
        tolerance: how far the time of a callback may be from ours.
        shelf: where processes share the access token; each has its own by default.
        clock: where "now" comes from; the desk's clock by default.

    Raises:
        InvalidInput: a secret or an id is empty or malformed.
        MissingExtra: the package ``cryptography`` is not installed (extra ``wecom``).
    """

    def __init__(  # noqa: PLR0913  a platform with many ids
        self,
        account: str,
        *,
        corp_id: str,
        secret: str,
        open_kfid: str,
        token: str,
        encoding_aes_key: str,
        receive_id: str | None = None,
        accounts: Mapping[str, str] | None = None,
        agents: Mapping[str, str] | None = None,
        base_url: str = BASE_URL,
        capabilities: Capabilities = CAPABILITIES,
        duplicate_codes: frozenset[int] = frozenset({40058}),
        tolerance: timedelta = timedelta(minutes=5),
        shelf: TokenShelf | None = None,
        clock: Clock | None = None,
    ) -> None:
        for name, value in (("account", account), ("corp_id", corp_id), ("secret", secret), ("open_kfid", open_kfid)):
            check_name(name, value, "pass what the platform shows")
        check_span("tolerance", tolerance)
        siblings = names_of("accounts", accounts)
        codes = several("duplicate_codes", duplicate_codes, int, "pass numbers, such as {40058}")
        self.kind: Final = "wecom"
        self.account: Final = account
        self.capabilities: Final = capabilities
        self._corp_id = corp_id
        self._open_kfid = open_kfid
        self._accounts = {**siblings, open_kfid: account}
        self._agents = names_of("agents", agents)
        self._duplicate_codes = {str(one) for one in codes}
        crypto = WeComCrypto(token, encoding_aes_key, corp_id if receive_id is None else receive_id)
        self._callback = Callback(crypto, account, open_kfid, siblings, tolerance)
        address = base_address(base_url, BASE_URL)
        self._api = KfApi(account, corp_id, secret, base_url=address, shelf=shelf or MemoryShelf())
        self._api.clock = clock
        self._own_clock = clock is not None
        self.sessions: Final = Sessions(self._api, open_kfid)
        self.servicers: Final = Servicers(self._api, open_kfid)
        self.accounts: Final = Accounts(self._api, open_kfid)
        self.customers: Final = Customers(self._api, self.account, self._corp_id)

    def __repr__(self) -> str:
        return f"{type(self).__name__}({self.account!r}, open_kfid={self._open_kfid!r})"

    def keep_time(self, clock: Clock) -> None:
        """Take "now" from the desk."""
        if not self._own_clock:
            self._api.clock = clock

    def receive(self, request: RawRequest) -> InboundResult:
        """Answer a check of the address, or say which account has news."""
        return self._callback.receive(request)

    # Sending

    def send(self, message: OutboundMessage) -> Exchange[Receipt]:
        """Send one part under its key, or answer an event if the message has a code."""
        kind, body = self._content(message)
        whole: dict[str, object] = {"msgid": message.key, "msgtype": kind, kind: body}
        if message.code:
            path = "kf/send_msg_on_event"
            whole["code"] = message.code
        else:
            path = "kf/send_msg"
            whole |= {"touser": message.to.external_id, "open_kfid": self._open_kfid}
        try:
            answer = yield from self._api.post(path, whole)
        except ChannelError as error:
            if message.again and error.provider_code in self._duplicate_codes:
                return Receipt(provider_id=message.key)
            raise (yield from self._refused(error, message)) from error
        return Receipt(provider_id=text_of(answer.get("msgid")) or message.key)

    def _content(self, message: OutboundMessage) -> tuple[str, Mapping[str, object]]:
        made = body_of(message.parts[0]) if len(message.parts) == 1 else None
        if made is None or (message.code and made[0] not in ON_EVENT):
            raise ChannelError(
                self.account, "the platform takes no such content", disposition="fix_content", provider_code="content"
            )
        return made

    def _refused(self, error: ChannelError, message: OutboundMessage) -> Exchange[ChannelError]:
        """The refusal, with what it means for us: media to upload again, somebody else who has the conversation."""
        if error.provider_code == _BAD_MEDIA:
            return ChannelError(
                self.account,
                "the uploaded media is no longer there",
                disposition="fix_content",
                provider_code=_BAD_MEDIA,
                media_expired=True,
            )
        if error.provider_code != str(_WRONG_STATE):
            return error
        try:
            session = yield from self.sessions.get(message.to.external_id)
        except ChannelError:
            return error
        has_it = session.state.name.lower()
        return ChannelError(
            self.account,
            sentence("the conversation is {state}", state=has_it),
            disposition="operator" if has_it in ("pool", "human") else "wait_customer",
            provider_code=f"{_WRONG_STATE}.{has_it}",
        )

    def recall(self, sent: SentMessage) -> Exchange[None]:
        """Take back every sending of a message; the platform allows it for two minutes."""
        for one in sent.provider_ids:
            yield from self._api.post("kf/recall_msg", {"msgid": one, "open_kfid": self._open_kfid}, safe=True)

    # Who has the conversation

    def seat(self, seat: Seat) -> Exchange[None]:
        """Bots and people in the desk answer as the platform's smart assistant, others as servicers or in the pool."""
        customer = seat.customer.external_id
        session = yield from self.sessions.get(customer)
        stays = seat.holder == "bot" or not seat.away
        if session.state is ServiceState.UNTREATED and stays:
            yield from self.sessions.move(customer, ServiceState.ROBOT)
        if stays or session.state is ServiceState.ENDED:
            return
        servicer = next((userid for userid, agent in self._agents.items() if agent == seat.agent), "")
        if servicer and (session.servicer == servicer or (yield from self._given(customer, servicer))):
            return
        if session.state in (ServiceState.UNTREATED, ServiceState.ROBOT):
            yield from self.sessions.move(customer, ServiceState.POOL)

    def _given(self, customer: str, servicer: str) -> Exchange[bool]:
        """True if the servicer has the conversation now; False if they take none."""
        try:
            yield from self.sessions.move(customer, ServiceState.HUMAN, servicer=servicer)
        except ChannelError as error:
            if error.provider_code not in _NOT_RECEIVING:
                raise
            return False
        return True

    # Pulling

    def pull(self, hint: PullHint | None, cursor: str | None) -> Exchange[PullPage]:
        """The next page; a token that is too old is left out once."""
        token = hint.token if hint is not None else ""
        try:
            return (yield from self._page(token, cursor))
        except ChannelError as error:
            if not token or error.provider_code != str(_STALE_TOKEN):
                raise
        return (yield from self._page("", cursor))

    def _page(self, token: str, cursor: str | None) -> Exchange[PullPage]:
        body = {"cursor": cursor or "", "token": token, "limit": 1000, "voice_format": 0, "open_kfid": self._open_kfid}
        answer = yield from self._api.post("kf/sync_msg", body, safe=True)
        page = parse_page(
            answer,
            received_at=self._api.now(),
            accounts=self._accounts,
            account=self.account,
            corp=self._corp_id,
        )
        events = tuple(self._known(one) if isinstance(one, HandoffEvent) else one for one in page.events)
        return page.model_copy(update={"events": events})

    def _known(self, event: HandoffEvent) -> HandoffEvent:
        agent = self._agents.get(event.to)
        return event if agent is None else event.model_copy(update={"agent": agent})

    # Media

    def upload(self, file: MediaFile) -> Exchange[str]:
        """Give the platform a file; its ``media_id``, good for three days."""
        kind = media_type(file.media)
        content_type, body = form_of((), [("media", file)], with_length=True)
        call = Call(
            "POST",
            "media/upload",
            (("type", kind),),
            body,
            (("Content-Type", content_type),),
            safe=True,
            timeout=60.0,
        )
        response = yield from self._api.raw(call)
        answer = self._api.checked(response, call)
        return text_of(answer.get("media_id"))

    def fetch(self, wanted: MediaWanted) -> Exchange[MediaFetched]:
        """What a customer sent: at once, or in ranges where it is too large for that."""
        call = Call(
            "GET", "media/get", (("media_id", wanted.provider_id),), safe=True, timeout=60.0, most_bytes=wanted.most
        )
        response = yield from self._api.raw(call)
        content = response.body
        if code_of(response) == _IN_RANGES:
            content = yield from self._ranges(call, wanted)
        elif _is_refusal(response.header("Content-Type"), code_of(response)):
            raise channel_error(self.account, code_of(response))
        return MediaFetched(
            content=content,
            type=(response.header("Content-Type") or "") if content is response.body else "",
            name=wanted.name or _name_in(response.header("Content-Disposition") or ""),
        )

    def _ranges(self, call: Call, wanted: MediaWanted) -> Exchange[bytes]:
        content = b""
        while len(content) <= wanted.most:
            span = f"bytes={len(content)}-{len(content) + _RANGE - 1}"
            part = yield from self._api.raw(
                Call(
                    "GET",
                    call.path,
                    call.params,
                    headers=(("Range", span),),
                    safe=True,
                    timeout=60.0,
                    most_bytes=_RANGE,
                    statuses=(206, 416),
                )
            )
            if _is_refusal(part.header("Content-Type"), code_of(part)):
                raise channel_error(self.account, code_of(part))
            content += part.body if part.status != 416 else b""
            if part.status != 206 or len(part.body) < _RANGE:
                break
        return content

    def check(self) -> Exchange[Health]:
        """Whether the secret is good and the account is ours."""
        try:
            listed = yield from self.accounts.list()
        except ChannelError as error:
            return health_of(error)
        known = any(one.open_kfid == self._open_kfid for one in listed)
        return Health(status="ok" if known else "degraded", code="" if known else "no_account")


def _is_refusal(content_type: str | None, code: int | None) -> bool:
    """True for an error instead of media: a customer's own JSON file comes under another type, or has no errcode."""
    return code not in (None, 0) and "json" in (content_type or "json")


def _name_in(disposition: str) -> str:
    """The file name in a Content-Disposition header; empty if there is none."""
    from email.message import EmailMessage

    holder = EmailMessage()
    try:
        holder["Content-Disposition"] = disposition
        return holder.get_filename() or ""
    except (ValueError, IndexError, AttributeError):  # a header that is none
        return ""
