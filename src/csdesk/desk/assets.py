"""``desk.assets``."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from csdesk.desk._groups import Group
from csdesk.domain.core.knowledge.assets import AssetForm
from csdesk.domain.ids import MESSAGE, AssetId, TicketId, asset_id
from csdesk.domain.records import commands as cmd
from csdesk.domain.records.actors import Actor
from csdesk.domain.records.assets import Asset
from csdesk.domain.records.channels import Sent
from csdesk.domain.records.messages import MediaKind, MediaPart
from csdesk.flows import results
from csdesk.flows.knowledge import assets
from csdesk.flows.knowledge.assets import AssetVersion, Form, several_variants
from csdesk.flows.reading.checks import several
from csdesk.flows.reading.lists import filters, page_of
from csdesk.ports.store import Page, Query


class Assets(Group):
    """Brochures, certificates, price lists (营销图文、企业资料): kept in versions, sent as the channel can carry them.

    Ids of assets begin with ``ast_``; a name without is given it, so ``brochure`` and ``ast_brochure`` are one asset.
    """

    def file(
        self, content: bytes, *, name: str = "", type: str = "", media: MediaKind | None = None, caption: str = ""
    ) -> MediaPart:
        """Put a file into the media store, for a variant; what no record refers to is cleared away later.

        Args:
            content: its bytes.
            name: what customers see; made harmless.
            type: its MIME type; empty: what the first bytes tell.
            media: how it is meant; None: by its type.
            caption: words below it.

        Raises:
            InvalidInput: it is empty, or not what ``type`` says.
            StoreError: the media store cannot be written.
        """
        return self._runner.run(assets.keep_file(content, name, type, media, caption))

    def add(
        self,
        title: str,
        variants: Sequence[Form],
        *,
        name: AssetId | str | None = None,
        about: str = "",
        tags: Sequence[str] = (),
        owner: str | None = None,
        valid_from: datetime | None = None,
        valid_until: datetime | None = None,
        actor: Actor | None = None,
        idempotency_key: str | None = None,
    ) -> Asset:
        """Add an asset.

        Args:
            title: what your people call it.
            variants: its forms, the best first; the last one had better be a link or words, which any channel carries.
            name: its id; None: a fresh one.
            about: for your own people: what it is for.
            tags: for your own use.
            owner: who looks after it.
            valid_from: not sent before.
            valid_until: not sent from then on.
            actor: who adds it; None: the application.
            idempotency_key: makes a second run return the first one's asset.

        Raises:
            InvalidInput: the name is taken, or a value cannot be used.
        """
        return self._do(
            cmd.SaveAsset(
                id=None if name is None else asset_id(name),
                title=title,
                variants=several_variants(variants),
                about=about,
                tags=several(tags, "tags"),
                owner=owner,
                valid_from=valid_from,
                valid_until=valid_until,
                actor=actor or Actor.system(),
                idempotency_key=idempotency_key,
            )
        )

    def change(
        self,
        asset: AssetId | str,
        *,
        title: str | None = None,
        variants: Sequence[Form] | None = None,
        about: str | None = None,
        tags: Sequence[str] | None = None,
        owner: str | None = None,
        valid_from: datetime | None = None,
        valid_until: datetime | None = None,
        retired: bool | None = None,
        actor: Actor | None = None,
        expected_version: int | None = None,
        idempotency_key: str | None = None,
    ) -> Asset:
        """Save a new version; None leaves a value as it is. ``variants`` takes the place of all that were there.

        Raises:
            NotFound: this desk has none.
            VersionConflict: it is not at ``expected_version``.
            InvalidInput: a value cannot be used.
        """
        return self._do(
            cmd.SaveAsset(
                asset=asset_id(asset),
                title=title,
                variants=None if variants is None else several_variants(variants),
                about=about,
                tags=None if tags is None else several(tags, "tags"),
                owner=owner,
                valid_from=valid_from,
                valid_until=valid_until,
                retired=retired,
                actor=actor or Actor.system(),
                expected_version=expected_version,
                idempotency_key=idempotency_key,
            )
        )

    def retire(self, asset: AssetId | str, *, actor: Actor | None = None) -> Asset:
        """Take an asset out of use; it stays readable, and ``change(retired=False)`` brings it back."""
        return self.change(asset, retired=True, actor=actor)

    def get(self, asset: AssetId | str, *, version: int | None = None) -> Asset:
        """The asset of that id, as it is or as a version of it was.

        Raises:
            NotFound: this desk has none, or it has no such version.
        """
        return self._runner.run(assets.get_asset(asset, version))

    def list(self, *, retired: bool | None = False, limit: int = 50, cursor: str | None = None) -> Page[Asset]:
        """A page of assets in the order of their ids; ``retired`` None: both kinds."""
        query = Query(kind="asset", where=filters(retired=retired), limit=limit, after=cursor)
        return self._runner.run(page_of(Asset, query))

    def history(self, asset: AssetId | str) -> tuple[AssetVersion, ...]:
        """The versions of an asset, oldest first, with who saved them and when.

        Raises:
            NotFound: this desk has none.
        """
        return self._runner.run(assets.history(asset))

    def form(self, ticket: TicketId, asset: AssetId | str) -> AssetForm:
        """The form in which an asset would be sent on a ticket now.

        Raises:
            NotFound: there is no such ticket or asset, or this process has no channel for the ticket's account.
            InvalidInput: the asset has retired, or is not valid now.
            AssetUnfit: the channel carries none of its forms; says what each lacks, and what it takes.
        """
        return self._runner.run(assets.form(ticket, asset))

    def send(
        self,
        ticket: TicketId,
        asset: AssetId | str,
        *,
        actor: Actor,
        text: str = "",
        override: str = "",
        deliver: bool = True,
        idempotency_key: str | None = None,
    ) -> Sent:
        """Send an asset to the customer of a ticket, in the first of its forms that suits and that the channel carries.

        Args:
            ticket: the ticket.
            asset: its name.
            actor: who sends it.
            text: words before it.
            override: why words are sent that the policy on wording refuses.
            deliver: False: it is sent at the next ``run_due``.
            idempotency_key: makes a second run return the first one's outcome.

        Raises:
            NotFound: there is no such ticket or asset, or this process has no channel for the ticket's account.
            InvalidInput: the asset has retired, or is not valid now.
            AssetUnfit: the channel carries none of its forms; nothing was stored.
            WordingRefused: the policy on wording speaks against words of it.
        """
        flow = assets.send(
            ticket,
            asset,
            self._runner.core.ids.new(MESSAGE),
            text=text,
            actor=actor,
            override=override,
            deliver_now=deliver and self._runner.sends_at_once,
            idempotency_key=idempotency_key,
        )
        return self._runner.run(flow)

    def _do(self, command: cmd.Command) -> Asset:
        return results.asset_of(self._runner.execute(command))
