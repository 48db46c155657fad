"""Every error csdesk raises, drawn as one tree.

    CsdeskError
    ├── UsageError               the caller's side: change the call, the configuration or the installation
    │   ├── InvalidInput         a value that cannot be used; names the field and the remedy
    │   ├── ConfigError          a configuration that cannot be used; names the path inside it
    │   │   └── ConfigUnreadable the desk runs a configuration that this release cannot use
    │   ├── ConfigMismatch       the desk runs another configuration than the one it was opened with
    │   ├── IllegalTransition    a ticket cannot go where the command wants it
    │   ├── WordingRefused       the policy on wording speaks against words of a reply; names the places
    │   ├── Denied               the actor may not run the command
    │   ├── OutsideAuthority     it goes beyond what the actor may give
    │   ├── NotOffered           customers may not do this by themselves now
    │   ├── StaleWorker          the command comes from a worker that no longer holds the ticket
    │   ├── LeaseHeld            somebody else works on the ticket
    │   ├── BotBarred            a bot may not work on the ticket
    │   ├── MissingExtra         an optional package is not installed; names the extra
    │   ├── UnsupportedFeature   the store or channel does not have this power
    │   ├── AssetUnfit           no form of an asset can be sent on a channel
    │   ├── DeskClosed           the desk was closed before the call
    │   ├── TransactionOpen      the host has a transaction open, and the call needs to commit by itself
    │   └── FlowError            a flow broke its contract (a bug in csdesk or in an extension)
    ├── RemoteError              the other side: a channel's provider, the host's shop
    │   ├── ChannelError         carries a disposition: what the desk does next
    │   ├── RequestRejected      a web request is not from the provider, or malformed
    │   ├── ProductsUnavailable  the shop told nothing usable about its products
    │   └── BusinessUnavailable  the host's orders, CRM or staff list told nothing usable
    └── StoreError               the storage
        ├── NotFound             no record has that id
        ├── VersionConflict      somebody else changed the record first
        ├── ClaimTaken           somebody else owns the unique key
        ├── GuardFailed          a counter would pass its limit
        ├── SchemaTooNew         the data was written by a newer release
        ├── StoreBusy            the storage is locked or overloaded; try again
        ├── CommitUnknown        nobody knows whether the commit happened; read the claim to find out
        └── StoreDamaged         the storage is not a csdesk store, or it is broken

Messages name the thing and the remedy; they never hold a customer's text or a secret. ``code`` and ``params`` stand in
the message catalogues, so an application can show any error in Chinese or English with ``csdesk.render``.

A problem and a remedy are English where they are raised, as a literal or, with values in it, as a template::

    raise InvalidInput("desk", "is not a desk name", "pass 1 to 64 printable characters")
    raise InvalidInput("queue", sentence("no queue {name!r}", name=queue), nearest(queue, known))

Never as an f-string: the literal and the template are the keys under which ``csdesk.domain.locale.sentences`` has the
Chinese. In a place of a template stand names, numbers, instants, tuples of names and other sentences; words of another
system's error may too, and stay as they are. A test finds every text in the source and asks for its Chinese one; a
parameter that takes such a text is called ``problem`` or ``remedy``, so that the test can follow it.
"""

from __future__ import annotations

from typing import ClassVar, Literal, NamedTuple

from csdesk._sentence import Sentence, sentence

__all__ = [
    "AssetUnfit",
    "BotBarred",
    "BusinessSystem",
    "BusinessUnavailable",
    "ChannelError",
    "ClaimTaken",
    "CommitUnknown",
    "ConfigError",
    "ConfigMismatch",
    "ConfigUnreadable",
    "CsdeskError",
    "Denied",
    "DeskClosed",
    "Disposition",
    "FlowError",
    "GuardFailed",
    "IllegalTransition",
    "InvalidInput",
    "LeaseHeld",
    "MissingExtra",
    "NotFound",
    "NotOffered",
    "OutsideAuthority",
    "Problem",
    "ProductsUnavailable",
    "RemoteError",
    "RequestRejected",
    "SchemaTooNew",
    "Sentence",
    "StaleWorker",
    "StoreBusy",
    "StoreDamaged",
    "StoreError",
    "TransactionOpen",
    "UnsupportedFeature",
    "UsageError",
    "VersionConflict",
    "WordingRefused",
    "sentence",
]

