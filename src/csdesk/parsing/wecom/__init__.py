"""WeCom customer service (微信客服): answers of ``kf/sync_msg`` made into events, and the table of its errors."""

from __future__ import annotations

from csdesk.parsing.wecom.errors import ERRORS, FAILURES, channel_error
from csdesk.parsing.wecom.page import parse_page

__all__ = ["ERRORS", "FAILURES", "channel_error", "parse_page"]
