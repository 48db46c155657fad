"""Assets: keeping their versions, and finding the form that a channel carries.

What a channel carries is asked of the very rule that sending goes by (``pieces_of``): a form that is chosen here is not
refused there for what it is.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Final, NamedTuple

from csdesk.domain.core.conversation.pieces import Unfit, pieces_of
from csdesk.domain.core.workspace import Workspace
from csdesk.domain.ids import AssetId, MessageId
from csdesk.domain.records import commands as cmd
from csdesk.domain.records import events as ev
from csdesk.domain.records.assets import Asset, AssetPart, AssetUse
from csdesk.domain.records.channels import Capabilities
from csdesk.domain.records.messages import Part
from csdesk.domain.records.validity import is_early, is_over
from csdesk.errors import AssetUnfit, InvalidInput, sentence

_FIELDS: Final = ("title", "about", "variants", "tags", "owner", "valid_from", "valid_until", "retired")


class AssetForm(NamedTuple):
    """The form of an asset that is sent: which version, which of its variants, and what it is."""

    use: AssetUse
    part: AssetPart


def save_asset(work: Workspace, command: cmd.SaveAsset, fresh_id: str) -> Asset:
    """Add or change an asset; the files of what it was stay.

    Raises:
        InvalidInput: a new one lacks title or variants, its id is taken, or the asset is not coherent.
    """
    given = {name: value for name in _FIELDS if (value := getattr(command, name)) is not None}
    if command.asset is None:
        for name in ("title", "variants"):
            if not given.get(name):
                raise InvalidInput(name, "a new asset needs one", sentence("pass {name}=", name=name))
        key = command.id or AssetId(fresh_id)
        if work.find(key) is not None:
            problem = sentence("there is an asset {key!r} already", key=key)
            raise InvalidInput("id", problem, "change it, or choose another id")
        made = Asset(**{**given, "id": key, "created_at": work.now, "updated_at": work.now})
    else:
        old = work.asset(command.asset)
        earlier = tuple(sorted(old.media)) if "variants" in given else old.earlier
        # Built anew rather than copied: only so are its parts checked against each other.
        made = Asset(**{**dict(old), **given, "earlier": earlier, "updated_at": work.now})
    work.emit(made.id, ev.AssetSaved(asset=made))
    return work.asset(made.id)


def check_valid(asset: Asset, now: datetime) -> None:
    """Refuse an asset that is not to be sent now.

    Raises:
        InvalidInput: it has retired, or it is not valid yet, or no more.
    """
    if asset.retired:
        raise InvalidInput("asset", "has retired", "choose another, or let it come back")
    if is_early(asset.valid_from, now):
        problem = sentence("is not valid before {since}", since=asset.valid_from)
        raise InvalidInput("asset", problem, "wait, or change valid_from")
    if is_over(asset.valid_until, now):
        problem = sentence("is not valid since {until}", until=asset.valid_until)
        raise InvalidInput("asset", problem, "save a new version, or change valid_until")


def form_for(
    asset: Asset,
    able: Capabilities,
    *,
    account: str,
    channels: Collection[str],
    language: str | None,
    before: Sequence[Part] = (),
) -> AssetForm:
    """The first form of an asset that suits and that the channel carries, after the parts ``before`` it.

    Raises:
        AssetUnfit: there is none; says what each lacks, and what the channel takes.
    """
    lacks: list[str] = []
    for place, variant in enumerate(asset.variants):
        if not variant.suits(language, channels):
            lacks.append(f"{variant.part.kind}: not_suited")
            continue
        made = pieces_of((*before, variant.part), able)
        if not isinstance(made, Unfit):
            return AssetForm(AssetUse(asset=asset.id, version=asset.version, variant=place), variant.part)
        lacks.append(f"{variant.part.kind}: {made.reason}")
    takes = sorted({"media", "link", "text"} & able.parts)
    raise AssetUnfit(asset.id, account, tuple(lacks), tuple(takes))


def note_sent(work: Workspace, ticket: str, message: MessageId, uses: Sequence[AssetUse]) -> None:
    """Record which assets a reply holds.

    Raises:
        NotFound: there is no such asset.
        InvalidInput: it has no such version yet.
    """
    for use in uses:
        if not 1 <= use.version <= work.asset(use.asset).version:
            problem = sentence("asset {asset!r} has no version {version}", asset=use.asset, version=use.version)
            raise InvalidInput("assets", problem, "name one that it has")
        work.emit(
            ticket,
            ev.AssetSent(message=message, asset=AssetId(use.asset), version=use.version, variant=use.variant),
        )
