"""Media of an outbound message: its bytes go with it, or they are uploaded first and it names the provider's id.

An uploaded id is remembered as the owner of a claim that lives as long as the id does, so the same file is uploaded
once for many messages.
"""

from __future__ import annotations

from csdesk.domain.records.changes import ChangeSet, Claim, ClaimMode, ClaimMove, Needs
from csdesk.domain.records.channels import Capabilities, MediaFile, OutboundMessage
from csdesk.domain.records.media import MediaRef
from csdesk.domain.records.messages import LinkPart, MediaKind, MediaPart, TemplatePart
from csdesk.errors import ChannelError
from csdesk.flows.channels.naming import safe_name
from csdesk.flows.retrying import retried
from csdesk.ports import steps
from csdesk.ports.steps import Flow, Scope


def attached(message: OutboundMessage, able: Capabilities, *, anew: bool = False) -> Flow[OutboundMessage]:
    """The message with its media; ``anew``: what was uploaded before is no longer good.

    Raises:
        ChannelError: the provider did not take a file.
        NotFound: the bytes are gone.
    """
    if able.media_by == "content":
        return (yield from _with_files(message))
    parts = list(message.parts)
    for at, part in enumerate(parts):
        if isinstance(part, MediaPart) and part.ref is not None:
            known = yield from _uploaded(message.account, part, part.ref, able, anew=anew)
            parts[at] = part.model_copy(update={"provider_id": known})
        elif isinstance(part, LinkPart) and part.thumb is not None:
            picture = MediaPart(media=MediaKind.IMAGE, ref=part.thumb)
            known = yield from _uploaded(message.account, picture, part.thumb, able, anew=anew)
            parts[at] = part.model_copy(update={"thumb_id": known})
        elif isinstance(part, TemplatePart) and part.ref is not None:
            picture = MediaPart(media=part.media, ref=part.ref)
            known = yield from _uploaded(message.account, picture, part.ref, able, anew=anew)
            parts[at] = part.model_copy(update={"provider_id": known})
    return message.model_copy(update={"parts": tuple(parts)})


def _with_files(message: OutboundMessage) -> Flow[OutboundMessage]:
    files: tuple[MediaFile, ...] = ()
    for part in message.parts:
        if isinstance(part, MediaPart) and part.ref is not None:
            files = (*files, (yield from _file(part, part.ref)))
    return message.model_copy(update={"files": files}) if files else message


def _file(part: MediaPart, ref: MediaRef) -> Flow[MediaFile]:
    content = yield from steps.read_media(ref)
    return MediaFile(
        sha256=ref.sha256,
        media=part.media,
        type=part.type or ref.type,
        name=safe_name(part.name or ref.name, ref),
        content=content,
    )


def _uploaded(account: str, part: MediaPart, ref: MediaRef, able: Capabilities, *, anew: bool) -> Flow[str]:
    known = yield from retried(lambda scope: _remembered(account, part, ref, scope, forget=anew))
    if known is not None:
        return known
    file = yield from _file(part, ref)
    try:
        fresh = yield from steps.upload(account, file)
    except ChannelError as error:
        if error.disposition != "unknown_outcome":
            raise
        # Nothing was said to anybody yet: uploading twice is harmless.
        raise ChannelError(
            account, "nobody knows whether the upload arrived", disposition="retry", provider_code=error.provider_code
        ) from error
    if able.media_lives is not None:
        yield from retried(lambda scope: _remember(account, part, ref, fresh, able, scope))
    return fresh


def _key(account: str, part: MediaPart, ref: MediaRef, scope: Scope) -> str:
    return scope.keys.upload(account, part.media.value, ref.sha256)


def _remembered(account: str, part: MediaPart, ref: MediaRef, scope: Scope, *, forget: bool) -> Flow[str | None]:
    key = _key(account, part, ref, scope)
    loaded = yield from steps.load(Needs(claims=(key,)))
    known = loaded.snapshot.claims.get(key)
    if known is None or not forget:
        return known
    yield from steps.commit(ChangeSet(moves=(ClaimMove(key, known, None),)))
    return None


def _remember(account: str, part: MediaPart, ref: MediaRef, known: str, able: Capabilities, scope: Scope) -> Flow[None]:
    assert able.media_lives is not None
    until = scope.now + able.media_lives
    claim = Claim(_key(account, part, ref, scope), known, ClaimMode.FIRST_WINS, until)
    yield from steps.commit(ChangeSet(claims=(claim,)))
