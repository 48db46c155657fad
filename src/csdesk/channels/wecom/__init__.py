"""WeCom customer service (微信客服): ``WeComKf`` is the channel of one account.

Needs the extra ``wecom``, whose package is imported when the first ``WeComKf`` is made.
"""

from __future__ import annotations

from csdesk.channels.wecom.adapter import BASE_URL, WeComKf
from csdesk.channels.wecom.api import AccessToken, TokenShelf
from csdesk.channels.wecom.limits import CAPABILITIES
from csdesk.channels.wecom.management import (
    KfAccount,
    Profile,
    Profiles,
    Refusal,
    Servicer,
    ServiceState,
    Session,
)

__all__ = [
    "BASE_URL",
    "CAPABILITIES",
    "AccessToken",
    "KfAccount",
    "Profile",
    "Profiles",
    "Refusal",
    "ServiceState",
    "Servicer",
    "Session",
    "TokenShelf",
    "WeComKf",
]
