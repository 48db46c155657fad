"""The library of assets: files for it, versions, and sending one in the form that the channel of a ticket carries."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from csdesk.domain.core.knowledge.assets import AssetForm, check_valid, form_for
from csdesk.domain.ids import ASSET, AssetId, TicketId, asset_id
from csdesk.domain.records import commands as cmd
from csdesk.domain.records import events as ev
from csdesk.domain.records.actors import Actor
from csdesk.domain.records.assets import Asset, AssetVariant
from csdesk.domain.records.changes import Needs, person_behind
from csdesk.domain.records.channels import Sent
from csdesk.domain.records.messages import LinkPart, MediaKind, MediaPart, Part, TextPart
from csdesk.domain.text.filetypes import UNKNOWN, fits, sniffed
from csdesk.errors import InvalidInput, NotFound
from csdesk.flows.channels.naming import safe_name
from csdesk.flows.outbound.sending import reply, sent_before
from csdesk.flows.reading import checks
from csdesk.flows.reading.lists import read, told_in
from csdesk.flows.working import channel_of
from csdesk.ports import steps
from csdesk.ports.steps import Flow

_MEANT: Final = {"image": MediaKind.IMAGE, "audio": MediaKind.VOICE, "video": MediaKind.VIDEO}
_MOST_BYTES: Final = 1 << 30


@dataclass(frozen=True, slots=True)
class AssetVersion:
    """An asset as it was saved once, by whom and when."""

    asset: Asset
    at: datetime
    actor: Actor


Form = AssetVariant | MediaPart | LinkPart | TextPart
"""A form of an asset: for certain people, or (a part alone) for everybody."""


def several_variants(given: Sequence[Form]) -> tuple[AssetVariant, ...]:
    """Variants; a part alone is one for everybody."""
    return tuple(
        AssetVariant(part=one) if isinstance(one, MediaPart | LinkPart | TextPart) else one
        for one in checks.several(given, "variants")
    )


def keep_file(content: bytes, name: str, type: str, media: MediaKind | None, caption: str) -> Flow[MediaPart]:
    """Put a file into the media store; the part refers to it.

    Raises:
        InvalidInput: it is empty, or not what ``type`` says.
    """
    checks.an_instance(content, bytes, "content")
    checks.a_text(name, "name")
    checks.a_text(type, "type")
    checks.a_text(caption, "caption")
    if not 0 < len(content) <= _MOST_BYTES:
        raise InvalidInput("content", "is empty or more than a gigabyte", "pass the bytes of the file")
    found = sniffed(content)
    if not fits(type, found):
        raise InvalidInput("type", "is not what the bytes are", "leave it out, or pass the right one")
    told = type or found or UNKNOWN
    kind = checks.a_word(media, MediaKind, "media") if media is not None else _MEANT.get(told.partition("/")[0])
    yield from steps.attempt(0)
    ref = yield from steps.put_media(content, type=told, name=name)
    ref = ref.model_copy(update={"name": safe_name(name, ref)})
    return MediaPart(media=kind or MediaKind.FILE, ref=ref, name=ref.name, type=told, caption=caption)


def get_asset(name: str, version: int | None = None) -> Flow[Asset]:
    """The asset of that id, as it is or as a version of it was.

    Raises:
        NotFound: this desk has none, or it has no such version.
    """
    key = asset_id(name)
    loaded = yield from read(Needs(assets=(key,)))
    found = loaded.snapshot.assets.get(key)
    if found is None:
        raise NotFound("asset", key)
    if version is None or version == found.version:
        return found
    checks.a_number(version, "version", 1, 1 << 31)
    for one in (yield from _versions(key)):
        if one.asset.version == version:
            return one.asset
    raise NotFound("asset", f"{key} version {version}")


def history(name: str) -> Flow[tuple[AssetVersion, ...]]:
    """The versions of an asset, oldest first.

    Raises:
        NotFound: this desk has none of that id.
    """
    asset = yield from get_asset(name)
    return (yield from _versions(asset.id))


def _versions(key: str) -> Flow[tuple[AssetVersion, ...]]:
    told = yield from told_in(key, ev.AssetSaved)
    return tuple(
        AssetVersion(event.asset.model_copy(update={"version": number}), entry.at, entry.actor)
        for number, entry, event in told
    )


def form(ticket_id: str, name: str, before: Sequence[Part] = ()) -> Flow[AssetForm]:
    """The form in which an asset would be sent on a ticket now, behind the parts ``before`` it.

    Raises:
        NotFound: there is no such ticket or asset, or this process has no channel for the ticket's account.
        InvalidInput: the asset has retired, or is not valid now.
        AssetUnfit: the channel carries none of its forms.
    """
    checks.an_id(ticket_id, "ticket")
    key = asset_id(name)
    scope = yield from steps.attempt(0)
    found = (yield from steps.load(Needs(tickets=(ticket_id,), assets=(key,), parties=True))).snapshot
    ticket, asset = found.tickets.get(ticket_id), found.assets.get(key)
    if ticket is None or asset is None:
        raise NotFound("ticket" if ticket is None else "asset", ticket_id if ticket is None else key)
    check_valid(asset, scope.now)
    able = channel_of(ticket.account, scope)
    person = person_behind(ticket.identity, found.homes, found.customers)
    identity = person.identity(ticket.identity) if person is not None else None
    named = {ticket.account, *((identity.kind,) if identity is not None else ())}
    language = ticket.language or (person.language if person is not None else None)
    return form_for(asset, able, account=ticket.account, channels=named, language=language, before=before)


def send(
    ticket: TicketId,
    name: str,
    run: str,
    *,
    text: str,
    actor: Actor,
    override: str,
    deliver_now: bool,
    idempotency_key: str | None,
) -> Flow[Sent]:
    """Send an asset in the form that the channel carries; under a key that came before nothing is chosen anew.

    Raises:
        NotFound: there is no such ticket or asset, or this process has no channel for the ticket's account.
        InvalidInput: the asset has retired, or is not valid now.
        AssetUnfit: the channel carries none of its forms.
        WordingRefused: the policy on wording speaks against words of it.
    """
    checks.a_text(text, "text")
    if idempotency_key is not None:
        earlier = yield from sent_before(ticket, idempotency_key)
        if earlier is not None:
            return earlier
    words: tuple[Part, ...] = (TextPart(text=text),) if text.strip() else ()
    chosen = yield from form(ticket, name, words)
    command = cmd.SendReply(
        ticket=ticket,
        parts=(*words, chosen.part),
        assets=(chosen.use,),
        actor=actor,
        override=override,
        idempotency_key=idempotency_key,
    )
    return (yield from reply(command, run, deliver_now=deliver_now))


def attached(ticket: TicketId, names: Sequence[str], before: Sequence[Part]) -> Flow[tuple[AssetForm, ...]]:
    """The forms of the assets among the attachments of a phrase; names of other things are the host's."""
    found: tuple[AssetForm, ...] = ()
    for name in names:
        if name.startswith(ASSET):
            found += ((yield from form(ticket, AssetId(name), (*before, *(one.part for one in found)))),)
    return found
