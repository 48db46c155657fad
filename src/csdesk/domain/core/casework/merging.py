"""Merging tickets, and taking a merged one out again.

A merged ticket leads straight to its survivor: what was merged into it before is led on, so there is no chain and no
cycle. Its stream keeps what it was, so that unmerging restores it; what was done to the survivor since stays there.
"""

from __future__ import annotations

from csdesk.domain.core import lineage
from csdesk.domain.core.casework import flagging, tickets
from csdesk.domain.core.conversation import sessions
from csdesk.domain.core.workspace import Workspace
from csdesk.domain.ids import IdentityId, MessageId, TicketId
from csdesk.domain.records import commands as cmd
from csdesk.domain.records import events as ev
from csdesk.domain.records._model import replaced
from csdesk.domain.records.tickets import Category, Move, Participant, Role, Ticket, Worker, WorkerKind
from csdesk.domain.records.trace import Outcome, verdict
from csdesk.domain.sla.life import follow
from csdesk.errors import InvalidInput


def merge_ticket(work: Workspace, ticket: Ticket, command: cmd.MergeTickets, _: str) -> None:
    """Merge the ticket into another one.

    Raises:
        IllegalTransition: one of them cannot be merged.
        InvalidInput: they are one ticket.
    """
    into = work.ticket(command.into)
    if into.merged_into is not None:
        into = work.ticket(into.merged_into)
    if into.id == ticket.id:
        raise InvalidInput("into", "a ticket cannot be merged into itself", "choose another ticket")
    if not into.is_live:
        tickets.target_of(into, Move.START)
    tickets.target_of(ticket, Move.MERGE)
    # Tickets merged into this one before now lead straight to the new survivor: no chains, so no cycles.
    for earlier in ticket.absorbed:
        work.emit(earlier, ev.TicketMerged(into=into.id))
    tickets.happen(work, ticket.id, ev.TicketMerged(into=into.id, receives=_receiver(work, ticket) == ticket.id))
    work.emit(
        into.id,
        ev.TicketAbsorbed(tickets=(ticket.id, *ticket.absorbed), participants=_as_cc(ticket, into)),
    )
    flagging.take_over(work, ticket, work.ticket(into.id))
    sessions.go_on(work, ticket, work.ticket(into.id))
    for absorbed in (ticket.id, *ticket.absorbed):
        _hand_over(work, work.ticket(absorbed), frozenset((absorbed,)), into.id)


def _as_cc(ticket: Ticket, into: Ticket) -> tuple[Participant, ...]:
    return tuple(
        Participant(identity=one.identity, role=Role.CC if one.role is Role.REQUESTER else one.role)
        for one in ticket.participants
        if not into.participates(one.identity)
    )


def _receiver(work: Workspace, ticket: Ticket) -> str | None:
    """The ticket that receives what is new in the conversation of this one."""
    return work.claims.get(work.keys.conversation(ticket.account, ticket.conversation))


def _hand_over(work: Workspace, ticket: Ticket, before: frozenset[str], after: TicketId) -> bool:
    """Let another ticket receive the conversation of this one, if one of ``before`` does; True if so."""
    holder = _receiver(work, ticket)
    if holder not in before or holder is None:
        return False
    work.move_claim(work.keys.conversation(ticket.account, ticket.conversation), holder, after)
    return True


def unmerge_ticket(work: Workspace, ticket: Ticket, _command: cmd.UnmergeTicket, _: str) -> None:
    """Take the ticket out of its survivor, with what had been merged into it before.

    Raises:
        IllegalTransition: it is not merged.
    """
    tickets.target_of(ticket, Move.UNMERGE)
    assert ticket.merged_into is not None
    survivor = work.ticket(ticket.merged_into)
    former = lineage.former_ticket(work.past.streams[ticket.id])
    inside = tuple(one for one in former.absorbed if one in survivor.absorbed)
    stayed = _stayed(work, survivor, ticket, inside)
    event = ev.TicketUnmerged(
        out_of=survivor.id,
        before=former.ticket.category,
        status=former.ticket.status if former.ticket.category is Category.OPEN else Category.OPEN.value,
        worker=_held_again(ticket, former.ticket.worker),
        clocks=former.ticket.clocks,
        waiting_since=former.ticket.waiting_since,
        absorbed=inside,
    )
    work.emit(ticket.id, event)
    work.tell(verdict("unmerge.ticket", Outcome.CHOSEN, ticket=ticket.id, out_of=survivor.id))
    for one in inside:
        work.emit(one, ev.TicketMerged(into=ticket.id))
        work.tell(verdict("unmerge.inside", Outcome.NOTED, ticket=one, into=ticket.id))
    _resume(work, work.ticket(ticket.id), event)
    sessions.go_on(work, survivor, work.ticket(ticket.id))
    _release_all(work, survivor, (ticket.id, *inside))
    if former.receives:
        _take_back_conversation(work, ticket, survivor)
    for message in stayed:
        work.tell(verdict("unmerge.stayed", Outcome.NOTED, message=message, ticket=survivor.id))


