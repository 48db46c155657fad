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

Beside them stands ``CsdeskWarning``, the root of what csdesk says with Python's ``warnings``.

Messages name the thing and the remedy; they never hold a customer's text or a secret. ``code`` and ``params`` stand in
the message catalogues, so an application can show any error or warning in Chinese or English with ``csdesk.render``.

A problem and a remedy are English where they are raised, as a literal or, with values in it, as a template::

    raise InvalidInput("desk", "is not a desk name", "pass 1 to 64 printable characters")
    raise InvalidInput("queue", sentence("no queue {name!r}", name=queue), nearest(queue, known))

Never as an f-string: the literal and the template are the keys under which ``csdesk.domain.locale.sentences`` has the
Chinese. In a place of a template stand names, numbers, instants, tuples of names and other sentences; words of another
system's error may too, and stay as they are. A test finds every text in the source and asks for its Chinese one; a
parameter that takes such a text is called ``problem`` or ``remedy``, so that the test can follow it.
"""

from __future__ import annotations

from csdesk._sentence import Sentence, sentence
from csdesk.errors._roots import CsdeskError, CsdeskWarning, RemoteError, StoreError, UsageError
from csdesk.errors.inputs import ConfigError, ConfigMismatch, ConfigUnreadable, InvalidInput, Problem
from csdesk.errors.refusals import (
    BotBarred,
    Denied,
    IllegalTransition,
    LeaseHeld,
    NotOffered,
    OutsideAuthority,
    StaleWorker,
    WordingRefused,
)
from csdesk.errors.remote import (
    BusinessSystem,
    BusinessUnavailable,
    ChannelError,
    Disposition,
    ProductsUnavailable,
    RequestRejected,
)
from csdesk.errors.setup import AssetUnfit, DeskClosed, FlowError, MissingExtra, TransactionOpen, UnsupportedFeature
from csdesk.errors.storage import (
    ClaimTaken,
    CommitUnknown,
    GuardFailed,
    NotFound,
    SchemaTooNew,
    StoreBusy,
    StoreDamaged,
    VersionConflict,
)

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
    "CsdeskWarning",
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

for _name in __all__:
    if globals()[_name].__module__.startswith(f"{__name__}."):
        globals()[_name].__module__ = __name__  # tracebacks and pickles name each by where it is public
del _name