Disposition = Literal[
    "retry", "refresh_auth", "wait_customer", "fix_content", "operator", "recipient_gone", "unknown_outcome"
]
"""What the desk does after a channel error: see ``docs/how-to/write-a-channel.md``."""

BusinessSystem = Literal["orders", "crm", "staff"]
"""The systems of the host's that the desk can ask: see ``csdesk.ports.business``."""

Param = str | int | float | bool | None


class CsdeskError(Exception):
    """The root of every error csdesk raises on purpose."""

    code: ClassVar[str] = "error"
    """The catalogue key of this kind of error."""
    retryable: ClassVar[bool] = False
    """True when the same call may succeed later without any change."""
    status_hint: ClassVar[int] = 500
    """The HTTP status that fits when a web view must answer."""

    def __init__(self, message: str, **params: Param) -> None:
        super().__init__(message)
        self.params: dict[str, Param] = params

    def __reduce__(self) -> tuple[object, ...]:
        # Errors come from worker processes too. Each kind has its own arguments, so what it holds is carried over.
        return _again, (type(self), self.args, dict(self.__dict__))


def _again(kind: type[CsdeskError], args: tuple[object, ...], held: dict[str, object]) -> CsdeskError:
    """An error as it was in another process."""
    error = kind.__new__(kind, *args)
    error.args = args
    error.__dict__.update(held)
    return error


class UsageError(CsdeskError):
    """The caller's side: change the call, the configuration or the installation."""

    code = "error.usage"
    status_hint = 400


class InvalidInput(UsageError, ValueError):
    """A value that cannot be used. ``field`` names it, ``problem`` says why, ``remedy`` says what would do."""

    code = "error.invalid_input"
    status_hint = 422

    def __init__(self, field: str, problem: str, remedy: str) -> None:
        super().__init__(f"{field}: {problem}; {remedy}", field=field, problem=problem, remedy=remedy)
        self.field = field
        self.problem = problem
        self.remedy = remedy


class Problem(NamedTuple):
    """One thing that is wrong with a configuration."""

    path: str
    problem: str
    remedy: str


class ConfigError(UsageError, ValueError):
    """A configuration that cannot be used. ``path`` leads to the value inside it; ``problems`` are all that were found.

    References between sections are looked at when each section is right by itself.
    """

    code = "error.config"

    def __init__(self, path: str, problem: str, remedy: str, *, more: tuple[Problem, ...] = ()) -> None:
        told = f" (and {len(more)} more)" if more else ""
        super().__init__(
            f"config.{path}: {problem}; {remedy}{told}",
            path=path,
            problem=problem,
            remedy=remedy,
            more=len(more) or None,
        )
        self.path = path
        self.remedy = remedy
        self.problems = (Problem(path, problem, remedy), *more)


class ConfigUnreadable(ConfigError):
    """The desk runs a configuration that this release cannot use: another release stored it, or it was damaged.

    Reading goes on; nothing is decided and nothing is sent until a configuration is active that can be used. The path,
    the problem and all ``problems`` are those of the stored configuration, ``active`` is its digest.
    """

    code = "error.config_unreadable"
    status_hint = 503

    def __init__(self, desk: str, active: str, problems: tuple[Problem, ...]) -> None:
        path, problem, remedy = problems[0]
        told = f" (and {len(problems) - 1} more)" if len(problems) > 1 else ""
        super(ConfigError, self).__init__(
            f"desk {desk!r} runs configuration {active[:12]}, which this release cannot use: config.{path}: {problem}"
            f"{told}; open it with the release that stored it, or make another one active: "
            "open_desk(..., config=..., activate=True)",
            desk=desk,
            active=active[:12],
            path=path,
            problem=problem,
        )
        self.path = path
        self.remedy = remedy
        self.problems = problems
        self.active = active


