"""What happens on the fake platform, and what goes wrong there."""

from __future__ import annotations

from collections import Counter, deque
from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from threading import Event, Lock
from typing import Any, Literal

from csdesk.testing.platforms import Misbehaviour, Quota
from csdesk.testing.wecom.model import CODE_LIVES, MEDIA_LIVES, WINDOW, Code, Media, Sent, Talk


class World:
    """The conversations, items, media and codes of the platform, and the plan of its misbehaviour."""

    def __init__(self, now: Callable[[], datetime], *, corp_id: str = "ww1", secret: str = "s3cret") -> None:  # noqa: S107  invented
        self.corp_id = corp_id
        self.secret = secret
        self.accounts: dict[str, str] = {"wk1": "客服"}
        self.servicers: dict[str, int] = {"agent_li": 0}
        self.talks: dict[tuple[str, str], Talk] = {}
        self.unions: dict[str, str] = {}
        """The union ids of customers, where they are bound."""
        self.sent: list[Sent] = []
        self.calls: Counter[str] = Counter()
        """How often each path was asked for."""
        self.requests: list[tuple[str, str, bytes]] = []
        """Every request: method, target with its query, body."""
        self.quotas: tuple[Quota, ...] = ()
        """What each path takes of the corp's calls."""
        self.throttled = 0
        """How many calls were refused because they came too fast."""
        self.page_size = 1000
        self.now = now
        self.items: list[dict[str, Any]] = []
        self.media_items: dict[str, Media] = {}
        self.codes: dict[str, Code] = {}
        self.hints: set[str] = set()
        self.tokens: dict[str, datetime] = {}
        self.plans: dict[str, deque[int | Misbehaviour]] = {}
        self.shapes: deque[Literal["repeat", "empty", "reversed"]] = deque()
        self.number = 0
        self.lock = Lock()
        self.refusals_wanted = 0
        self.enough_refused = Event()
        self.enough_refused.set()

    # What happens there

    def writes(self, customer: str, text: str = "hi", /, *, open_kfid: str = "wk1", **fields: Any) -> str:
        """A customer writes; the id of the message. ``fields`` replace or add fields of the item."""
        talk = self.talk(customer, open_kfid)
        talk.wrote_at, talk.sent = self.now(), 0
        if talk.state == 4:
            talk.state = 0
        return self.item(
            {
                "open_kfid": open_kfid,
                "external_userid": customer,
                "origin": 3,
                "msgtype": "text",
                "text": {"content": text},
                **fields,
            }
        )

    def servicer_writes(self, customer: str, text: str, *, by: str = "agent_li", open_kfid: str = "wk1") -> str:
        """One of the platform's own people writes to a customer."""
        return self.item(
            {
                "open_kfid": open_kfid,
                "external_userid": customer,
                "origin": 5,
                "servicer_userid": by,
                "msgtype": "text",
                "text": {"content": text},
            }
        )

    def event(self, kind: str, customer: str = "", *, open_kfid: str = "wk1", **fields: Any) -> str:
        """Something happens that is no message."""
        inner: dict[str, Any] = {"event_type": kind, "open_kfid": open_kfid, **fields}
        if customer:
            inner["external_userid"] = customer
        return self.item({"origin": 4, "msgtype": "event", "event": inner})

    def enters(self, customer: str, *, open_kfid: str = "wk1", scene: str = "", scene_param: str = "") -> str:
        """A customer opens the conversation; the welcome code, empty where the platform gives none."""
        talk = self.talk(customer, open_kfid)
        recently = talk.wrote_at is not None and self.now() - talk.wrote_at < WINDOW
        code = "" if recently or talk.sent else self.code(customer, open_kfid)
        given = {"welcome_code": code} if code else {}
        self.event("enter_session", customer, open_kfid=open_kfid, scene=scene, scene_param=scene_param, **given)
        return code

    def code(self, customer: str, open_kfid: str = "wk1") -> str:
        """A code that allows one message."""
        code = f"CODE{self.next()}"
        self.codes[code] = Code(open_kfid, customer, self.now() + CODE_LIVES)
        return code

    def item(self, fields: Mapping[str, Any]) -> str:
        """Anything that a pull brings; what the fields do not say is filled in."""
        msgid = str(fields.get("msgid", f"in_{self.next()}"))
        self.items.append({"msgid": msgid, "send_time": int(self.now().timestamp()), **fields})
        return msgid

    def media(self, content: bytes, *, type: str = "image/png", name: str = "photo.png") -> str:
        """Media that a customer sent; its id."""
        media_id = f"MEDIA{self.next()}"
        self.media_items[media_id] = Media(content, type, name, self.now() + MEDIA_LIVES)
        return media_id

    def hint(self) -> str:
        """The token that a callback brings; good until it is forgotten with ``forget_hints``."""
        token = f"ENC{self.next()}"
        self.hints.add(token)
        return token

    def talk(self, customer: str, open_kfid: str = "wk1") -> Talk:
        """The conversation with a customer."""
        return self.talks.setdefault((open_kfid, customer), Talk())

    # What goes wrong there

    def plan(self, path: str, *faults: int | Misbehaviour) -> None:
        """The next answers of a path: an ``errcode``, or a misbehaviour."""
        self.plans.setdefault(path, deque()).extend(faults)

    def shape(self, *shapes: Literal["repeat", "empty", "reversed"]) -> None:
        """The next pages: the same again, empty though more is left, or in another order."""
        self.shapes.extend(shapes)

    def keep_limits(self, *, minute: int = 10_000, hour: int = 150_000) -> None:
        """Refuse what is faster than documented: so many calls of a path in a minute, and in an hour."""
        self.quotas = (Quota(minute, timedelta(minutes=1)), Quota(hour, timedelta(hours=1)))

    def revoke_tokens(self, *, askers: int = 0) -> None:
        """No access token is good any more; a new one is given out only after ``askers`` calls were refused."""
        self.tokens.clear()
        self.refusals_wanted = askers
        if askers:
            self.enough_refused.clear()
        else:
            self.enough_refused.set()

    def count_refusal(self) -> None:
        """A call came with a token that is good no more."""
        self.refusals_wanted -= 1
        if self.refusals_wanted <= 0:
            self.enough_refused.set()

    def forget_hints(self) -> None:
        """No token of a callback is good any more."""
        self.hints.clear()

    def forget_media(self) -> None:
        """No ``media_id`` is good any more."""
        self.media_items.clear()

    def next(self) -> int:
        """A number that was not used before."""
        self.number += 1
        return self.number
