"""The private tables cover every member of the union that they are for."""

from typing import get_args

import pytest

from csdesk.domain.core import evolve
from csdesk.domain.core.casework import ticket_commands
from csdesk.domain.core.customers import customer_commands
from csdesk.domain.records import commands as cmd
from csdesk.domain.records import events as ev
from csdesk.domain.records.tickets import LIVE, TRANSITIONS, Category, Move
from csdesk.engine import local
from csdesk.ports import steps

OF_THE_DESK = {
    ev.SessionAnswered,
    ev.ConfigActivated,
    ev.MessageParked,
    ev.MessageReleased,
    ev.AccountPaused,
    ev.AccountResumed,
}
"""Events that stand in the desk's own stream and change no record."""


def members(union):
    found = get_args(union)
    return set(get_args(found[0])) if found and not isinstance(found[0], type) else set(found)


def test_every_event_has_its_fold():
    folds = set(evolve._FOLDS) | set(evolve.ON_MESSAGES)
    assert members(ev.Event) - folds <= OF_THE_DESK
    assert folds <= members(ev.Event)
    assert not set(evolve._FOLDS) & set(evolve.ON_MESSAGES)


def test_every_command_has_its_run():
    assert set(ticket_commands._RUNS) == members(cmd.TicketCommand)
    assert set(customer_commands._RUNS) == set(get_args(cmd.CustomerCommand))
    elsewhere = {
        cmd.SaveAgent,
        cmd.SavePhrase,
        cmd.SaveAsset,
        cmd.PutPhrases,
        cmd.PutArticles,
        cmd.RetireArticle,
        cmd.JudgeSuggestions,
        cmd.ForgetLessons,
        cmd.AdoptTraining,
        cmd.ChooseTraining,
        cmd.SaveHolidays,
        cmd.SettleParked,
        cmd.RetryOutbound,
        cmd.AddCustomer,
        cmd.UnlinkIdentity,
    }
    elsewhere |= {cmd.EraseCustomer, *get_args(cmd.AuthorityCommand)}
    everything = set(ticket_commands._RUNS) | set(customer_commands._RUNS) | elsewhere
    assert everything == members(cmd.Command)


def test_every_local_step_is_performed():
    assert set(local._PERFORM) | set(get_args(local.NetworkStep)) == set(get_args(steps.Step))
    assert not set(local._PERFORM) & set(get_args(local.NetworkStep))


def test_every_category_that_can_be_set_has_a_move_that_leads_there():
    assert set(ticket_commands.MOVES) == set(Category) - {Category.NEW, Category.MERGED}
    for category, move in ticket_commands.MOVES.items():
        assert set(TRANSITIONS[move].values()) == {category}


@pytest.mark.parametrize("move", Move)
def test_every_move_stands_in_the_table(move):
    assert TRANSITIONS[move]
    if move not in (Move.REOPEN, Move.UNMERGE, Move.CUSTOMER_MESSAGE, Move.AGENT_REPLY):
        assert set(TRANSITIONS[move]) <= LIVE | {Category.RESOLVED}
