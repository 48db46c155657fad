"""What is not there to do it with: a package, a power, an open desk."""

from __future__ import annotations

from csdesk.errors._roots import UsageError


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
