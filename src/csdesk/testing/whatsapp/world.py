"""What happens in the fake WhatsApp, and what goes wrong there."""

from __future__ import annotations

import hmac
import json
from collections import Counter, deque
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime, timedelta
from threading import Lock
from typing import Any, Literal

from csdesk.ports.channel import RawRequest
from csdesk.testing.platforms import Misbehaviour, Quota
from csdesk.testing.whatsapp.model import MEDIA_LIVES, Media, Person, Sent

PHONE = "1000"
TOKEN = "EAAexampleAccessToken"  # noqa: S105  invented
SECRET = "example-app-secret"  # noqa: S105  invented


class World:
    """The people, messages and media, and the plan of the misbehaviour."""

    def __init__(self, now: Callable[[], datetime], *, token: str = TOKEN, app_secret: str = SECRET) -> None:
        self.now = now
        self.token = token
        self.app_secret = app_secret
        self.address = "https://graph.facebook.com"
        self.business = "WABA1"
        self.phones: dict[str, str] = {PHONE: "8613800000000"}
        """The numbers of the business, by ``phone_number_id``."""
        self.people: dict[str, Person] = {}
        self.templates: dict[tuple[str, str], int] = {("order_update", "zh_CN"): 1}
        """How many values the body of an approved template has, by name and language."""
        self.sent: list[Sent] = []
        self.read: list[str] = []
        """The messages of customers that were marked as read."""
        self.typing: list[str] = []
        self.calls: Counter[str] = Counter()
        """How often each kind of call was made: ``messages``, ``media``, ``get``, ``files``, ``phone``."""
        self.pair_seconds: float | None = None
        """How long a customer has to be left alone between two messages; None: not at all."""
        self.quotas: tuple[Quota, ...] = ()
        self.pair_quotas: tuple[Quota, ...] = ()
        self.throttled = 0
        """How many messages were refused because they came too fast."""
        self.changes: list[dict[str, Any]] = []
        """What has not been delivered yet."""
        self.media_items: dict[str, Media] = {}
        self.plans: dict[str, deque[int | Misbehaviour]] = {}
        self.quality = "GREEN"
        self.number = 0
        self.lock = Lock()

    def keep_limits(self) -> None:
        """Refuse what is faster than documented: 80 a second; to one person one in six seconds, 45 in advance."""
        self.quotas = (Quota(80, timedelta(seconds=1)),)
        self.pair_quotas = (Quota(45, timedelta(seconds=6)), Quota(90, timedelta(seconds=270)))

    # What happens there

    def writes(self, number: str, text: str | None = "hi", /, *, phone: str = PHONE, **fields: Any) -> str:
        """A customer writes; the message's id. ``fields`` replace or add fields: ``type="image", image={...}``."""
        person = self.person(number)
        person.wrote_at[phone] = self.now()
        wamid = f"wamid.IN{self.next()}"
        message = {
            "from": number,
            "id": wamid,
            "timestamp": str(int(self.now().timestamp())),
            "type": "text",
            **({} if text is None else {"text": {"body": text}}),
            **fields,
        }
        self.change("messages", phone, contacts=[person.told()], messages=[message])
        return wamid

    def chooses(self, number: str, choice: str, title: str, *, kind: str = "button_reply", phone: str = PHONE) -> str:
        """A customer taps a button or a row of a list; the message's id."""
        inner = {"type": kind, kind: {"id": choice, "title": title}}
        return self.writes(number, None, phone=phone, type="interactive", interactive=inner)

    def reports(self, sent: Sent, *statuses: str, **fields: Any) -> None:
        """The platform tells what became of a message, one report for each status."""
        for status in statuses:
            told = {
                "id": sent.id,
                "status": status,
                "timestamp": str(int(self.now().timestamp())),
                "recipient_id": sent.to,
                "biz_opaque_callback_data": sent.key,
                **fields,
            }
            self.change("messages", sent.phone, statuses=[told])

    def fails(self, sent: Sent, code: int) -> None:
        """A message could not be delivered."""
        self.reports(sent, "failed", errors=[{"code": code, "title": "failed", "message": "failed"}])

    def phone_writes(self, number: str, text: str, *, phone: str = PHONE) -> str:
        """A person of ours writes in the app on the business's own phone."""
        wamid = f"wamid.ECHO{self.next()}"
        message = {
            "from": self.phones.get(phone, ""),
            "to": number,
            "id": wamid,
            "timestamp": str(int(self.now().timestamp())),
            "type": "text",
            "text": {"body": text},
        }
        self.change("smb_message_echoes", phone, message_echoes=[message])
        return wamid

    def moves(self, number: str, to: str, *, phone: str = PHONE) -> None:
        """A customer changes their number."""
        system = {"body": "changed", "wa_id": to, "type": "user_changed_number"}
        message = {"from": number, "id": f"wamid.SYS{self.next()}", "type": "system", "system": system}
        stamped = {**message, "timestamp": str(int(self.now().timestamp()))}
        self.change("messages", phone, messages=[stamped])

    def change(self, field: str, phone: str = PHONE, /, **value: Any) -> None:
        """Anything that is delivered."""
        metadata = {"display_phone_number": self.phones.get(phone, phone), "phone_number_id": phone}
        told = {"messaging_product": "whatsapp", "metadata": metadata, **value}
        self.changes.append({"field": field, "value": told})

    def media(self, content: bytes, *, type: str = "image/jpeg", size: int | None = None) -> str:
        """Media that a customer sent; its id. ``size`` is what is claimed of it."""
        number = f"{9_000_000 + self.next()}"
        claimed = len(content) if size is None else size
        self.media_items[number] = Media(content, type, claimed, self.now() + MEDIA_LIVES)
        return number

    def deliveries(
        self, how: Literal["once", "twice", "reversed", "together"] = "once", *, secret: str | None = None
    ) -> list[RawRequest]:
        """What is posted now: a request for each change, also wrongly; ``together``: one for all of them."""
        changes, self.changes = self.changes, []
        if how == "together":
            return [self.delivery(changes, secret=secret)]
        made = [self.delivery([one], secret=secret) for one in changes]
        return made * 2 if how == "twice" else made[::-1] if how == "reversed" else made

    def delivery(self, changes: Sequence[Mapping[str, Any]], *, secret: str | None = None) -> RawRequest:
        """The request that brings these changes."""
        entry = [{"id": self.business, "changes": list(changes)}]
        return self.posted(json.dumps({"object": "whatsapp_business_account", "entry": entry}).encode(), secret=secret)

    def posted(self, body: bytes, *, secret: str | None = None) -> RawRequest:
        """A body under a signature."""
        key = (self.app_secret if secret is None else secret).encode()
        signed = f"sha256={hmac.new(key, body, 'sha256').hexdigest()}"
        headers = (("Content-Type", "application/json"), ("X-Hub-Signature-256", signed))
        return RawRequest(method="POST", url="https://desk.example/hooks/wa", headers=headers, body=body)

    # What goes wrong there

    def plan(self, call: str, *faults: int | Misbehaviour) -> None:
        """The next answers of a kind of call (see ``calls``): a code (for ``files`` a status), or a misbehaviour."""
        self.plans.setdefault(call, deque()).extend(faults)

    def forget_media(self) -> None:
        """No id of media is good any more."""
        self.media_items.clear()

    # What there is

    def person(self, number: str) -> Person:
        """Somebody; they are made if nobody has that number."""
        return self.people.setdefault(number, Person(number))

    def next(self) -> int:
        """A number that was not used before."""
        self.number += 1
        return self.number
