"""The table of what rules cover names every field, operator and action that there is, and none that there is not."""

import re
from pathlib import Path
from typing import get_args

from csdesk.domain.rules import actions
from csdesk.domain.rules.fields import FIELDS, Op

PAGE = (Path(__file__).parents[2] / "docs" / "reference" / "rule-coverage.md").read_text(encoding="utf-8")


def words(head: str) -> set[str]:
    """What stands in backticks in the right column of a section."""
    section = PAGE.split(f"## {head}\n")[1].split("\n## ")[0]
    right = "\n".join(line.split("|")[2] for line in section.splitlines() if line.startswith("|"))
    return {word for quoted in re.findall(r"`([^`]+)`", right) for word in quoted.split(" = ")[:1]}


DOES = {one.model_fields["do"].default for one in get_args(get_args(actions.Action)[0])}


def test_every_action_stands_in_it_and_no_other():
    assert words("Actions") >= DOES
    others = {one for one in words("Actions") - DOES if "." not in one}
    assert others == {"when", "purpose", "escalate"}


def test_every_operator_stands_in_it_and_no_other():
    assert words("Operators") == {*Op, "all", "any", "none"}


def test_every_field_stands_in_it():
    named = words("Fields") | {"first"}
    missing = {name for name in FIELDS if name not in named and name.partition(".")[2] not in named}
    # These go without saying: what they belong to is there.
    assert missing <= {
        *("message.is_reply", "message.copied", "ticket.is_new", "ticket.account", "ticket.close_reason"),
        *("ticket.messages", "ticket.unanswered", "ticket.participants", "ticket.customer_at"),
        *("customer.name", "customer.agent", "customer.is_new", "customer.is_merged", "customer.identities"),
        *("customer.created_at", "customer.ticket_at", "customer.browse_at", "customer.cart_at"),
        *("customer.payment_at", "customer.refund_at", "customer.redeem_at"),
    }
    unknown = {one for one in named if re.fullmatch(r"(ticket|message|time|actor)\.[a-z_]+", one)} - {*FIELDS}
    assert unknown == set()
