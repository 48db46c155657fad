"""The interface of the fake platform: each path keeps the documented rules."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from typing import Any, Final

from csdesk.testing.platforms import Reply, longest_wait
from csdesk.testing.wecom.contents import CONTENTS, WITH_MEDIA
from csdesk.testing.wecom.model import (
    LIMITS,
    MEDIA_LIVES,
    MSGID,
    PER_MESSAGE,
    RECALL,
    TOKEN_LIVES,
    WINDOW,
    Media,
    Sent,
)
from csdesk.testing.wecom.world import World


def told(answer: Mapping[str, Any]) -> Reply:
    """An answer in JSON."""
    body = {"errcode": 0, "errmsg": "ok", **answer}
    return 200, {"Content-Type": "application/json; charset=UTF-8"}, json.dumps(body, ensure_ascii=False).encode()


class Interface(World):
    """Answers calls. ``Any``: bodies are the platform's JSON."""

    def answer(
        self, method: str, path: str, query: Mapping[str, str], headers: Mapping[str, str], body: bytes
    ) -> Reply:
        """What the platform says if nothing goes wrong."""
        if path == "gettoken":
            return told(self._gettoken(query))
        token = query.get("access_token", "")
        if self.tokens.get(token, self.now()) <= self.now():
            self.count_refusal()
            return told({"errcode": 42001 if token else 41001, "errmsg": "access_token expired"})
        if longest_wait([(one, path) for one in self.quotas], self.now()):
            self.throttled += 1
            return told({"errcode": 45009, "errmsg": "api freq out of limit"})
        if path.startswith("media/"):
            is_asked = path == "media/get"
            return self._media_get(query, headers) if is_asked else told(self._media_upload(query, headers, body))
        if method == "GET":
            given: Mapping[str, Any] = query
        else:
            try:
                given = json.loads(body)
            except ValueError:
                return told({"errcode": 40058, "errmsg": "not a JSON object"})
        name = _PATHS.get(path)
        return told({"errcode": 404, "errmsg": "no such path"} if name is None else getattr(self, name)(given))

    def _gettoken(self, given: Mapping[str, Any]) -> dict[str, Any]:
        if given.get("corpid") != self.corp_id:
            return {"errcode": 40013}
        if given.get("corpsecret") != self.secret:
            return {"errcode": 40001}
        token = f"TOKEN{self.next()}"
        self.tokens[token] = self.now() + TOKEN_LIVES
        return {"access_token": token, "expires_in": int(TOKEN_LIVES.total_seconds())}

    def _sync(self, given: Mapping[str, Any]) -> dict[str, Any]:
        if given.get("token") and given["token"] not in self.hints:
            return {"errcode": 95007}
        cursor = str(given.get("cursor") or "")
        if cursor and not re.fullmatch(r"CUR\d+", cursor):
            return {"errcode": 40058}
        start = int(cursor[3:] or 0)
        shape = self.shapes.popleft() if self.shapes else None
        if shape == "empty":
            return {"next_cursor": f"CUR{start}", "has_more": 1, "msg_list": []}
        size = min(self.page_size, int(given.get("limit") or 1000))
        found = self.items[start : start + size]
        mine = [one for one in found if given.get("open_kfid") in (None, "", self._kf_of(one))]
        end = start if shape == "repeat" else start + len(found)
        more = end < len(self.items)
        listed = list(reversed(mine)) if shape == "reversed" else mine
        return {"next_cursor": f"CUR{end}", "has_more": int(more), "msg_list": listed}

    def _kf_of(self, item: Mapping[str, Any]) -> str:
        return str(item.get("open_kfid") or item.get("event", {}).get("open_kfid") or "")

    def _send(self, given: Mapping[str, Any]) -> dict[str, Any]:
        open_kfid, customer = str(given.get("open_kfid")), str(given.get("touser"))
        if open_kfid not in self.accounts:
            return {"errcode": 95000}
        problem = self._content_problem(given)
        if problem:
            return {"errcode": problem}
        talk = self.talk(customer, open_kfid)
        if talk.wrote_at is None or self.now() - talk.wrote_at > WINDOW:
            return {"errcode": 95002}
        if talk.state not in (0, 1):
            return {"errcode": 95018}
        if talk.sent >= PER_MESSAGE:
            return {"errcode": 95001}
        talk.sent += 1
        return self._keep(given, open_kfid, customer)

    def _send_on_event(self, given: Mapping[str, Any]) -> dict[str, Any]:
        code = self.codes.get(str(given.get("code")))
        if code is None or code.used or code.expires_at < self.now():
            return {"errcode": 95014}
        if given.get("msgtype") not in ("text", "msgmenu"):
            return {"errcode": 40008}
        problem = self._content_problem(given)
        if problem:
            return {"errcode": problem}
        code.used = True
        return self._keep(given, code.open_kfid, code.customer)

    def _keep(self, given: Mapping[str, Any], open_kfid: str, customer: str) -> dict[str, Any]:
        msgid = str(given.get("msgid") or f"out_{self.next()}")
        self.sent.append(Sent(msgid, open_kfid, customer, given, self.now()))
        return {"msgid": msgid}

    def _content_problem(self, given: Mapping[str, Any]) -> int:
        msgid, kind = given.get("msgid"), str(given.get("msgtype"))
        body = given.get(kind)
        if not isinstance(body, Mapping):
            return 40008
        if msgid is not None and (not MSGID.fullmatch(str(msgid)) or any(one.msgid == msgid for one in self.sent)):
            return 40058
        if kind in WITH_MEDIA:
            return self._media_problem(body)
        check = CONTENTS.get(kind)
        return 40008 if check is None else check(body)

    def _media_problem(self, body: Mapping[str, Any]) -> int:
        known = self.media_items.get(str(body.get("media_id") or body.get("thumb_media_id")))
        return 0 if known is not None and known.expires_at > self.now() else 40007

    def _recall(self, given: Mapping[str, Any]) -> dict[str, Any]:
        found = next((one for one in self.sent if one.msgid == given.get("msgid")), None)
        if found is None:
            return {"errcode": 95028}
        if self.now() - found.at > RECALL:
            return {"errcode": 95029}
        found.recalled = True
        return {}

    def _state_get(self, given: Mapping[str, Any]) -> dict[str, Any]:
        talk = self.talk(str(given.get("external_userid")), str(given.get("open_kfid")))
        return {"service_state": talk.state, "servicer_userid": talk.servicer}

    def _state_trans(self, given: Mapping[str, Any]) -> dict[str, Any]:
        open_kfid, customer = str(given.get("open_kfid")), str(given.get("external_userid"))
        talk, after = self.talk(customer, open_kfid), given.get("service_state")
        if talk.state == 4 or after not in (1, 2, 3, 4) or (talk.state == 3 and after in (1, 2)):
            return {"errcode": 95016}
        servicer = str(given.get("servicer_userid") or "")
        if after == 3 and self.servicers.get(servicer) is None:
            return {"errcode": 95014}
        if after == 3 and self.servicers[servicer] != 0:
            return {"errcode": 95019}
        before, talk.state, talk.servicer = talk.servicer, int(after), servicer
        kind = {2: None, 3: 2 if before else 1, 4: 3}.get(talk.state)
        if kind is not None:
            self.event(
                "session_status_change",
                customer,
                open_kfid=open_kfid,
                change_type=kind,
                old_servicer_userid=before,
                new_servicer_userid=servicer,
            )
        return {"msg_code": self.code(customer, open_kfid)}

    def _servicer_list(self, _: Mapping[str, Any]) -> dict[str, Any]:
        listed = [{"userid": one, "status": status, "stop_type": 0} for one, status in self.servicers.items()]
        return {"servicer_list": listed}

    def _servicer_add(self, given: Mapping[str, Any]) -> dict[str, Any]:
        return self._servicer_change(given, add=True)

    def _servicer_del(self, given: Mapping[str, Any]) -> dict[str, Any]:
        return self._servicer_change(given, add=False)

    def _servicer_change(self, given: Mapping[str, Any], *, add: bool) -> dict[str, Any]:
        results = []
        for userid in given.get("userid_list", ())[:100]:
            code = 0 if add or userid in self.servicers else 95014
            if add:
                self.servicers.setdefault(userid, 0)
            else:
                self.servicers.pop(userid, None)
            results.append({"userid": userid, "errcode": code, "errmsg": ""})
        return {"result_list": results}

    def _account_list(self, given: Mapping[str, Any]) -> dict[str, Any]:
        start, most = int(given.get("offset") or 0), int(given.get("limit") or 100)
        listed = [{"open_kfid": key, "name": name, "manage_privilege": True} for key, name in self.accounts.items()]
        return {"account_list": listed[start : start + most]}

    def _account_add(self, given: Mapping[str, Any]) -> dict[str, Any]:
        open_kfid = f"wk{self.next()}"
        self.accounts[open_kfid] = str(given.get("name"))
        return {"open_kfid": open_kfid}

    def _account_update(self, given: Mapping[str, Any]) -> dict[str, Any]:
        if given.get("open_kfid") not in self.accounts:
            return {"errcode": 95000}
        self.accounts[str(given["open_kfid"])] = str(given.get("name", ""))
        return {}

    def _account_del(self, given: Mapping[str, Any]) -> dict[str, Any]:
        return {} if self.accounts.pop(str(given.get("open_kfid")), None) is not None else {"errcode": 95000}

    def _contact_way(self, given: Mapping[str, Any]) -> dict[str, Any]:
        scene = str(given.get("scene") or "")
        if not re.fullmatch(r"[0-9a-zA-Z_-]{0,32}", scene):
            return {"errcode": 40058}
        return {"url": f"https://work.weixin.qq.com/kfid/{given.get('open_kfid')}?enc_scene=E{scene}"}

    def _batchget(self, given: Mapping[str, Any]) -> dict[str, Any]:
        wanted = list(given.get("external_userid_list", ()))
        if len(wanted) > 100:
            return {"errcode": 40058}
        known = {customer for _, customer in self.talks}
        found = [
            {"external_userid": one, "nickname": f"客户{one}", "gender": 0, "unionid": self.unions.get(one, "")}
            for one in wanted
            if one in known
        ]
        return {"customer_list": found, "invalid_external_userid": [one for one in wanted if one not in known]}

    def _media_upload(self, query: Mapping[str, str], headers: Mapping[str, str], body: bytes) -> dict[str, Any]:
        kind = query.get("type", "")
        if kind not in LIMITS:
            return {"errcode": 40005}
        boundary = headers.get("content-type", "").partition("boundary=")[2].strip('"').encode()
        head, _, rest = body.partition(b"\r\n\r\n")
        if not boundary or b'name="media"' not in head:
            return {"errcode": 40058}
        content = rest.rsplit(b"\r\n--" + boundary, 1)[0]
        if not 5 < len(content) <= LIMITS[kind]:
            return {"errcode": 40006}
        name = re.search(rb'filename="([^"]*)"', head)
        media_id = f"UP{self.next()}"
        found = (name[1] if name is not None else b"").decode("utf-8", "replace")
        self.media_items[media_id] = Media(content, "application/octet-stream", found, self.now() + MEDIA_LIVES)
        return {"type": kind, "media_id": media_id, "created_at": str(int(self.now().timestamp()))}

    def uploaded(self, media_id: str) -> bytes:
        """What was uploaded under an id."""
        return self.media_items[media_id].content

    def _media_get(self, query: Mapping[str, str], headers: Mapping[str, str]) -> Reply:
        found = self.media_items.get(query.get("media_id", ""))
        if found is None or found.expires_at <= self.now():
            return told({"errcode": 40007})
        given = {"Content-Type": found.type, "Content-Disposition": f'attachment; filename="{found.name}"'}
        span = re.fullmatch(r"bytes=(\d+)-(\d+)", headers.get("range", ""))
        if span is not None:
            part = found.content[int(span[1]) : int(span[2]) + 1]
            return (206, given, part) if part else (416, {}, b"")
        if len(found.content) > 20_971_520:
            return told({"errcode": 830002})
        return 200, given, found.content


_PATHS: Final[Mapping[str, str]] = {
    "kf/sync_msg": "_sync",
    "kf/send_msg": "_send",
    "kf/send_msg_on_event": "_send_on_event",
    "kf/recall_msg": "_recall",
    "kf/service_state/get": "_state_get",
    "kf/service_state/trans": "_state_trans",
    "kf/servicer/list": "_servicer_list",
    "kf/servicer/add": "_servicer_add",
    "kf/servicer/del": "_servicer_del",
    "kf/account/list": "_account_list",
    "kf/account/add": "_account_add",
    "kf/account/update": "_account_update",
    "kf/account/del": "_account_del",
    "kf/add_contact_way": "_contact_way",
    "kf/customer/batchget": "_batchget",
}
"""The method behind each path."""
