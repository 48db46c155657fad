"""Who of the host's own users looks at the page: a JSON Web Token (RFC 7519), signed with HS256 on the host's server.

sub   the user's id on the host's site                      exp   until when it is good, seconds of Unix time
name  how the desk calls them (may be missing)              aud   the account, if it is to hold for one only
ids   other identities the host vouches for: [{"kind": "email", "scope": "", "id": "li@example.com"}]
"""

from __future__ import annotations

import hmac
import json
from collections.abc import Iterable, Mapping
from datetime import datetime
from hashlib import sha256
from typing import Final

from csdesk.channels.webchat.signing import checked_secrets, decoded, encoded, is_among, json_of
from csdesk.domain.records.customers import Evidence
from csdesk.errors import InvalidInput, RequestRejected, sentence
from csdesk.ports.channel import Sender

_MOST: Final = 8192
_MOST_ID: Final = 200
_MOST_IDS: Final = 5
_SKEW: Final = 60
"""How many seconds a host's clock may be ahead."""


class UserTokens:
    """Verifies the tokens of one host; without secrets none is good."""

    def __init__(self, account: str, secrets: Iterable[str | bytes], kind: str, scope: str) -> None:
        given = [secrets] if isinstance(secrets, str | bytes) else list(secrets)
        self._keys = checked_secrets(given, "user_secrets") if given else ()
        self._account = account
        self._kind = kind
        self._scope = scope

    def read(self, token: str, now: datetime) -> tuple[Sender, ...]:
        """The user whom a genuine token names, then the other identities of the user.

        Raises:
            RequestRejected: ``bad_user`` (not signed by the host, for another account, malformed), ``expired_user``.
        """
        try:
            claims = self._claims(token)
        except RequestRejected:
            raise RequestRejected("bad_user") from None
        seconds = now.timestamp()
        if _seconds(claims.get("nbf", claims.get("iat", 0))) > seconds + _SKEW:
            raise RequestRejected("bad_user")
        if _seconds(claims.get("exp")) <= seconds:
            raise RequestRejected("expired_user")
        if not self._is_for_us(claims.get("aud")):
            raise RequestRejected("bad_user")
        user = self._sender({"id": claims.get("sub"), "kind": self._kind, "scope": self._scope}, claims.get("name"))
        others = claims.get("ids", [])
        if not isinstance(others, list) or len(others) > _MOST_IDS:
            raise RequestRejected("bad_user")
        return (user, *(self._sender(one) for one in others))

    def _claims(self, token: str) -> dict[str, object]:
        pieces = token.split(".") if len(token) <= _MOST else ()
        if len(pieces) != 3:
            raise RequestRejected("bad_user")
        head, body, mac = pieces
        given = decoded(mac)
        told = f"{head}.{body}".encode("utf-8", "replace")
        if not is_among(given, (hmac.digest(key, told, sha256) for key in self._keys)):
            raise RequestRejected("bad_user")
        header, claims = json_of(decoded(head)), json_of(decoded(body))
        if not isinstance(header, dict) or header.get("alg") != "HS256" or "crit" in header:
            raise RequestRejected("bad_user")
        if not isinstance(claims, dict):
            raise RequestRejected("bad_user")
        return claims

    def _is_for_us(self, audience: object) -> bool:
        named = audience if isinstance(audience, list) else [audience]
        return audience is None or self._account in named

    def _sender(self, given: object, name: object = "") -> Sender:
        values = given if isinstance(given, dict) else {}
        key, kind, scope = values.get("id"), values.get("kind"), values.get("scope", "")
        called = name if isinstance(name, str) else ""
        if not _is_id(key) or not _is_id(kind) or not isinstance(scope, str) or len(scope) > _MOST_ID:
            raise RequestRejected("bad_user")
        return Sender(
            kind=str(kind), scope=scope, external_id=str(key), name=called[:_MOST_ID], evidence=Evidence.VERIFIED
        )


def sign_user(
    secret: str | bytes,
    user: str,
    *,
    expires_at: datetime,
    name: str = "",
    ids: Iterable[Mapping[str, str]] = (),
    account: str | None = None,
) -> str:
    """A token that tells ``WebChat`` which of the host's users looks at the page; make it on your server, per page.

    Args:
        secret: one of the ``user_secrets`` of the channel.
        user: the id of the user on your site; never an address that changes hands.
        expires_at: until when the page may use it to sign in; aware. A few minutes are enough.
        name: how the desk calls them.
        ids: other identities that you have verified: ``{"kind": "email", "scope": "", "id": "li@example.com"}``.
        account: the one account it is good for; None: for all with this secret.

    Raises:
        InvalidInput: the secret is too short, the user's id is empty, or the time has no zone.
    """
    (key,) = checked_secrets([secret], "secret")
    if not _is_id(user):
        raise InvalidInput(
            "user",
            "is empty, too long or not printable",
            sentence("pass an id of at most {most} characters", most=_MOST_ID),
        )
    if expires_at.tzinfo is None:
        raise InvalidInput("expires_at", "has no time zone", "pass an aware datetime")
    claims: dict[str, object] = {"sub": user, "exp": int(expires_at.timestamp())}
    optional = {"name": name, "ids": [dict(one) for one in ids], "aud": account}
    claims |= {key: value for key, value in optional.items() if value}
    told = ".".join(
        encoded(json.dumps(one, separators=(",", ":")).encode()) for one in ({"alg": "HS256", "typ": "JWT"}, claims)
    )
    return f"{told}.{encoded(hmac.digest(key, told.encode(), sha256))}"


def _is_id(value: object) -> bool:
    return isinstance(value, str) and 0 < len(value) <= _MOST_ID and value.isprintable()


def _seconds(value: object) -> float:
    """A time of the token.

    Raises:
        RequestRejected: ``bad_user``: it is none.
    """
    if not isinstance(value, int | float) or isinstance(value, bool) or not 0 <= value < 1e12:
        raise RequestRejected("bad_user")
    return float(value)
