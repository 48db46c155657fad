"""Which decision runs a command, once its record is at the version that the caller expects."""

from __future__ import annotations

from csdesk.domain.core import staff
from csdesk.domain.core.casework import ticket_commands
from csdesk.domain.core.casework.goals import settle
from csdesk.domain.core.catching_up import catch_up
from csdesk.domain.core.customers import customer_commands, erasing
from csdesk.domain.core.customers.customer_links import home_of, unlink_identity
from csdesk.domain.core.customers.identity import add_customer
from csdesk.domain.core.knowledge import articles, assets, lessons, library, trainings
from csdesk.domain.core.ruling import after_command
from csdesk.domain.core.workspace import Workspace
from csdesk.domain.records import commands as cmd
from csdesk.domain.records import events as ev
from csdesk.errors import VersionConflict

_Save = cmd.SavePhrase | cmd.SaveAsset | cmd.SaveAgent | cmd.SaveHolidays
"""One record, new or another version of it."""
_Library = cmd.PutPhrases | cmd.PutArticles | cmd.RetireArticle
"""Many records of what is kept to answer with, in one stream of events."""
_Learning = cmd.JudgeSuggestions | cmd.ForgetLessons | cmd.AdoptTraining | cmd.ChooseTraining
"""What suggestions learn from."""
_OfTheirOwn = cmd.SettleParked | cmd.RetryOutbound | cmd.AuthorityCommand
"""What has flows of its own."""


def decide(work: Workspace, command: cmd.Command, run: str) -> str:
    """Let the command happen in the workspace; the id of the record that the trace belongs to.

    Raises:
        VersionConflict: the record is not at the version that the caller expects.
        UsageError: it is not possible; nothing must be committed then.
    """
    if isinstance(command, _Save):
        return _save(work, command, run)
    if isinstance(command, _Library):
        return _on_library(work, command)
    if isinstance(command, _Learning):
        return _on_learning(work, command)
    if isinstance(command, cmd.AddCustomer | cmd.UnlinkIdentity):
        return _on_identity(work, command, run)
    if isinstance(command, cmd.CustomerCommand | cmd.EraseCustomer):
        return _on_customer(work, command, run)
    assert not isinstance(command, _OfTheirOwn)
    return _on_ticket(work, command, run)


def _save(work: Workspace, command: _Save, run: str) -> str:
    match command:
        case cmd.SavePhrase():
            if command.phrase is not None:
                _check_version("phrase", command.phrase, work.phrase(command.phrase).version, "", command)
            return library.save_phrase(work, command, run).id
        case cmd.SaveAsset():
            if command.asset is not None:
                _check_version("asset", command.asset, work.asset(command.asset).version, "", command)
            return assets.save_asset(work, command, run).id
        case cmd.SaveAgent():
            if command.agent is not None:
                agent = work.agent(command.agent)
                _check_version("agent", agent.id, agent.version, agent.presence.value, command)
            return staff.save_agent(work, command, run).id
        case cmd.SaveHolidays():
            return staff.save_holidays(work, command).id


def _on_library(work: Workspace, command: _Library) -> str:
    match command:
        case cmd.PutPhrases():
            if command.expected_version is not None:
                for one in command.phrases:
                    _check_version("phrase", one.id, work.phrase(one.id).version, "", command)
            library.put_phrases(work, command)
        case cmd.PutArticles():
            if command.expected_version is not None:
                for article in command.articles:
                    old = work.find(article.id)
                    _check_version("article", article.id, old.version if old is not None else 0, "", command)
            articles.put_articles(work, command)
        case cmd.RetireArticle():
            _check_version("article", command.article, work.article(command.article).version, "", command)
            articles.retire_article(work, command)
    return ev.LIBRARY


def _on_learning(work: Workspace, command: _Learning) -> str:
    match command:
        case cmd.JudgeSuggestions():
            lessons.judge_suggestions(work, command)
            return ev.LEARNING
        case cmd.ForgetLessons():
            lessons.forget(work, command)
            return ev.LEARNING
        case cmd.AdoptTraining():
            trainings.adopt(work, command)
        case cmd.ChooseTraining():
            trainings.choose(work, command)
    return ev.TRAINING


def _on_ticket(work: Workspace, command: cmd.TicketCommand, run: str) -> str:
    ticket = work.ticket(command.ticket)
    _check_version("ticket", ticket.id, ticket.version, ticket.category.value, command)
    ticket = catch_up(work, ticket)
    person = work.person(ticket.identity)
    ticket_commands.run(work, ticket, command, run)
    if ticket.goal is not None:
        settle(work, work.ticket(ticket.id))
    if person is not None:
        work.tell(*after_command(work, ticket, person, command.actor).verdicts)
    return ticket.id


def _on_identity(work: Workspace, command: cmd.AddCustomer | cmd.UnlinkIdentity, run: str) -> str:
    if isinstance(command, cmd.AddCustomer):
        return add_customer(work, command)
    home = home_of(work, command.identity)
    _check_version("customer", home.id, home.version, home.stage, command)
    return unlink_identity(work, home, command, run)


def _on_customer(work: Workspace, command: cmd.CustomerCommand | cmd.EraseCustomer, run: str) -> str:
    customer = work.customer(command.customer)
    if customer.merged_into is not None and not isinstance(command, cmd.MergeCustomers | cmd.UnmergeCustomers):
        customer = work.customer(customer.merged_into)
    _check_version("customer", customer.id, customer.version, customer.stage, command)
    customer = work.ready(customer)
    if isinstance(command, cmd.EraseCustomer):
        erasing.erase_customers(work, customer, run)
    else:
        customer_commands.run(work, customer, command)
    return customer.id


def _check_version(kind: str, key: str, version: int, state: str, command: cmd.Command) -> None:
    expected: int | None = getattr(command, "expected_version", None)
    if expected is not None and expected != version:
        raise VersionConflict(kind, key, expected=expected, state=state, command=command.kind)
