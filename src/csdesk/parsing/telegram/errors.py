"""What the Bot API's refusals mean. Its codes are those of HTTP; what tells them apart is a sentence."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

from csdesk.errors import ChannelError, Disposition
from csdesk.parsing.values import Fields, fields_of, number_of, text_of

_Row = tuple[Disposition, str]

CODES: Final[Mapping[int, _Row]] = MappingProxyType(
    {
        400: ("fix_content", "the content is refused"),
        401: ("operator", "the bot's token is wrong or was revoked"),
        403: ("recipient_gone", "the customer blocked the bot, or the bot may not write there"),
        404: ("operator", "there is no such bot or method: the token or the address is wrong"),
        409: ("operator", "updates are fetched in two ways at once"),
        413: ("fix_content", "the file is too large"),
        420: ("retry", "too many requests"),
        429: ("retry", "too many requests"),
    }
)
"""What to do about an ``error_code``; 500 and above are not here: what they leave behind is not known."""

SENTENCES: Final[tuple[tuple[str, str, _Row], ...]] = (
    ("can't parse entities", "bad_markup", ("fix_content", "the markup cannot be read")),
    ("chat not found", "no_chat", ("recipient_gone", "there is no such chat, or nobody began it")),
    ("user not found", "no_chat", ("recipient_gone", "there is no such person")),
    ("peer_id_invalid", "no_chat", ("recipient_gone", "there is no such chat, or nobody began it")),
    ("user is deactivated", "deactivated", ("recipient_gone", "the customer's account is deleted")),
    ("bot was blocked", "blocked", ("recipient_gone", "the customer blocked the bot")),
    ("bot was kicked", "kicked", ("recipient_gone", "the bot was removed from the group")),
    ("bot is not a member", "kicked", ("recipient_gone", "the bot is not in the group")),
    ("bot can't initiate conversation", "not_started", ("recipient_gone", "the customer never wrote to the bot")),
    ("not enough rights", "no_rights", ("operator", "the bot lacks a right in the group")),
    ("chat_write_forbidden", "no_rights", ("operator", "the bot may not write in the group")),
    ("have no rights", "no_rights", ("operator", "the bot lacks a right in the group")),
    ("topic_closed", "topic_closed", ("operator", "the topic is closed")),
    ("message thread not found", "no_topic", ("operator", "the topic is gone")),
    ("business connection", "no_connection", ("operator", "the business account is no longer connected")),
    ("webhook is active", "webhook_is_set", ("operator", "a webhook is set: delete it, or stop polling")),
    ("terminated by other getupdates", "polled_elsewhere", ("operator", "another program polls this bot")),
    ("terminated by setwebhook", "webhook_is_set", ("operator", "a webhook is set: delete it, or stop polling")),
    ("message is not modified", "not_modified", ("fix_content", "it says so already")),
    ("message can't be", "too_late", ("fix_content", "the message can no longer be changed")),
    ("message to", "no_message", ("fix_content", "there is no such message")),
    ("file is too big", "too_large", ("fix_content", "the file is too large to be fetched")),
    ("too large", "too_large", ("fix_content", "the file is too large")),
    ("wrong file", "bad_file", ("fix_content", "the file's id is not good")),
    ("wrong remote file", "bad_file", ("fix_content", "the file's id is not good")),
    ("message is too long", "too_long", ("fix_content", "the text is too long")),
    ("caption is too long", "too_long", ("fix_content", "the caption is too long")),
    ("message text is empty", "empty", ("fix_content", "the text is empty")),
)
"""What a description begins with or holds, in lower case; the first that fits: our code for it, and what to do."""

MIGRATED: Final = "migrated"
"""Our code for a group that became a supergroup, with another id."""

_MOST_WAIT: Final = 86_400


def refusal(account: str, answer: Fields, status: int, *, safe: bool) -> ChannelError:
    """The error for an answer whose ``ok`` is not true. The description itself is left out: it may quote the request.

    Args:
        account: whose error it is.
        answer: the JSON object.
        status: the HTTP status, if the object has no code.
        safe: whether the request may be repeated: then a broken server is asked again later.
    """
    number = number_of(answer.get("error_code")) or status
    parameters = fields_of(answer.get("parameters"))
    code, (disposition, problem) = _meaning(number, text_of(answer.get("description")).lower())
    if number_of(parameters.get("migrate_to_chat_id")) is not None:
        code, disposition, problem = MIGRATED, "recipient_gone", "the group has another id now"
    if number >= 500:
        disposition, problem = ("retry" if safe else "unknown_outcome"), "the platform is out of order"
    wait = number_of(parameters.get("retry_after"))
    after = None if wait is None or wait < 0 or disposition != "retry" else float(min(wait, _MOST_WAIT))
    return ChannelError(account, problem, disposition=disposition, provider_code=code, retry_after=after)


def _meaning(number: int, description: str) -> tuple[str, _Row]:
    if number in (400, 403, 409):
        for words, code, row in SENTENCES:
            if words in description:
                return f"{number}.{code}", row
    return str(number), CODES.get(number, ("fix_content" if 400 <= number < 500 else "operator", "it was refused"))