class ConfigMismatch(UsageError):
    """The desk runs another configuration than the one it was opened with."""

    code = "error.config_mismatch"
    status_hint = 409

    def __init__(self, desk: str, active: str, given: str) -> None:
        super().__init__(
            f"desk {desk!r} runs configuration {active[:12]}, it was opened with {given[:12]}; "
            "pass activate=True to make the given one active, or config=None to take the active one",
            desk=desk,
            active=active[:12],
            given=given[:12],
        )


class IllegalTransition(UsageError):
    """A ticket cannot go where the command wants it."""

    code = "error.illegal_transition"
    status_hint = 409

    def __init__(self, ticket: str, state: str, command: str) -> None:
        super().__init__(
            f"ticket {ticket} is {state}: {command} is not possible from there",
            ticket=ticket,
            state=state,
            command=command,
        )


class WordingRefused(UsageError):
    """The policy on wording refuses words of a reply.

    ``places`` names each of them: its kind, where it begins and ends in the reply's text, and how to say it better.
    """

    code = "error.wording_refused"
    status_hint = 422

    def __init__(self, places: tuple[tuple[str, int, int, str], ...]) -> None:
        told = sentence("{places}", places=tuple(_place(*one) for one in places))
        super().__init__(
            f"the reply says what the desk's wording policy refuses: {told}; "
            "change it, or pass override= with the reason",
            places=told,
        )
        self.places = places


def _place(kind: str, start: int, end: int, instead: str) -> Sentence:
    if instead:
        return sentence("{kind} at {start}-{end} (say: {instead})", kind=kind, start=start, end=end, instead=instead)
    return sentence("{kind} at {start}-{end}", kind=kind, start=start, end=end)


class Denied(UsageError):
    """The actor may not run the command; the refusal is recorded as an event."""

    code = "error.denied"
    status_hint = 403

    def __init__(self, actor: str, command: str, reason: str) -> None:
        super().__init__(f"{actor} may not run {command}: {reason}", actor=actor, command=command, reason=reason)


class OutsideAuthority(UsageError):
    """It goes beyond what the actor may give customers.

    ``outcome`` says whether somebody can approve it (``needs_approval``) or not (``forbidden``); ``alternatives`` are
    the names of what to offer instead. ``desk.authority.decide`` tells which limits stand in the way.
    """

    code = "error.outside_authority"
    status_hint = 403

    def __init__(
        self,
        actor: str,
        action: str,
        amount: str,
        *,
        outcome: Literal["needs_approval", "forbidden"],
        alternatives: tuple[str, ...] = (),
    ) -> None:
        reason = "needs_approval" if outcome == "needs_approval" else "nobody_approves"
        offers = ", ".join(alternatives)
        told = "ask for approval: desk.authority.request" if outcome == "needs_approval" else "nobody can approve it"
        super().__init__(
            f"{action} of {amount} is beyond what {actor} may give; {told}"
            + (f"; offer instead: {offers}" if offers else ""),
            actor=actor,
            action=action,
            amount=amount,
            reason=reason,
            alternatives=offers,
        )
        self.outcome = outcome
        self.alternatives = alternatives


class NotOffered(UsageError):
    """Customers may not do this by themselves now: the condition of the self-service action does not hold for them."""

    code = "error.not_offered"
    status_hint = 403

    def __init__(self, service: str, customer: str) -> None:
        super().__init__(
            f"{service} is not offered to customer {customer} now; desk.self_service.offered tells why",
            service=service,
            customer=customer,
        )


class StaleWorker(UsageError):
    """The command comes from a worker that no longer holds the ticket (its fencing number is old)."""

    code = "error.stale_worker"
    status_hint = 409

    def __init__(self, ticket: str, given: int, current: int, holder: str = "") -> None:
        held = f"{holder} works on it under {current}" if holder else "nobody works on it now"
        super().__init__(
            f"ticket {ticket}: the lease under {given} is over, {held}; load the ticket again, and take a lease anew "
            "if you still want to work on it",
            ticket=ticket,
            given=given,
            current=current,
            holder=holder or None,
        )


