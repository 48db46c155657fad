"""What adapters say in words where a channel has no form for it."""

from __future__ import annotations

from csdesk.domain.records.messages import LinkPart


def link_words(part: LinkPart) -> str:
    """What a link is called, what is said of it, and where it leads: a line each; empty if there is nothing."""
    return "\n".join(one for one in (part.title, part.description, part.url) if one)
