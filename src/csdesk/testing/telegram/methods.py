"""The Bot API of the fake: each method keeps the documented limits."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Any, Final

from csdesk.testing.platforms import longest_wait
from csdesk.testing.telegram.model import (
    CAPTION,
    DELETES_FOR,
    FETCHES,
    MOST_UPLOADED,
    TEXT,
    UPLOADS,
    Chat,
    Refusal,
    Sent,
)
from csdesk.testing.telegram.world import World

# ``Any``: parameters and results are JSON.
Params = Mapping[str, Any]
Files = Mapping[str, bytes]

_MEDIA: Final = {
    "sendPhoto": "photo",
    "sendVoice": "voice",
    "sendAudio": "audio",
    "sendVideo": "video",
    "sendAnimation": "animation",
    "sendDocument": "document",
    "sendSticker": "sticker",
}
_NEEDED: Final = {
    "sendLocation": ("latitude", "longitude"),
    "sendVenue": ("latitude", "longitude", "title", "address"),
    "sendContact": ("phone_number", "first_name"),
}
_TAG: Final = re.compile(r"<(/?)([a-z-]+)[^<>]*>")


def units(text: str) -> int:
    """How long a text is in UTF-16 code units."""
    return len(text.encode("utf-16-le")) // 2


class Methods(World):
    """Answers calls."""

    def call(self, method: str, params: Params, files: Files) -> Any:
        """The result of a method.

        Raises:
            Refusal: it is refused.
        """
        if method in _MEDIA or method in _NEEDED or method == "sendMessage":
            return self._send(method, params, files)
        name = _METHODS.get(method)
        if name is None:
            raise Refusal(404, "Not Found")
        found: Callable[[Params], Any] = getattr(self, name)
        return found(params)

    def _me(self, _: Params) -> Any:
        return {**self.bot, "can_join_groups": True, "can_read_all_group_messages": False}

    # Updates

    def _get_updates(self, given: Params) -> Any:
        if self.webhook.get("url"):
            raise Refusal(
                409,
                "Conflict: can't use getUpdates method while webhook is active; use deleteWebhook to delete it first",
            )
        self.forgotten = max(self.forgotten, int(given.get("offset") or 0))
        shape = self.shapes.popleft() if self.shapes else None
        if shape == "empty":
            return []
        start = 0 if shape == "repeat" else self.forgotten
        kinds = given.get("allowed_updates")
        waiting = [one for one in self.updates if one["update_id"] >= start and _is_asked(one, kinds)]
        page = waiting[: min(self.page_size, int(given.get("limit") or 100))]
        return page[::-1] if shape == "reversed" else page

    def _set_webhook(self, given: Params) -> Any:
        if not str(given.get("url", "")).startswith("https://"):
            raise Refusal(400, "Bad Request: bad webhook: An HTTPS URL must be provided for webhook")
        self.webhook = dict(given)
        return True

    def _delete_webhook(self, _: Params) -> Any:
        self.webhook = {}
        return True

    def _webhook_info(self, _: Params) -> Any:
        waiting = sum(one["update_id"] >= max(self.delivered, self.forgotten) for one in self.updates)
        return {
            "url": self.webhook.get("url", ""),
            "has_custom_certificate": False,
            "pending_update_count": waiting,
        }

    # Messages

    def _send(self, method: str, given: Params, files: Files) -> Any:
        chat = self._writable(given)
        field = _MEDIA.get(method)
        text = str(given.get("text" if field is None else "caption") or "")
        self._check_text(text, given, TEXT if field is None else CAPTION)
        if method == "sendMessage" and not text.strip():
            raise Refusal(400, "Bad Request: message text is empty")
        missing = [name for name in _NEEDED.get(method, ()) if given.get(name) is None]
        if missing:
            raise Refusal(400, f"Bad Request: parameter {missing[0]} is required")
        _check_keyboard(given.get("reply_markup"))
        content = self._content(field, given, files) if field is not None else None
        sent = Sent(chat.id, self.next(), method, given, text, self.now(), content)
        self.sent.append(sent)
        chat.last = self.now()
        return self.told(sent)

    def _writable(self, given: Params) -> Chat:
        chat = self.chats.get(int(given.get("chat_id") or 0))
        if chat is None:
            raise Refusal(400, "Bad Request: chat not found")
        if chat.moved is not None:
            raise Refusal(
                400,
                "Bad Request: group chat was upgraded to a supergroup chat",
                migrate_to_chat_id=chat.moved,
            )
        if chat.blocked:
            raise Refusal(403, "Forbidden: bot was blocked by the user")
        if self.per_second is not None and chat.last is not None:
            left = 1 / self.per_second - (self.now() - chat.last).total_seconds()
            if left > 0:
                raise self._too_fast(left)
        inside = self.chat_quotas if chat.id > 0 else self.group_quotas
        counted = [*((one, "") for one in self.quotas), *((one, str(chat.id)) for one in inside)]
        if wait := longest_wait(counted, self.now()):
            raise self._too_fast(wait.total_seconds())
        return chat

    def _too_fast(self, seconds: float) -> Refusal:
        self.throttled += 1
        return Refusal(429, "Too Many Requests: retry later", retry_after=int(seconds) + 1)

    def _check_text(self, text: str, given: Params, most: int) -> None:
        if given.get("parse_mode") == "HTML" and not _is_balanced(text):
            raise Refusal(400, "Bad Request: can't parse entities: Can't find end tag corresponding to start tag")
        plain = _TAG.sub("", text) if given.get("parse_mode") == "HTML" else text
        if units(plain) > most:
            raise Refusal(400, f"Bad Request: {'message' if most == TEXT else 'message caption'} is too long")

    def _content(self, field: str, given: Params, files: Files) -> bytes:
        content = files.get(field)
        if content is None:
            known = self.files.get(str(given.get(field)))
            if known is None:
                raise Refusal(400, "Bad Request: wrong file identifier/HTTP URL specified")
            return known.content
        if len(content) > UPLOADS.get(field, MOST_UPLOADED):
            raise Refusal(413, "Request Entity Too Large")
        if not content:
            raise Refusal(400, "Bad Request: file must be non-empty")
        return content

    def _mine(self, given: Params, what: str) -> Sent:
        chat, number = int(given.get("chat_id") or 0), int(given.get("message_id") or 0)
        found = next((one for one in self.sent if (one.chat, one.number, one.deleted) == (chat, number, False)), None)
        if found is None:
            raise Refusal(400, f"Bad Request: message to {what} not found")
        return found

    def _edit(self, given: Params) -> Any:
        sent, text = self._mine(given, "edit"), str(given.get("text") or "")
        self._check_text(text, given, TEXT)
        if sent.text == text:
            raise Refusal(400, "Bad Request: message is not modified: specified new message content is the same")
        sent.text = text
        return self.told(sent)

    def _delete(self, given: Params) -> Any:
        sent = self._mine(given, "delete")
        if self.now() - sent.at > DELETES_FOR:
            raise Refusal(400, "Bad Request: message can't be deleted for everyone")
        sent.deleted = True
        return True

    def _delete_business(self, given: Params) -> Any:
        for number in given.get("message_ids", ()):
            for one in self.sent:
                one.deleted = one.deleted or one.number == number
        return True

    def _answer(self, given: Params) -> Any:
        self.answered.append(str(given.get("callback_query_id")))
        return True

    def _action(self, given: Params) -> Any:
        self._writable(given)
        return True

    def _get_file(self, given: Params) -> Any:
        number = str(given.get("file_id"))
        known = self.files.get(number)
        if known is None:
            raise Refusal(400, "Bad Request: wrong file_id or the file is temporarily unavailable")
        if known.size > FETCHES:
            raise Refusal(400, "Bad Request: file is too big")
        return {"file_id": number, "file_unique_id": f"U{number}", "file_size": known.size, "file_path": known.path}


def _is_asked(update: Mapping[str, Any], kinds: object) -> bool:
    return not isinstance(kinds, list) or not kinds or any(kind in kinds for kind in update)


def _is_balanced(text: str) -> bool:
    opened: list[str] = []
    for closes, name in _TAG.findall(text):
        if not closes:
            opened.append(name)
        elif not opened or opened.pop() != name:
            return False
    return not opened and "<" not in _TAG.sub("", text)


def _check_keyboard(markup: object) -> None:
    rows = markup.get("inline_keyboard", ()) if isinstance(markup, Mapping) else ()
    for row in rows:
        for one in row:
            if not one.get("text"):
                raise Refusal(400, "Bad Request: text buttons are unallowed in the inline keyboard")
            if "callback_data" in one and not 1 <= len(str(one["callback_data"]).encode()) <= 64:
                raise Refusal(400, "Bad Request: BUTTON_DATA_INVALID")


_METHODS: Final = {
    "getMe": "_me",
    "getUpdates": "_get_updates",
    "setWebhook": "_set_webhook",
    "deleteWebhook": "_delete_webhook",
    "getWebhookInfo": "_webhook_info",
    "editMessageText": "_edit",
    "deleteMessage": "_delete",
    "deleteBusinessMessages": "_delete_business",
    "answerCallbackQuery": "_answer",
    "sendChatAction": "_action",
    "getFile": "_get_file",
}
