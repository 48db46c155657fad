"""What the platform lets us manage: sessions, the people who answer, accounts and their links, profiles of customers.

Each method is a flow of HTTP exchanges, like ``send``: ``desk.channels.run(kf.sessions.get("wm…"))``.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from enum import IntEnum
from re import compile as pattern
from typing import Final
from urllib.parse import quote

from csdesk._batched import batched
from csdesk.channels.wecom.api import KfApi
from csdesk.domain.records.customers import Evidence
from csdesk.errors import InvalidInput
from csdesk.parsing.values import Fields, fields_of, number_of, objects_in, text_of
from csdesk.ports.channel import Exchange, IdentityEvent, Sender

MOST_AT_ONCE: Final = 100
"""How many ids one call of the platform takes; longer lists become several calls."""

_SCENE: Final = pattern(r"[0-9a-zA-Z_-]{0,32}")
_PAGE: Final = 100
_MOST_PAGES: Final = 1000


class ServiceState(IntEnum):
    """Who has a conversation. Messages can be sent in ``UNTREATED`` and ``ROBOT`` only."""

    UNTREATED = 0
    ROBOT = 1
    POOL = 2
    """Waiting for one of the platform's own people."""
    HUMAN = 3
    ENDED = 4
    """Or not begun: nothing can be set until the customer writes."""


@dataclass(frozen=True, slots=True)
class Session:
    """Where a conversation stands, and with whom."""

    state: ServiceState
    servicer: str = ""


@dataclass(frozen=True, slots=True)
class Servicer:
    """Somebody who answers in the WeCom client. ``suspended``: away for a while, otherwise stopped."""

    userid: str
    receiving: bool
    suspended: bool = False
    department: int | None = None


@dataclass(frozen=True, slots=True)
class Refusal:
    """Somebody of a list for whom the platform refused."""

    userid: str
    code: int


@dataclass(frozen=True, slots=True)
class KfAccount:
    """A customer-service account of the corporation."""

    open_kfid: str
    name: str
    avatar: str = ""
    manageable: bool = False


@dataclass(frozen=True, slots=True)
class Profile:
    """What the platform tells of a customer; ``unionid`` only where it is bound."""

    external_userid: str
    nickname: str = field(default="", repr=False)
    avatar: str = field(default="", repr=False)
    gender: int = 0
    unionid: str = field(default="", repr=False)
    scene: str = ""
    scene_param: str = ""


@dataclass(frozen=True, slots=True)
class Profiles:
    """Customers that were found, and ids that are none."""

    found: tuple[Profile, ...] = ()
    unknown: tuple[str, ...] = ()


class Sessions:
    """Who has which conversation."""

    def __init__(self, api: KfApi, open_kfid: str) -> None:
        self._api = api
        self._open_kfid = open_kfid

    def get(self, external_userid: str) -> Exchange[Session]:
        """Where the conversation with a customer stands."""
        body = {"open_kfid": self._open_kfid, "external_userid": external_userid}
        answer = yield from self._api.post("kf/service_state/get", body, safe=True)
        code = number_of(answer.get("service_state"))
        state = ServiceState(code) if code in set(ServiceState) else ServiceState.ENDED
        return Session(state, text_of(answer.get("servicer_userid")))

    def move(self, external_userid: str, state: ServiceState, *, servicer: str = "") -> Exchange[str]:
        """Give a conversation to the robot, the pool, a servicer, or end it.

        The code of the change, for one message in answer to it (``OutboundMessage.code``); empty if there is none.

        Raises:
            ChannelError: the platform does not let it go there from where it is.
        """
        if (state is ServiceState.HUMAN) != bool(servicer):
            raise InvalidInput("servicer", "does not fit the state", "name somebody for HUMAN, and only for it")
        body: dict[str, object] = {
            "open_kfid": self._open_kfid,
            "external_userid": external_userid,
            "service_state": int(state),
        }
        if servicer:
            body["servicer_userid"] = servicer
        answer = yield from self._api.post("kf/service_state/trans", body)
        return text_of(answer.get("msg_code"))


class Servicers:
    """The people who answer for an account in the WeCom client."""

    def __init__(self, api: KfApi, open_kfid: str) -> None:
        self._api = api
        self._open_kfid = open_kfid

    def list(self) -> Exchange[tuple[Servicer, ...]]:
        """All of them."""
        answer = yield from self._api.get("kf/servicer/list", open_kfid=self._open_kfid)
        # Here 0 means receiving; in the events of a change it is 1.
        return tuple(
            Servicer(
                text_of(one.get("userid")),
                number_of(one.get("status")) == 0,
                number_of(one.get("stop_type")) == 1,
                number_of(one.get("department_id")),
            )
            for one in objects_in(answer.get("servicer_list"))
        )

    def add(self, userids: Iterable[str]) -> Exchange[tuple[Refusal, ...]]:
        """Let people answer; those for whom the platform refused."""
        return (yield from self._change("kf/servicer/add", tuple(userids)))

    def remove(self, userids: Iterable[str]) -> Exchange[tuple[Refusal, ...]]:
        """Let people answer no longer; those for whom the platform refused."""
        return (yield from self._change("kf/servicer/del", tuple(userids)))

    def _change(self, path: str, userids: Sequence[str]) -> Exchange[tuple[Refusal, ...]]:
        refused: list[Refusal] = []
        for part in batched(userids, MOST_AT_ONCE):
            body = {"open_kfid": self._open_kfid, "userid_list": list(part)}
            answer = yield from self._api.post(path, body, safe=True)
            for one in objects_in(answer.get("result_list")):
                code = number_of(one.get("errcode")) or 0
                if code:
                    refused.append(Refusal(text_of(one.get("userid")), code))
        return tuple(refused)


