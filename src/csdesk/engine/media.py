"""Looking after stored media: what both engines do on the media store."""

from __future__ import annotations

from itertools import islice

from csdesk.errors import UnsupportedFeature
from csdesk.ports import steps
from csdesk.ports.media import MediaStore
from csdesk.ports.steps import Reply

MediaStep = steps.DeleteMedia | steps.ListMedia | steps.TidyMedia


def look_after(media: MediaStore, step: MediaStep) -> Reply:
    """The reply to a step that deletes, lists or tidies."""
    match step:
        case steps.DeleteMedia(digests, idle):
            return tuple(one for one in digests if not media.delete(one, idle=idle))
        case steps.ListMedia(after, limit):
            return tuple(digest for digest, _ in islice(media.digests(after), limit))
        case steps.TidyMedia(idle):
            return media.tidy(idle)


def cannot_erase(store: object) -> UnsupportedFeature:
    """What is raised where a store does not offer to erase."""
    remedy = "use sqlite:///file.db, or a store with the power csdesk.ports.store.Erasing"
    return UnsupportedFeature(type(store).__name__, "erase without a trace", remedy)