class LeaseHeld(UsageError):
    """Somebody works on the ticket, so that nobody else may. ``until`` in the params is ISO 8601, None: no end."""

    code = "error.lease_held"
    status_hint = 409

    def __init__(self, ticket: str, holder: str, until: str | None) -> None:
        told = f" until {until}" if until is not None else ""
        super().__init__(
            f"ticket {ticket}: {holder} works on it{told}; wait, or take over with take_over=True and a reason",
            ticket=ticket,
            holder=holder,
            until=until,
        )


class BotBarred(UsageError):
    """A bot may not work on the ticket: its queue or type bars bots, people have it, or it was handed off to them."""

    code = "error.bot_barred"
    status_hint = 403

    def __init__(self, ticket: str, bot: str, reason: str) -> None:
        super().__init__(
            f"ticket {ticket}: no bot may work on it ({reason}); leave it to people, or let one of them hand it back",
            ticket=ticket,
            bot=bot,
            reason=reason,
        )


class MissingExtra(UsageError, ImportError):
    """An optional package is not installed. ``extra`` names what to install."""

    code = "error.missing_extra"

    def __init__(self, extra: str, package: str, feature: str) -> None:
        super().__init__(
            f"{feature} needs the package {package}: pip install 'csdesk[{extra}]'",
            extra=extra,
            package=package,
            feature=feature,
        )
        self.extra = extra


class UnsupportedFeature(UsageError):
    """The store or channel does not have this power; nothing was done."""

    code = "error.unsupported"
    status_hint = 501

    def __init__(self, thing: str, feature: str, remedy: str) -> None:
        super().__init__(f"{thing} cannot {feature}; {remedy}", thing=thing, feature=feature, remedy=remedy)


class AssetUnfit(UsageError):
    """No form of an asset can be sent on a channel; nothing was done. The remedy says what could."""

    code = "error.asset_unfit"
    status_hint = 409

    def __init__(self, asset: str, account: str, lacks: tuple[str, ...], takes: tuple[str, ...]) -> None:
        told, forms = ", ".join(lacks), ", ".join(takes)
        super().__init__(
            f"no form of asset {asset} fits account {account} ({told}); add one that does: it takes {forms}",
            asset=asset,
            account=account,
            lacks=told,
            takes=forms,
        )


class DeskClosed(UsageError):
    """The desk was closed before the call."""

    code = "error.desk_closed"

    def __init__(self, desk: str) -> None:
        super().__init__(f"desk {desk!r} is closed; open it again", desk=desk)


class TransactionOpen(UsageError):
    """The host has a transaction open on the connection that it shares, and the call has to commit by itself."""

    code = "error.transaction_open"
    status_hint = 409

    def __init__(self, call: str) -> None:
        super().__init__(f"{call} cannot run inside the host's transaction; commit it or roll it back first", call=call)


class FlowError(UsageError):
    """A flow broke its contract: a third load, or a reply of the wrong kind. A bug in csdesk or an extension."""

    code = "error.flow"
    status_hint = 500


class RemoteError(CsdeskError):
    """The channel's other side refused or failed."""

    code = "error.remote"
    status_hint = 502


class ChannelError(RemoteError):
    """A provider's refusal or failure, translated: ``disposition`` says what the desk does next.

    ``retry_after`` is in seconds, at most a day of which counts, and None where the provider gave no time.
    ``provider_code`` is the provider's own word for the error; it never holds a secret. ``media_expired`` says that an
    uploaded id is no longer good: the desk uploads again and sends once more. ``alone`` says that it is about this
    message or its recipient, and tells nothing of the account: failures that are not pause an account after a few in a
    row.
    """

    code = "error.channel"

    def __init__(
        self,
        account: str,
        problem: str,
        *,
        disposition: Disposition,
        provider_code: str | None = None,
        retry_after: float | None = None,
        media_expired: bool = False,
        alone: bool = False,
    ) -> None:
        super().__init__(
            f"account {account}: {problem} ({disposition})",
            account=account,
            problem=problem,
            disposition=disposition,
            provider_code=provider_code,
        )
        self.account = account
        self.disposition: Disposition = disposition
        self.provider_code = provider_code
        self.retry_after = retry_after
        self.media_expired = media_expired
        self.alone = alone