def _held_again(ticket: Ticket, worker: Worker | None) -> Worker | None:
    """The agent who had the ticket before the merge, under a new lease; bots and departments do not come back."""
    if worker is None or worker.kind is not WorkerKind.AGENT:
        return None
    return replaced(worker, fence=ticket.fence + 1, until=None)


def _stayed(work: Workspace, survivor: Ticket, ticket: Ticket, inside: tuple[TicketId, ...]) -> tuple[MessageId, ...]:
    """The messages on the survivor that would have reached the ticket, or what is inside it, without the merge."""
    streams = work.past.streams
    back = [work.ticket(one) for one in (ticket.id, *inside) if lineage.former_ticket(streams[one]).receives]
    conversations = {(one.account, one.conversation) for one in back}
    since = map(work.find_message, lineage.received_since(streams[survivor.id], ticket.id))
    return tuple(
        one.id
        for one in since
        if one is not None and one.ticket == survivor.id and (one.account, one.conversation) in conversations
    )


def _resume(work: Workspace, ticket: Ticket, event: ev.TicketUnmerged) -> None:
    """Let the clocks go on: the merge never stopped them, and what came due meanwhile happened at its instant."""
    ticket = tickets.catch_up(work, ticket)
    ticket = tickets.emit_clocks(work, ticket, follow(work.policy.service, ticket, event, work.time_of(ticket.id)))
    if ticket.assignee is not None and work.agent(ticket.assignee).retired:
        tickets.assign(work, ticket, None, reason="retired")


def _release_all(work: Workspace, survivor: Ticket, leaving: tuple[TicketId, ...]) -> None:
    """Take the leaving tickets out of whatever held them: the survivor, and those inside it that came with them."""
    inner: list[tuple[int, Ticket, tuple[TicketId, ...]]] = []
    for key in survivor.absorbed:
        held = lineage.former_ticket(work.past.streams[key]).absorbed if key not in leaving else ()
        if any(one in held for one in leaving):
            inner.append((len(held), work.ticket(key), held))
    # A ticket that holds another one holds all that is inside it, so fewer come first.
    for _, keeper, held in sorted(inner, key=lambda one: one[0]):
        _release(work, keeper, tuple(one for one in leaving if one in held), held)
    _release(work, survivor, leaving, survivor.absorbed)


def _release(work: Workspace, keeper: Ticket, gone: tuple[TicketId, ...], held: tuple[TicketId, ...]) -> None:
    going, staying = _people(work, gone), _people(work, tuple(one for one in held if one not in gone))
    brought = lineage.brought(work.past.streams[keeper.id])
    lost = tuple(
        one.identity
        for one in keeper.participants
        if one.identity in brought and one.identity in going and one.identity not in staying
    )
    work.emit(keeper.id, ev.TicketReleased(tickets=gone, participants=lost))


def _people(work: Workspace, keys: tuple[TicketId, ...]) -> frozenset[IdentityId]:
    return frozenset(one.identity for key in keys for one in work.ticket(key).participants)


def _take_back_conversation(work: Workspace, ticket: Ticket, survivor: Ticket) -> None:
    # The claim may lie with a ticket in between: it was merged into the survivor together with this one.
    holders = frozenset((survivor.id, *survivor.absorbed))
    if _hand_over(work, ticket, holders - {ticket.id}, ticket.id):
        work.tell(verdict("unmerge.conversation", Outcome.PASSED, ticket=ticket.id))
        return
    holder = _receiver(work, ticket)
    if holder is not None and holder != ticket.id:
        work.tell(verdict("unmerge.conversation_kept", Outcome.SKIPPED, ticket=holder))
