"""The adapter of one number of the WhatsApp Cloud API."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from re import compile as pattern
from typing import Final

from csdesk.channels._faults import health_of
from csdesk.channels._settings import base_address, check_name, names_of, several
from csdesk.channels.whatsapp.api import GraphApi
from csdesk.channels.whatsapp.content import content_of
from csdesk.channels.whatsapp.limits import BUTTON, CAPABILITIES
from csdesk.channels.whatsapp.webhook import Webhook
from csdesk.domain.records.messages import MediaPart, TemplatePart
from csdesk.errors import ChannelError, Disposition, InvalidInput, UnsupportedFeature, sentence
from csdesk.parsing.values import Fields, number_of, objects_in, text_of
from csdesk.parsing.whatsapp import Reading
from csdesk.ports.channel import (
    Capabilities,
    Exchange,
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
)

BASE_URL: Final = "https://graph.facebook.com"
VERSION: Final = "v23.0"
MEDIA_HOSTS: Final = ("fbsbx.com", "fbcdn.net", "facebook.com", "whatsapp.net")
"""Where the platform keeps media: the access token is shown to these hosts and their subdomains, and to no other."""

_VERSION: Final = pattern(r"v[0-9]{1,3}\.[0-9]{1,2}")
_HOST: Final = pattern(r"[0-9a-z-]{1,63}(\.[0-9a-z-]{1,63}){1,10}")
_NUMBER: Final = pattern(r"[0-9]{1,30}")
_MEDIA_ID: Final = pattern(r"[0-9A-Za-z_-]{1,200}")
_BAD_MEDIA: Final = frozenset({"100", "131009", "131052", "131053"})
"""What the platform says, among other things, when an uploaded id is no longer good."""


class WhatsAppCloud:
    """One number as a ``Channel`` that carries media and can be checked.

    Replies are possible for 24 hours after the customer's last message; outside of that a ``TemplatePart`` is. The key
    of each message goes along and comes back in its reports, so that one whose answer was lost is recognised.

    Args:
        account: the desk's id of this number.
        phone_number_id: the platform's id of it.
        token: the access token of a system user.
        app_secrets: the app's secret, which signs deliveries; more than one while it is being changed.
        verify_token: what you entered beside the address of the webhook.
        accounts: the desk's ids of other numbers whose deliveries come to the same address, by ``phone_number_id``.
        link_phones: whether the number of a customer is an identity of kind ``phone`` too.
        quote: whether a reply quotes the message before it.
        menu_label: the words on the button that opens a list of more than three choices, at most 20 characters.
        base_url: where the Graph API is: https, unless it is on this machine.
        version: which version of it is spoken.
        media_hosts: the domains, such as ``fbcdn.net``, that may be shown the access token when media are fetched,
            each with what lies below it.
        capabilities: what the platform allows, if that has changed.

    Raises:
        InvalidInput: a secret or an id is missing or malformed.
    """

    def __init__(
        self,
        account: str,
        *,
        phone_number_id: str,
        token: str,
        app_secrets: Iterable[str],
        verify_token: str,
        accounts: Mapping[str, str] | None = None,
        link_phones: bool = False,
        quote: bool = False,
        menu_label: str = "Menu",
        base_url: str = BASE_URL,
        version: str = VERSION,
        media_hosts: Iterable[str] = MEDIA_HOSTS,
        capabilities: Capabilities = CAPABILITIES,
    ) -> None:
        check_name("account", account, "pass a short name")
        if not _NUMBER.fullmatch(phone_number_id):
            raise InvalidInput("phone_number_id", "is no id of a number", "pass the digits that the platform shows")
        if not token or not token.isascii() or not token.isprintable() or " " in token:
            raise InvalidInput("token", "is no access token", "pass the token of a system user")
        if not menu_label or not BUTTON.holds(menu_label):
            raise InvalidInput(
                "menu_label", "is empty or too long", sentence("pass at most {amount} characters", amount=BUTTON.amount)
            )
        self.kind: Final = "whatsapp"
        self.account: Final = account
        self.capabilities: Final = capabilities.model_copy(update={"threads": quote})
        self._phone = phone_number_id
        self._label = menu_label
        self._quote = quote
        reading = Reading(account, {**names_of("accounts", accounts), phone_number_id: account}, link_phones)
        self._webhook = Webhook(reading, app_secrets, verify_token)
        self._api = GraphApi(
            account,
            token,
            base_url=base_address(base_url, BASE_URL),
            version=_version(version),
            media_hosts=_hosts(media_hosts),
        )

    def __repr__(self) -> str:
        return f"{type(self).__name__}({self.account!r}, phone_number_id={self._phone!r})"

    def receive(self, request: RawRequest) -> InboundResult:
        """Answer a check of the address, or read what the platform delivers."""
        return self._webhook.read(request)

    def pull(self, hint: PullHint | None, cursor: str | None) -> Exchange[PullPage]:  # noqa: ARG002
        """Nothing can be pulled: the platform delivers.

        Raises:
            UnsupportedFeature: always.
        """
        yield from ()
        raise UnsupportedFeature(
            sentence("account {account}", account=self.account), "pull", "let the platform deliver to its webhook"
        )

    # Sending

    def send(self, message: OutboundMessage) -> Exchange[Receipt]:
        """Send one part; our id of it comes back in every report."""
        made = content_of(message.parts[0], self._label) if len(message.parts) == 1 else None
        if made is None:
            raise self._error("the platform takes no such content", "fix_content", "content")
        kind, content = made
        body = {
            "messaging_product": "whatsapp",
            "recipient_type": "individual",
            **_recipient(message),
            "type": kind,
            kind: content,
            "biz_opaque_callback_data": message.key,
            **self._context(message),
        }
        try:
            answer = yield from self._api.post(f"{self._phone}/messages", body)
        except ChannelError as error:
            raise self._refused(error, message) from error
        sent = objects_in(answer.get("messages"))
        known = text_of(sent[0].get("id")) if sent else ""
        if not known:
            raise self._error("the answer names no message", "unknown_outcome", "no_id")
        return Receipt(provider_id=known)

    def _context(self, message: OutboundMessage) -> Fields:
        wanted = message.answers[:1] if self._quote else ()
        return {"context": {"message_id": wanted[0]}} if wanted else {}

    def _refused(self, error: ChannelError, message: OutboundMessage) -> ChannelError:
        """The refusal; where it may be about media of ours that are there no longer, they are uploaded once more."""
        part = message.parts[0]
        ours = isinstance(part, MediaPart | TemplatePart) and part.ref is not None
        if not ours or error.provider_code not in _BAD_MEDIA:
            return error
        return ChannelError(
            self.account,
            "the uploaded media is no longer there, or not what the message needs",
            disposition="fix_content",
            provider_code=error.provider_code,
            media_expired=True,
        )

    def mark_read(self, provider_id: str, *, typing: bool = False) -> Exchange[None]:
        """Show the customer that their message was read, and for at most 25 seconds that somebody is typing.

        Args:
            provider_id: the platform's id of the customer's message (``Message.provider_id``).
            typing: whether to show that somebody is typing, until a reply comes.

        Raises:
            ChannelError: the platform refused.
        """
        body: dict[str, object] = {"messaging_product": "whatsapp", "status": "read", "message_id": provider_id}
        if typing:
            body["typing_indicator"] = {"type": "text"}
        yield from self._api.post(f"{self._phone}/messages", body, safe=True)

    # Media and health

    def upload(self, file: MediaFile) -> Exchange[str]:
        """Give the platform a file; its id there, good for thirty days."""
        answer = yield from self._api.upload(f"{self._phone}/media", file)
        known = text_of(answer.get("id"))
        if not known:
            raise self._error("the answer names no media", "retry", "no_id")
        return known

    def fetch(self, wanted: MediaWanted) -> Exchange[MediaFetched]:
        """What a customer sent: its address is asked for, and good for five minutes."""
        if not _MEDIA_ID.fullmatch(wanted.provider_id):
            raise self._error("this is no id of media", "fix_content", "bad_media_id")
        found = yield from self._api.get(wanted.provider_id, phone_number_id=self._phone)
        size = number_of(found.get("file_size"))
        if size is not None and size > wanted.most:
            raise self._error("the media are too large", "fix_content", "too_large")
        response = yield from self._api.download(text_of(found.get("url")), most=wanted.most)
        told = text_of(found.get("mime_type")) or response.header("Content-Type") or ""
        return MediaFetched(content=response.body, type=told, name=wanted.name)

    def check(self) -> Exchange[Health]:
        """Whether the token is good and the number is ours; a number of low quality is about to be limited."""
        try:
            found = yield from self._api.get(self._phone, fields="id,quality_rating")
        except ChannelError as error:
            return health_of(error)
        low = text_of(found.get("quality_rating")).upper() == "RED"
        return Health(status="degraded" if low else "ok", code="low_quality" if low else "")

    def _error(self, problem: str, disposition: Disposition, code: str) -> ChannelError:
        return ChannelError(self.account, problem, disposition=disposition, provider_code=code)


def _recipient(message: OutboundMessage) -> Fields:
    """A number, or the id of somebody who shows none."""
    known = message.conversation
    return {"to": known} if known.isascii() and known.isdecimal() else {"recipient": known}


def _hosts(given: object) -> tuple[str, ...]:
    remedy = sentence("pass a list of whole domains, such as {names}", names=MEDIA_HOSTS[:2])
    found = tuple(one.lower() for one in several("media_hosts", given, str, remedy))
    if not all(_HOST.fullmatch(one) for one in found):
        raise InvalidInput("media_hosts", "holds something that is no domain", remedy)
    return found


def _version(version: str) -> str:
    if not _VERSION.fullmatch(version):
        raise InvalidInput(
            "version", "is no version of the Graph API", sentence("pass one such as {version}", version=VERSION)
        )
    return version
