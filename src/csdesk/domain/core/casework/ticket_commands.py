"""What each command does to its ticket. Pure: events are laid into the workspace."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

from csdesk._nearest import nearest
from csdesk.domain.core import macros
from csdesk.domain.core.casework import (
    flagging,
    goals,
    leases,
    merging,
    offers,
    promises,
    sites,
    splitting,
    tickets,
    transfers,
)
from csdesk.domain.core.casework.tagging import check_wish
from csdesk.domain.core.casework.tickets import MOVES
from csdesk.domain.core.conversation import reception, wording
from csdesk.domain.core.conversation.outbound import Utterance, add_note, queue_reply
from csdesk.domain.core.conversation.watching import checked, tell
from csdesk.domain.core.customers.erasing import is_erased
from csdesk.domain.core.knowledge import exemplars, lessons
from csdesk.domain.core.knowledge.askers import asker_of
from csdesk.domain.core.knowledge.assets import note_sent
from csdesk.domain.core.workspace import Workspace
from csdesk.domain.ids import MessageId, PhraseId
from csdesk.domain.matching.book import phrase_of
from csdesk.domain.matching.phrases import excluded_by
from csdesk.domain.records import commands as cmd
from csdesk.domain.records import events as ev
from csdesk.domain.records._model import Scalar
from csdesk.domain.records.actors import ActorKind
from csdesk.domain.records.messages import AuthorKind, Purpose
from csdesk.domain.records.phrases import LibraryPhrase, usage_counter
from csdesk.domain.records.tickets import Category, Move, Participant, Priority, Role, Ticket
from csdesk.domain.records.trace import Outcome, verdict
from csdesk.domain.rules.fields import FieldType
from csdesk.domain.rules.values import fits
from csdesk.errors import IllegalTransition, InvalidInput, sentence

_AUTHORS: Final = {ActorKind.AGENT: AuthorKind.AGENT, ActorKind.BOT: AuthorKind.BOT}


def _said(command: cmd.SendReply | cmd.AddNote, run: str) -> Utterance:
    return Utterance(
        id=MessageId(run),
        author=_AUTHORS.get(command.actor.kind, AuthorKind.SYSTEM),
        author_id=command.actor.id,
        parts=command.parts,
        subject=command.subject if isinstance(command, cmd.SendReply) else "",
        purpose=command.purpose if isinstance(command, cmd.SendReply) else Purpose.SERVICE,
    )


def _reply(work: Workspace, ticket: Ticket, command: cmd.SendReply, run: str) -> None:
    if ticket.category is Category.MERGED:
        tickets.target_of(ticket, Move.AGENT_REPLY)
    said = _said(command, run)
    is_by_person = said.author is AuthorKind.AGENT
    if is_by_person:
        reception.check_person(work, command.actor)
    spots = checked(work, said.parts, command.override, subject=said.subject) if is_by_person else ()
    ticket = reception.before_reply(work, ticket, command, run)
    queue_reply(work, ticket, said)
    tell(work, ticket.id, said.id, spots, command.override)
    if command.assets:
        note_sent(work, ticket.id, said.id, command.assets)
    if command.phrase is not None or command.shown:
        _note_fate(work, ticket, command, run)


def _note_fate(work: Workspace, ticket: Ticket, command: cmd.SendReply, run: str) -> None:
    """Record what became of the suggestions that the reply chose from."""
    lessons.check_known(work, (command.phrase, *command.shown))
    question = command.question or ticket.customer_message
    phrase = work.phrase(command.phrase) if command.phrase is not None else None
    if phrase is not None:
        link = phrase.article is not None and bool(phrase.article.url)
        despite = _condition_against(work, ticket, phrase)
        used = ev.PhraseUsed(
            message=MessageId(run),
            phrase=PhraseId(phrase.id),
            question=question,
            link=link,
            despite=despite,
            reason=command.override if despite else "",
        )
        work.emit(ticket.id, used)
        if despite:
            work.tell(verdict("reply.overridden", Outcome.NOTED, phrase=phrase.id, despite=despite))
        work.add(usage_counter(phrase.id, "sent"), 1)
    if question is not None:
        as_it_stands = phrase is not None and phrase.says(wording.text_of(command.parts))
        fate: ev.Fate = "ignored" if phrase is None else "picked" if as_it_stands else "edited"
        picked = PhraseId(phrase.id) if phrase is not None else None
        lessons.judge(work, question, fate, picked=picked, shown=command.shown)


def _condition_against(work: Workspace, ticket: Ticket, phrase: LibraryPhrase) -> str:
    """The condition of a phrase that rules this ticket out; empty if none does."""
    asker = asker_of(work.policy, ticket, work.person(ticket.identity), now=work.time_of(ticket.id))
    return excluded_by(phrase_of(phrase), asker.context) or ""


def _note(work: Workspace, ticket: Ticket, command: cmd.AddNote, run: str) -> None:
    add_note(work, ticket, _said(command, run))


def _assign(work: Workspace, ticket: Ticket, command: cmd.AssignTicket, _: str) -> None:
    tickets.check_live(ticket)
    tickets.check_works(work, command.agent)
    ticket = reception.take_from_bot(work, ticket, "assigned")
    tickets.assign(work, ticket, command.agent, reason="by_hand", remark=command.reason)


def _set_status(work: Workspace, ticket: Ticket, command: cmd.SetStatus, _: str) -> None:
    category, name = work.policy.status(command.status)
    if category is Category.SNOOZED and command.until is None:
        raise InvalidInput("until", "a snooze needs its end", "pass until=, an aware datetime")
    if category is not Category.SNOOZED and command.until is not None:
        raise InvalidInput("until", "only a snooze has an end", "leave until out, or snooze the ticket")
    tickets.check_ahead(work, ticket, command.until)
    if ticket.category in (Category.RESOLVED, Category.CLOSED) and category is Category.OPEN:
        tickets.change_status(work, ticket, Move.REOPEN, status=name, remark=command.reason)
        return
    move = MOVES.get(category)
    if move is None:
        raise InvalidInput(
            "status", sentence("{category} is not set by hand", category=category), "choose another status"
        )
    tickets.change_status(work, ticket, move, status=name, remark=command.reason, until=command.until)


_FITTING: Final = {
    FieldType.FLAG: "pass True or False",
    FieldType.NUMBER: "pass a number",
    FieldType.TIME: "pass an aware datetime, or its text with the offset",
}


def _check_declared(work: Workspace, name: str, value: Scalar) -> None:
    """A value of another type than the configuration says would make conditions on the field false, silently."""
    declared = work.policy.declared.get(f"ticket.{name}")
    if declared is None or fits(declared, value):
        return
    problem = sentence("does not fit {name}, a field of type {type}", name=name, type=declared.type)
    if declared.choices:
        raise InvalidInput("value", problem, sentence("pass one of {names}", names=declared.choices))
    raise InvalidInput("value", problem, _FITTING.get(declared.type, "pass a str"))


def _set_field(work: Workspace, ticket: Ticket, command: cmd.SetTicketField, _: str) -> None:
    name, value = command.name, command.value
    if name == "subject":
        subject = "" if value is None else str(value)
        if subject != ticket.subject:
            work.emit(ticket.id, ev.SubjectSet(subject=subject))
    elif name == "priority":
        tickets.set_field(work, ticket, name, _priority(value))
    elif name == "type":
        if not work.policy.has_type(str(value)):
            raise InvalidInput(
                "value", sentence("no ticket type {type!r}", type=value), nearest(value, work.policy.type_names)
            )
        tickets.set_field(work, ticket, name, str(value))
    elif name == "site":
        sites.place(work, ticket, _site(work, value))
    elif name == "language" and isinstance(value, int | float):
        raise InvalidInput("value", "is not a language", "pass a language tag such as zh-CN")
    elif name == "language" or (name.startswith("x.") and len(name) > 2):
        _check_declared(work, name, value)
        tickets.set_field(work, ticket, name, value)
    else:
        raise InvalidInput(
            "name",
            sentence("{name!r} cannot be set", name=name),
            "use priority, type, language, site, subject or x.<custom field>",
        )


def _site(work: Workspace, value: object) -> str | None:
    known = work.policy.sites
    if value is not None and known.get(str(value)) is None:
        raise InvalidInput("value", sentence("no site {site!r}", site=str(value)), nearest(str(value), known.names))
    return None if value is None else str(value)


def _priority(value: object) -> Priority:
    try:
        number = -1 if isinstance(value, bool) else value
        return Priority[value.upper()] if isinstance(value, str) else Priority(number)  # type: ignore[arg-type]
    except (KeyError, ValueError):
        raise InvalidInput("value", "is not a priority", "use low, normal, high or urgent") from None


def _tag(work: Workspace, ticket: Ticket, command: cmd.TagTicket, _: str) -> None:
    check_wish(command.actor, command.tags, command.source, work.time_of(ticket.id), command.expires_at)
    tickets.tag(work, ticket, command.tags, command.source, expires_at=command.expires_at)


def _untag(work: Workspace, ticket: Ticket, command: cmd.UntagTicket, _: str) -> None:
    check_wish(command.actor, command.tags, command.source, work.time_of(ticket.id))
    tickets.untag(work, ticket, *command.tags, source=command.source)


def _flag(work: Workspace, ticket: Ticket, command: cmd.FlagTicket, _: str) -> None:
    flagging.flag(work, ticket, command)
    tickets.match_again(work, work.ticket(ticket.id), "ticket.flags")


def _participants(work: Workspace, ticket: Ticket, command: cmd.ChangeParticipants, _: str) -> None:
    if ticket.identity in command.remove:
        raise InvalidInput("remove", "the requester stays", "merge or split the ticket instead")
    if any(one.identity == ticket.identity and one.role is not Role.REQUESTER for one in command.add):
        raise InvalidInput("add", "the requester stays", "add other people")
    for one in command.add:
        if one.role is Role.REQUESTER and one.identity != ticket.identity:
            raise InvalidInput("add", "a ticket has one requester", "use the role cc or follower")
        if work.person(one.identity) is None:
            raise InvalidInput(
                "add",
                sentence("identity {identity} is not known", identity=one.identity),
                "link it to a customer first",
            )
    added = tuple(Participant(identity=one.identity, role=one.role) for one in command.add)
    removed = tuple(one for one in command.remove if ticket.participates(one))
    if added or removed:
        work.emit(ticket.id, ev.ParticipantsChanged(added=added, removed=removed))


# ``Any``: each function takes the command of its own row; the table is private to ``run`` and walked by a test.
_RUNS: Final[dict[type, Callable[[Workspace, Ticket, Any, str], None]]] = {
    cmd.SendReply: _reply,
    cmd.AddNote: _note,
    cmd.AssignTicket: _assign,
    cmd.AcceptOffer: offers.accept,
    cmd.DeclineOffer: offers.decline,
    cmd.LeaseTicket: leases.lease,
    cmd.RenewLease: leases.renew,
    cmd.ReleaseTicket: reception.release,
    cmd.HandOff: reception.hand_off_by_hand,
    cmd.HandBack: reception.hand_back,
    cmd.TransferTicket: transfers.transfer,
    cmd.WithdrawTransfer: transfers.withdraw_by_hand,
    cmd.SetStatus: _set_status,
    cmd.SetTicketField: _set_field,
    cmd.TagTicket: _tag,
    cmd.UntagTicket: _untag,
    cmd.FlagTicket: _flag,
    cmd.SetGoal: goals.set_goal,
    cmd.ChangeParticipants: _participants,
    cmd.RunMacro: macros.run_macro,
    cmd.MergeTickets: merging.merge_ticket,
    cmd.UnmergeTicket: merging.unmerge_ticket,
    cmd.SplitTicket: splitting.split_ticket,
    cmd.ReassessTicket: promises.reassess,
    cmd.StartClock: promises.start_clock,
    cmd.EndClock: promises.end_clock,
    cmd.CorrectReply: lessons.correct,
    cmd.PromoteExemplar: exemplars.promote,
}


def run(work: Workspace, ticket: Ticket, command: cmd.TicketCommand, run_id: str) -> None:
    """Let the command happen to its ticket; ``run_id`` is the id of what it makes.

    Raises:
        UsageError: it is not possible; nothing must be committed then.
    """
    for touched in (ticket.id, getattr(command, "into", ticket.id)):
        if is_erased(work, work.ticket(touched)):
            raise IllegalTransition(touched, "erased", command.kind)
    if command.actor.kind is ActorKind.BOT and isinstance(command, cmd.SendReply | cmd.HandOff):
        leases.check_bot(work, ticket, command.actor)
    leases.check_fence(ticket, command.fence, work.time_of(ticket.id))
    try:
        _RUNS[type(command)](work, ticket, command, run_id)
    except IllegalTransition as error:
        if error.params["command"] != Move.START:
            raise
        # Many commands begin the work on a ticket. The caller knows the one that was given, not how they do it.
        raise IllegalTransition(str(error.params["ticket"]), str(error.params["state"]), command.kind) from None
