"""What a command must see before it is decided, beside the claim that makes it run once."""

from __future__ import annotations

from csdesk.domain.core import staff
from csdesk.domain.core.knowledge import lessons, trainings
from csdesk.domain.core.macros import agents_of, phrases_of
from csdesk.domain.ids import article_id, phrase_id
from csdesk.domain.records import commands as cmd
from csdesk.domain.records.actors import ActorKind
from csdesk.domain.records.changes import Needs
from csdesk.ports.steps import Scope

_OfCustomers = cmd.CustomerCommand | cmd.AddCustomer | cmd.EraseCustomer | cmd.UnlinkIdentity


def command_needs(command: cmd.Command, scope: Scope) -> Needs:
    """What the command touches, and what it is judged by."""
    if isinstance(command, cmd.TicketCommand):
        return _of_ticket(command, scope)
    if isinstance(command, _OfCustomers):
        return _of_customer(command, scope)
    assert not isinstance(command, cmd.SettleParked | cmd.RetryOutbound | cmd.AuthorityCommand), "flows of their own"
    return _of_the_desk(command, scope)


def _of_ticket(command: cmd.TicketCommand, scope: Scope) -> Needs:
    one = (command.ticket,)
    match command:
        case cmd.MergeTickets():
            return Needs(tickets=(command.ticket, command.into), parties=True)
        case cmd.ChangeParticipants():
            people = tuple(each.identity for each in command.add)
            return Needs(tickets=one, identities=people, parties=True)
        case cmd.SplitTicket():
            return Needs(tickets=one, messages=command.messages, parties=True)
        case cmd.CorrectReply() | cmd.PromoteExemplar():
            return _of_answer(command, scope)
        case cmd.RunMacro():
            given, phrases = agents_of(scope.policy, command), phrases_of(scope.policy, command.macro)
            return Needs(tickets=one, agents=given, phrases=phrases, parties=True)
        case _:
            used = tuple(use.asset for use in command.assets) if isinstance(command, cmd.SendReply) else ()
            return Needs(tickets=one, agents=_agents(command), assets=used, parties=True)


def _agents(command: cmd.TicketCommand) -> tuple[str, ...]:
    """Who is named, speaks, or has the ticket afterwards."""
    match command:
        case cmd.AssignTicket() | cmd.TransferTicket():
            return (command.agent,) if command.agent is not None else ()
        case cmd.LeaseTicket() | cmd.AcceptOffer() | cmd.DeclineOffer() | cmd.SendReply():
            return (command.actor.id,) if command.actor.kind is ActorKind.AGENT else ()
        case _:
            return ()


def _of_answer(command: cmd.CorrectReply | cmd.PromoteExemplar, scope: Scope) -> Needs:
    match command:
        case cmd.CorrectReply():
            return _of_correction(command, scope)
        case cmd.PromoteExemplar():
            return _of_promotion(command, scope)


def _of_promotion(command: cmd.PromoteExemplar, scope: Scope) -> Needs:
    return Needs(
        claims=(scope.keys.effect("promoted", command.message),),
        tickets=(command.ticket,),
        messages=(command.message,),
        phrases=(phrase_id(command.phrase.id),) if command.phrase is not None else (),
        articles=(article_id(command.article.id),) if command.article is not None else (),
        parties=True,
    )


def _of_correction(command: cmd.CorrectReply, scope: Scope) -> Needs:
    return Needs(
        claims=(scope.keys.effect("corrected", command.message),),
        tickets=(command.ticket,),
        messages=(command.message,),
        phrases=(command.right,) if command.right is not None else (),
        counters=lessons.COUNTERS,
        parties=True,
    )


def _of_customer(command: _OfCustomers, scope: Scope) -> Needs:
    match command:
        case cmd.AddCustomer(identity=one):
            return Needs(claims=(scope.keys.identity(one.kind, one.scope, one.external_id),))
        case cmd.UnlinkIdentity():
            return Needs(identities=(command.identity,))
        case cmd.MergeCustomers():
            return Needs(customers=(command.customer, command.into))
        case cmd.LinkIdentity(identity=one):
            key = scope.keys.identity(one.kind, one.scope, one.external_id)
            return Needs(claims=(key,), customers=(command.customer,))
        case cmd.SetProfile():
            agents = (command.dedicated_agent,) if command.dedicated_agent else ()
            return Needs(customers=(command.customer,), agents=agents)
        case _:
            return Needs(customers=(command.customer,))


_Learning = cmd.JudgeSuggestions | cmd.ForgetLessons | cmd.AdoptTraining | cmd.ChooseTraining

_OfLibrary = cmd.SavePhrase | cmd.SaveAsset | cmd.PutPhrases | cmd.PutArticles | cmd.RetireArticle


def _of_the_desk(command: cmd.SaveAgent | _OfLibrary | cmd.SaveHolidays | _Learning, scope: Scope) -> Needs:
    match command:
        case cmd.SaveAgent():
            named = (scope.keys.staff(command.external_id),) if command.external_id else ()
            return Needs(claims=named, agents=(command.agent,) if command.agent is not None else ())
        case cmd.SaveHolidays():
            return Needs(holidays=(staff.holidays_id(scope.keys, command.place),))
        case cmd.SavePhrase() | cmd.SaveAsset() | cmd.PutPhrases() | cmd.PutArticles() | cmd.RetireArticle():
            return _of_library(command)
        case _:
            return _of_learning(command)


def _of_library(command: _OfLibrary) -> Needs:
    match command:
        case cmd.SavePhrase():
            return Needs(phrases=tuple(one for one in (command.phrase, command.id) if one))
        case cmd.SaveAsset():
            return Needs(assets=tuple(one for one in (command.asset, command.id) if one))
        case cmd.PutPhrases():
            return Needs(phrases=tuple(one.id for one in command.phrases))
        case cmd.PutArticles():
            return Needs(articles=tuple(one.id for one in command.articles))
        case cmd.RetireArticle():
            return Needs(articles=(command.article,))


def _of_learning(command: _Learning) -> Needs:
    match command:
        case cmd.JudgeSuggestions():
            named = tuple(one for one in (command.picked, *command.shown) if one is not None)
            return Needs(messages=(command.message,), phrases=named, counters=lessons.COUNTERS)
        case cmd.AdoptTraining() | cmd.ChooseTraining():
            return Needs(counters=(trainings.NUMBER,))
        case cmd.ForgetLessons():
            asked = (command.message,) if command.message is not None else ()
            return Needs(messages=asked, phrases=(command.phrase,) if command.phrase is not None else ())
