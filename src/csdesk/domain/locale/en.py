"""The English catalogue."""

from __future__ import annotations

from typing import Final

TEXTS: Final[dict[str, str]] = {
    # Verdicts
    "dedupe.new": "first delivery of this message",
    "dedupe.replay": "this message was handled before; nothing is done twice",
    "identity.known": "a known customer, found by identity",
    "identity.created": "first contact: a new customer was added",
    "identity.linked": "a new identity was linked to a known customer",
    "identity.blocked": "the customer is blocked: the message is stored and goes no further",
    "window.open": "a reply is possible[ until {until}]",
    "window.closed": "no reply is possible until the customer writes again",
    "time.clamped": "the sending time was not plausible and was moved[ by {seconds} s]",
    "time.skew": "the clock stands before the ticket's last entry; that entry's time was taken[ ({seconds} s later)]",
    "thread.hint": "the signed reply address led to a ticket",
    "thread.reference": "a message that this one answers led to a ticket",
    "thread.conversation": "the conversation has a ticket already",
    "thread.none": "no ticket to join",
    "thread.stranger": "the sender takes no part in the ticket[ {ticket}]; that evidence is not trusted",
    "thread.merged": "the ticket was merged; the message goes to the survivor[ {into}]",
    "thread.reopened": "the customer wrote again: the ticket[ {ticket}] is open again",
    "thread.follow_up": "too late to reopen: a follow-up ticket, linked to the old one[ {ticket}]",
    "ticket.opened": "a new ticket[: {ticket}]",
    "read.language": "the language was recognised[: {language}]",
    "read.tags": "tags by keyword[: {tags}]",
    "rules.fired": "rules fired[: {rule}][: {rules}]",
    "rules.none": "no rule fired",
    "rules.alert": "alert {alert} was raised[ by rule {rule}]",
    "rules.illegal": "a rule wanted status {status}; a ticket that is {category} cannot go there",
    "inbox.waits": "an earlier message of the conversation waits to be repaired; this one queues behind it",
    "clocks.started": "clocks started under {policy}[: {clocks}]",
    "clocks.none": "no service level applies",
    "route.kept": "stays with whom it was[ ({worker})]",
    "route.assigned": "assigned to {agent}, whose load was {load}[, in queue {queue}]",
    "route.no_candidate": "nobody in queue {queue} can take it now",
    "route.full": "everybody is at capacity; the ticket waits in its queue",
    "reply.off": "automatic replies are off",
    "reply.skipped": "no automatic reply: {reason}",
    "reply.auto": "answered with phrase {phrase}, confidence {confidence}",
    "reply.hand_over": "left to a person: {reason}",
    "reply.none": "no phrase fits",
    "parked": "the message could not be handled and waits to be repaired[ ({error})]",
    "record": "see record[ {id}]",
    # Errors
    "error": "csdesk failed",
    "error.usage": "the call cannot be carried out as it is",
    "error.invalid_input": "{field}: {problem}; {remedy}",
    "error.config": "setting {path}: {problem}; {remedy}",
    "error.config_mismatch": (
        "desk {desk} runs configuration {active}, it was opened with {given}; pass activate=True to make the given one "
        "active, or config=None to take the active one"
    ),
    "error.illegal_transition": "ticket {ticket} is {state}: {command} is not possible from there",
    "error.denied": "{actor} may not run {command}: {reason}",
    "error.stale_worker": (
        "ticket {ticket} has another worker now: number {given} is old, {current} holds; load the ticket again"
    ),
    "error.calendar": "{field}: {problem}; {remedy}",
    "error.no_working_time": "{field}: {problem}; {remedy}",
    "error.holidays_unknown": "{field}: {problem}; {remedy}",
    "error.missing_extra": "{feature} needs {package}: install csdesk with its extra {extra}",
    "error.unsupported": "{thing} cannot {feature}; {remedy}",
    "error.desk_closed": "desk {desk} is closed; open it again",
    "error.flow": "a flow broke its contract: a bug in csdesk or in an extension",
    "error.remote": "the channel's other side refused or failed",
    "error.channel": "account {account}: {problem} (next: {disposition})[, provider code {provider_code}]",
    "error.store": "the storage refused or failed; nothing was written",
    "error.not_found": "no {kind} {key} in this desk",
    "error.version_conflict": "somebody changed {kind} {key}: version {expected} is past; load it again",
    "error.claim_taken": "the unique key {key} belongs to {owner}",
    "error.guard_failed": "adding {amount} to counter {counter} would pass {limit}",
    "error.schema_too_new": "{thing} has schema {found}, this csdesk knows up to {known}; update csdesk",
    "error.store_busy": "the storage is busy or locked; try again later",
    "error.commit_unknown": "nobody knows whether the commit happened; read its claim before trying again",
    "error.store_damaged": "this is no csdesk store, or it is damaged",
}

REASONS: Final[dict[str, str]] = {
    # Access
    "refused": "a grant refuses it",
    "not_granted": "nothing grants it",
    # Automatic replies
    "not_human": "a machine wrote the message",
    "backlog": "the message was old when it arrived",
    "forbidden": "a rule forbids it, or the ticket is finished",
    "answered": "a person has answered",
    "session": "this session has had its automatic reply",
    "daily_limit": "this sender has had today's automatic replies",
    "no_match": "no phrase fits",
    "low_score": "the best phrase is not sure enough",
    "close_call": "two phrases are too close to call",
    "confident": "sure enough, but not allowed to go out by itself",
}
