"""Telegram: updates of the Bot API made into events, and what its refusals mean."""

from __future__ import annotations

from csdesk.parsing.telegram.errors import refusal
from csdesk.parsing.telegram.places import Place
from csdesk.parsing.telegram.told import Reading
from csdesk.parsing.telegram.updates import parse_update

__all__ = ["Place", "Reading", "parse_update", "refusal"]
