"""Sending a phrase, filled in."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from csdesk.domain.ids import PhraseId, TicketId
from csdesk.domain.records import commands as cmd
from csdesk.domain.records.actors import Actor
from csdesk.domain.records.channels import Sent
from csdesk.domain.records.messages import MediaPart, Part, TextPart
from csdesk.domain.text.templates import TemplateValue
from csdesk.flows.knowledge.assets import attached
from csdesk.flows.knowledge.suggesting import rendered
from csdesk.flows.outbound.sending import reply, sent_before
from csdesk.flows.reading import checks
from csdesk.ports.steps import Flow


def send(
    ticket: TicketId,
    phrase: PhraseId | str,
    values: Mapping[str, TemplateValue] | None,
    run: str,
    *,
    actor: Actor,
    shown: Sequence[str],
    attachments: Sequence[MediaPart],
    override: str,
    expected_phrase_version: int | None,
    deliver_now: bool,
    idempotency_key: str | None,
    sku: str | None,
) -> Flow[Sent]:
    """Fill a phrase in for the customer of a ticket, and send it; under a key that came before nothing is filled in.

    Raises:
        NotFound: this desk has no such ticket or phrase.
        InvalidInput: the phrase cannot be filled in, or is not meant for this ticket and ``override`` says no reason.
        AssetUnfit: the channel carries no form of an asset that the phrase names.
        VersionConflict: the phrase is not at ``expected_phrase_version``.
        WordingRefused: the policy on wording speaks against words of it.
        ProductsUnavailable: it names facts of a product, and the shop told nothing usable.
    """
    checks.a_text(override, "override")
    files = checks.several(attachments, "attachments")
    for one in files:
        checks.an_instance(one, MediaPart, "attachments")
    if idempotency_key is not None:
        earlier = yield from sent_before(ticket, idempotency_key)
        if earlier is not None:
            return earlier
    found, text = yield from rendered(
        ticket, phrase, values, actor, override=override, expected_version=expected_phrase_version, sku=sku
    )
    words: tuple[Part, ...] = (TextPart(text=text), *files)
    forms = yield from attached(ticket, found.attachments, words)
    command = cmd.SendReply(
        ticket=ticket,
        parts=(*words, *(one.part for one in forms)),
        actor=actor,
        phrase=PhraseId(found.id),
        assets=tuple(one.use for one in forms),
        shown=checks.phrases(shown, "shown"),
        override=override,
        idempotency_key=idempotency_key,
    )
    return (yield from reply(command, run, deliver_now=deliver_now))
