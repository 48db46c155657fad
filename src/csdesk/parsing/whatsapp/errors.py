"""What the codes of the Graph API and of WhatsApp mean, and what the desk does about them.

The same codes stand in refusals and in the ``errors`` of a message that failed later.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

from csdesk.errors import ChannelError, Disposition
from csdesk.parsing.values import Fields, fields_of, number_of, objects_in

_Row = tuple[Disposition, str]

ERRORS: Final[Mapping[int, _Row]] = MappingProxyType(
    {
        **dict.fromkeys((0, 190), ("operator", "the access token is bad or expired")),
        **dict.fromkeys((3, 10, 131005), ("operator", "the application lacks a permission")),
        33: ("operator", "the phone number was removed"),
        **dict.fromkeys((4, 80007, 130429), ("retry", "too many calls")),
        131056: ("retry", "too many messages to this customer in a short time"),
        133016: ("operator", "the number was registered too often"),
        **dict.fromkeys(
            (131048, 131064), ("operator", "sending is limited: messages were reported or blocked too often")
        ),
        **dict.fromkeys(
            (368, 131031, 130497), ("operator", "the account is restricted or locked for a breach of policy")
        ),
        131042: ("operator", "the payment method has a problem"),
        131037: ("operator", "the display name is not approved"),
        131045: ("operator", "the number is not registered"),
        133010: ("operator", "the number is not registered"),
        131047: ("wait_customer", "the customer wrote more than 24 hours ago"),
        131026: ("recipient_gone", "it cannot be delivered to this number"),
        131021: ("recipient_gone", "the recipient is the sender"),
        131030: ("operator", "a test number may only write to listed recipients"),
        130403: ("recipient_gone", "it cannot be delivered to this number"),
        130472: ("recipient_gone", "the customer gets no marketing messages: an experiment of the platform"),
        131049: ("recipient_gone", "the platform holds marketing messages to this customer back"),
        131050: ("recipient_gone", "the customer stopped marketing messages"),
        **dict.fromkeys((100, 131008, 131009), ("fix_content", "a parameter is missing or wrong")),
        131051: ("fix_content", "the platform takes no such message type"),
        **dict.fromkeys((131052, 131053), ("fix_content", "the media could not be fetched or uploaded")),
        131057: ("retry", "the account is in maintenance"),
        **dict.fromkeys((2, 131000, 131016, 133004), ("retry", "the platform is out of order")),
        **dict.fromkeys(
            (132000, 132005, 132007, 132008, 132012, 132018), ("fix_content", "the template does not take these values")
        ),
        132001: ("operator", "there is no such template in this language"),
        **dict.fromkeys((132015, 132016), ("operator", "the template is paused or disabled for low quality")),
        **dict.fromkeys((132068, 132069), ("operator", "the flow is blocked or throttled")),
        135000: ("fix_content", "the platform refuses the message without saying why"),
    }
)
"""What to do about a code. One that is not here goes to the operator."""

WINDOW: Final = 131047
STOPPED: Final = 131050
"""The customer has stopped marketing messages."""

_NEEDS: Final[Mapping[Disposition, str]] = MappingProxyType(
    {
        "wait_customer": "template",
        "recipient_gone": "other_recipient",
        "fix_content": "other_content",
        "operator": "operator",
        "retry": "retry",
    }
)
_OTHER: Final[_Row] = ("operator", "the platform refused")


def meaning(code: int) -> _Row:
    """What to do about a code, and what it says."""
    if 200 <= code < 300:
        return ERRORS[10]
    return ERRORS.get(code, _OTHER)


def needs_of(code: int) -> str:
    """What would make a message possible that failed with that code."""
    return "consent" if code == STOPPED else _NEEDS[meaning(code)[0]]


def refusal(account: str, answer: Fields, status: int, *, safe: bool, wait: float | None = None) -> ChannelError:
    """The error for an answer that holds ``error``. Its words are left out: they may quote the request.

    Args:
        account: whose error it is.
        answer: the JSON object.
        status: the HTTP status.
        safe: whether the request may be repeated.
        wait: how long the platform wants us to wait, in seconds.
    """
    error = fields_of(answer.get("error"))
    code = number_of(error.get("code"))
    disposition, problem = _OTHER if code is None else meaning(code)
    if status >= 500 and (code is None or code not in ERRORS):
        # It broke on the way: nobody knows how far it had come.
        disposition, problem = "retry" if safe else "unknown_outcome", "the platform is out of order"
    return ChannelError(
        account,
        problem,
        disposition=disposition,
        provider_code=f"http_{status}" if code is None else str(code),
        retry_after=wait if disposition == "retry" else None,
    )


def code_in(errors: object) -> int | None:
    """The first code of a list of errors."""
    return next((code for one in objects_in(errors) if (code := number_of(one.get("code"))) is not None), None)