class RequestRejected(RemoteError):
    """A web request is not from the provider, or malformed. ``reason`` is a code; it never holds what was sent."""

    code = "error.request_rejected"
    status_hint = 403

    def __init__(self, reason: str) -> None:
        super().__init__(f"the request was refused ({reason})", reason=reason)
        self.reason = reason


class ProductsUnavailable(RemoteError):
    """The host's shop told nothing usable about its products.

    ``reason``: ``late``, ``wrong`` (it broke its contract), the code of a csdesk error, or the name of another.
    """

    code = "error.products_unavailable"
    retryable = True
    status_hint = 503

    def __init__(self, reason: str) -> None:
        super().__init__(f"the shop told nothing about its products ({reason}); try again", reason=reason)
        self.reason = reason


class BusinessUnavailable(RemoteError):
    """One of the host's own systems told nothing usable.

    ``system``: ``orders``, ``crm`` or ``staff``. ``reason``: ``late``, ``wrong`` (it broke its contract), ``empty`` (a
    staff list of nobody), the code of a csdesk error, or the name of another.
    """

    code = "error.business_unavailable"
    retryable = True
    status_hint = 503

    def __init__(self, system: BusinessSystem, reason: str) -> None:
        super().__init__(f"the host's {system} told nothing usable ({reason}); try again", system=system, reason=reason)
        self.system: BusinessSystem = system
        self.reason = reason


class StoreError(CsdeskError):
    """The storage refused or failed; nothing was written unless the error says so."""

    code = "error.store"


class NotFound(StoreError, LookupError):
    """No record of that kind has that id in this desk."""

    code = "error.not_found"
    status_hint = 404

    def __init__(self, kind: str, key: str, *, remedy: str = "") -> None:
        told = f"; {remedy}" if remedy else ""
        super().__init__(f"no {kind} {key} in this desk{told}", kind=kind, key=key, remedy=remedy)
        self.kind = kind
        self.key = key
        self.remedy = remedy


class VersionConflict(StoreError):
    """Somebody else changed the record first. Flows start again by themselves; a caller's own version does not."""

    code = "error.version_conflict"
    retryable = True
    status_hint = 409

    def __init__(self, kind: str, key: str, *, expected: int, state: str = "", command: str = "") -> None:
        told = f" ({state})" if state else ""
        wanted = f"; {command} was not done" if command else ""
        super().__init__(
            f"{kind} {key}{told} is no longer at version {expected}{wanted}; load it again",
            kind=kind,
            key=key,
            expected=expected,
            state=state,
            command=command,
        )
        self.kind = kind
        self.key = key
        self.expected = expected


class ClaimTaken(StoreError):
    """Somebody else owns the unique key. Flows start again by themselves."""

    code = "error.claim_taken"
    retryable = True
    status_hint = 409

    def __init__(self, key: str, owner: str) -> None:
        super().__init__(f"claim {key} is owned by {owner}", key=key, owner=owner)
        self.key = key
        self.owner = owner


class GuardFailed(StoreError):
    """A counter would pass its limit; nothing was written."""

    code = "error.guard_failed"
    retryable = True
    status_hint = 409

    def __init__(self, counter: str, amount: int, limit: int) -> None:
        super().__init__(
            f"counter {counter}: adding {amount} would pass {limit}", counter=counter, amount=amount, limit=limit
        )
        self.counter = counter


class SchemaTooNew(StoreError):
    """The data was written by a newer release of csdesk: update csdesk."""

    code = "error.schema_too_new"

    def __init__(self, thing: str, found: int, known: int) -> None:
        super().__init__(
            f"{thing} has schema {found}, this csdesk knows up to {known}; update csdesk",
            thing=thing,
            found=found,
            known=known,
        )


class StoreBusy(StoreError):
    """The storage is locked or overloaded; the same call may succeed later."""

    code = "error.store_busy"
    retryable = True
    status_hint = 503


class CommitUnknown(StoreError):
    """Nobody knows whether the commit happened. Flows read their claim to find out and never repeat an effect."""

    code = "error.commit_unknown"
    retryable = True
    status_hint = 503


class StoreDamaged(StoreError):
    """The storage is not a csdesk store, or it is broken."""

    code = "error.store_damaged"
