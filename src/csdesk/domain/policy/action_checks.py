"""What the actions of rules and macros may name."""

from __future__ import annotations

from csdesk._nearest import nearest
from csdesk.domain.policy.condition_checks import check_value
from csdesk.domain.policy.names import Names
from csdesk.domain.records._settings import refused, unknown
from csdesk.domain.rules import actions
from csdesk.domain.rules.fields import FieldType, Op
from csdesk.errors import sentence


def check_action(names: Names, action: actions.Action, *path: str | int) -> None:
    """Refuse what an action names and the configuration lacks."""
    match action:
        case actions.SetQueue() | actions.SetSite() | actions.SetType():
            _check_place(names, action, *path)
        case actions.Transfer() | actions.HandOff() | actions.HandBack():
            _check_hand_on(names, action, *path)
        case actions.SetStatus():
            names.status(action.status, *path, "status")
        case actions.SetField():
            _check_set_field(names, action, *path)
        case (
            actions.AddTags()
            | actions.RemoveTags()
            | actions.SetTags()
            | actions.TagCustomer()
            | actions.UntagCustomer()
        ):
            for place, tag in enumerate(action.tags):
                names.own_tag(tag, *path, "tags", place)
        case actions.Promise():
            names.calendar(action.calendar, *path, "calendar")
        case actions.FlagCustomer() | actions.LiftFlag() | actions.FlagTicket() | actions.LiftTicketFlag():
            names.flag(action.flag, *path, "flag")
        case _:
            pass


def _check_place(names: Names, action: actions.SetQueue | actions.SetSite | actions.SetType, *path: str | int) -> None:
    if isinstance(action, actions.SetQueue):
        names.queue(action.queue, *path, "queue")
    elif isinstance(action, actions.SetType):
        names.type(action.type, *path, "type")
    elif action.site is not None:
        names.site(action.site, *path, "site")


def _check_hand_on(
    names: Names, action: actions.Transfer | actions.HandOff | actions.HandBack, *path: str | int
) -> None:
    if isinstance(action, actions.Transfer):
        _check_transfer(names, action, *path)
    else:
        _check_bot_action(names, action, *path)


def _check_transfer(names: Names, action: actions.Transfer, *path: str | int) -> None:
    if action.queue is not None:
        names.queue(action.queue, *path, "queue")
    if action.department is not None and action.department not in names.departments:
        raise unknown("department", action.department, names.departments, *path, "department")
    said = {one.name for one in action.fields if one.text.strip()}
    missing = [one for one in names.offered.fields if one not in said] if action.asks else []
    if missing:
        problem = sentence("the brief lacks {names}, which [transfer] asks for", names=tuple(missing))
        raise refused(problem, 'say it: fields = [{ name = "...", text = "..." }]', *path, "fields")
    if action.asks and names.offered.brief_required and not (said or action.brief.strip()):
        raise refused("says nothing to the next one", "say what they must know", *path, "brief")


def _check_bot_action(names: Names, action: actions.HandOff | actions.HandBack, *path: str | int) -> None:
    if not names.receiving:
        raise refused("no queue of this desk has a bot", "give a queue a bot, or leave it out", *path, "do")
    if isinstance(action, actions.HandBack) and action.queue is not None:
        names.queue(action.queue, *path, "queue")
        if action.queue not in names.receiving:
            told = "no bot receives in that queue"
            raise refused(told, nearest(action.queue, sorted(names.receiving)), *path, "queue")


def _check_set_field(names: Names, action: actions.SetField, *path: str | int) -> None:
    field = names.custom(f"ticket.{action.name}", *path, "name")
    if field is not None and action.value is not None:
        check_value(field, Op.CONTAINS if field.type is FieldType.TEXT else Op.EQ, action.value, *path)
