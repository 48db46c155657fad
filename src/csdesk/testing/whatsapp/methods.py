"""The Graph API of the fake: each call keeps the documented limits."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from csdesk.testing.platforms import longest_wait
from csdesk.testing.whatsapp.model import (
    BODY,
    DOCUMENT,
    LIMITS,
    MEDIA_LIVES,
    TEXT,
    URL_LIVES,
    WINDOW,
    Media,
    Person,
    Refusal,
    Sent,
)
from csdesk.testing.whatsapp.world import World

# ``Any``: bodies and results are JSON.
Body = Mapping[str, Any]

_WITH_MEDIA: Final = frozenset({"image", "audio", "video", "document", "sticker"})


class Methods(World):
    """Answers calls."""

    def message(self, phone: str, given: Body) -> Body:
        """Send something, or mark something as read.

        Raises:
            Refusal: it is refused.
        """
        if phone not in self.phones or given.get("messaging_product") != "whatsapp":
            raise Refusal(100)
        if given.get("status") == "read":
            self.read.append(str(given.get("message_id")))
            if "typing_indicator" in given:
                self.typing.append(str(given.get("message_id")))
            return {"success": True}
        kind = str(given.get("type"))
        content = given.get(kind)
        if not isinstance(content, Mapping | list) or not content:
            raise Refusal(131008)
        person = self.person(str(given.get("to") or given.get("recipient") or ""))
        self._check_room(person, phone, kind)
        self._check(kind, content)
        person.last = self.now()
        key = str(given.get("biz_opaque_callback_data") or "")
        sent = Sent(f"wamid.OUT{self.next()}", phone, person.number, key, given, self.now())
        self.sent.append(sent)
        if not person.reachable:
            self.fails(sent, 131026)
        return {
            "messaging_product": "whatsapp",
            "contacts": [{"input": person.number, "wa_id": person.number}],
            "messages": [{"id": sent.id}],
        }

    def _check_room(self, person: Person, phone: str, kind: str) -> None:
        if not person.number:
            raise Refusal(131009)
        wrote_at = person.wrote_at.get(phone)
        if kind != "template" and (wrote_at is None or self.now() - wrote_at > WINDOW):
            raise Refusal(131047)
        since = None if person.last is None else (self.now() - person.last).total_seconds()
        if self.pair_seconds is not None and since is not None and since < self.pair_seconds:
            raise Refusal(131056)
        if longest_wait([(one, phone) for one in self.quotas], self.now()):
            self.throttled += 1
            raise Refusal(130429)
        if longest_wait([(one, f"{phone} {person.number}") for one in self.pair_quotas], self.now()):
            self.throttled += 1
            raise Refusal(131056)

    def _check(self, kind: str, content: Any) -> None:
        if kind == "text" and not 0 < len(str(content.get("body") or "")) <= TEXT:
            raise Refusal(131009)
        if kind in _WITH_MEDIA:
            known = self.media_items.get(str(content.get("id")))
            if known is None or known.expires_at <= self.now():
                raise Refusal(131009)
        if kind == "interactive":
            _check_interactive(content)
        if kind == "template":
            self._check_template(content)
        if kind == "location" and not {"latitude", "longitude"} <= set(content):
            raise Refusal(131009)

    def _check_template(self, content: Body) -> None:
        wanted = self.templates.get((str(content.get("name")), str(content.get("language", {}).get("code"))))
        if wanted is None:
            raise Refusal(132001, 404)
        bodies = [one for one in content.get("components", ()) if one.get("type") == "body"]
        if sum(len(one.get("parameters", ())) for one in bodies) != wanted:
            raise Refusal(132000)

    def upload(self, phone: str, type: str, content: bytes) -> Body:
        """Take a file.

        Raises:
            Refusal: it is empty or too large.
        """
        if phone not in self.phones or not type:
            raise Refusal(100)
        if not 0 < len(content) <= LIMITS.get(type, DOCUMENT):
            raise Refusal(131053)
        number = f"{7_000_000 + self.next()}"
        self.media_items[number] = Media(content, type, len(content), self.now() + MEDIA_LIVES)
        return {"id": number}

    def found(self, number: str) -> Body:
        """Where media lie, for five minutes.

        Raises:
            Refusal: there are none.
        """
        known = self.media_items.get(number)
        if known is None or known.expires_at <= self.now():
            raise Refusal(100)
        known.url_until = self.now() + URL_LIVES
        return {
            "messaging_product": "whatsapp",
            "id": number,
            "url": f"{self.address}/files/{number}",
            "mime_type": known.type,
            "sha256": "",
            "file_size": known.size,
        }

    def file(self, number: str) -> Media | None:
        """What lies at an address that was given out less than five minutes ago."""
        known = self.media_items.get(number)
        return known if known is not None and known.url_until is not None and self.now() <= known.url_until else None


def _check_interactive(content: Body) -> None:
    if not 0 < len(content.get("body", {}).get("text", "")) <= BODY:
        raise Refusal(131009)
    action = content.get("action", {})
    titles = [(one["reply"]["title"], 20) for one in action.get("buttons", ())]
    titles += [(row["title"], 24) for section in action.get("sections", ()) for row in section["rows"]]
    if content.get("type") == "cta_url":
        titles = [(action["parameters"]["display_text"], 20)]
    if content.get("type") == "list":
        titles.append((action.get("button", ""), 20))
    most = {"button": 3, "list": 11, "cta_url": 1}.get(str(content.get("type")), 0)
    if not 0 < len(titles) <= most or not all(0 < len(title) <= limit for title, limit in titles):
        raise Refusal(131009)