class Accounts:
    """The customer-service accounts of the corporation, and links that lead to ours."""

    def __init__(self, api: KfApi, open_kfid: str) -> None:
        self._api = api
        self._open_kfid = open_kfid

    def list(self) -> Exchange[tuple[KfAccount, ...]]:
        """All that the application may see."""
        found: list[KfAccount] = []
        for page in range(_MOST_PAGES):
            answer = yield from self._api.get("kf/account/list", offset=page * _PAGE, limit=_PAGE)
            listed = objects_in(answer.get("account_list"))
            found += [
                KfAccount(
                    text_of(one.get("open_kfid")),
                    text_of(one.get("name")),
                    text_of(one.get("avatar")),
                    one.get("manage_privilege") is True,
                )
                for one in listed
            ]
            if len(listed) < _PAGE:
                break
        return tuple(found)

    def add(self, name: str, media_id: str) -> Exchange[str]:
        """Make an account with that name and picture; its ``open_kfid``."""
        answer = yield from self._api.post("kf/account/add", {"name": name, "media_id": media_id})
        return text_of(answer.get("open_kfid"))

    def update(self, *, name: str = "", media_id: str = "") -> Exchange[None]:
        """Give our account another name or picture; what is empty stays."""
        given = {key: value for key, value in (("name", name), ("media_id", media_id)) if value}
        yield from self._api.post("kf/account/update", {"open_kfid": self._open_kfid, **given}, safe=True)

    def remove(self, open_kfid: str) -> Exchange[None]:
        """Delete an account for good."""
        yield from self._api.post("kf/account/del", {"open_kfid": open_kfid})

    def link(self, scene: str = "", *, param: str = "") -> Exchange[str]:
        """A link that opens a conversation with our account; who comes by it brings ``scene`` and ``param`` along.

        Args:
            scene: at most 32 of ``[0-9a-zA-Z_-]``.
            param: any text; percent-encoded it may have 128 bytes, and needs a scene.
        """
        if not _SCENE.fullmatch(scene):
            raise InvalidInput("scene", "cannot be used", "pass at most 32 of 0-9, a-z, A-Z, _ and -")
        encoded = quote(param, safe="")
        if len(encoded) > 128 or (param and not scene):
            raise InvalidInput("param", "cannot be used", "pass at most 128 bytes, percent-encoded, and a scene")
        body = {"open_kfid": self._open_kfid, "scene": scene}
        answer = yield from self._api.post("kf/add_contact_way", body, safe=True)
        url = text_of(answer.get("url"))
        return f"{url}{'&' if '?' in url else '?'}scene_param={encoded}" if param else url


class Customers:
    """What the platform tells of customers."""

    def __init__(self, api: KfApi, account: str, corp_id: str) -> None:
        self._api = api
        self._account = account
        self._corp = corp_id

    def get(self, external_userids: Iterable[str], *, with_scene: bool = False) -> Exchange[Profiles]:
        """Their profiles, in lists of a hundred; ``with_scene`` asks where they came from in the last 48 hours."""
        wanted = tuple(external_userids)
        found: list[Profile] = []
        unknown: list[str] = []
        for part in batched(wanted, MOST_AT_ONCE):
            body = {"external_userid_list": list(part), "need_enter_session_context": int(with_scene)}
            answer = yield from self._api.post("kf/customer/batchget", body, safe=True)
            found += [_profile(one) for one in objects_in(answer.get("customer_list"))]
            listed = answer.get("invalid_external_userid")
            unknown += [text_of(one) for one in listed] if isinstance(listed, list) else []
        return Profiles(tuple(found), tuple(unknown))

    def unions(self, profiles: Profiles, *, scope: str) -> tuple[IdentityEvent, ...]:
        """What their union ids say about who else they are, for ``desk.take``; those without one are left out.

        A union id is one for a person in all mini programs, official accounts and apps of one WeChat Open Platform
        account. It is the identity ``wechat_union`` of that ``scope``: a name of yours for the account. Whoever is
        known by it already, from your mini program for example, becomes one customer with the one who writes here.
        """
        return tuple(
            IdentityEvent(
                account=self._account,
                dedupe_key=f"union/{scope}/{one.external_userid}/{one.unionid}",
                sender=Sender(kind="wecom", scope=self._corp, external_id=one.external_userid),
                also=(Sender(kind="wechat_union", scope=scope, external_id=one.unionid, evidence=Evidence.PROVIDER),),
                joins=True,
            )
            for one in profiles.found
            if one.unionid
        )


def _profile(one: Fields) -> Profile:
    context = fields_of(one.get("enter_session_context"))
    return Profile(
        external_userid=text_of(one.get("external_userid")),
        nickname=text_of(one.get("nickname")),
        avatar=text_of(one.get("avatar")),
        gender=number_of(one.get("gender")) or 0,
        unionid=text_of(one.get("unionid")),
        scene=text_of(context.get("scene")),
        scene_param=text_of(context.get("scene_param")),
    )
