"""Asking the host's shop about products, for people and for phrases that name facts."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import timedelta
from typing import Final

from csdesk.domain.records.phrases import LibraryPhrase
from csdesk.domain.records.products import PRODUCT, Comparison, Product, ProductQuestion, compared, sources_from
from csdesk.errors import CsdeskError, InvalidInput, NotFound, ProductsUnavailable, UnsupportedFeature
from csdesk.flows.reading import checks
from csdesk.ports import steps
from csdesk.ports.steps import Flow

WITHIN: Final = timedelta(seconds=5)
"""How long the shop has, unless the caller says otherwise."""


def facts(
    skus: Iterable[str], names: Iterable[str], language: str | None, within: timedelta
) -> Flow[tuple[Product, ...]]:
    """The products of these SKUs, in their order.

    Raises:
        NotFound: the shop does not know one of them.
        ProductsUnavailable: it failed, was late, or broke its contract.
    """
    wanted = tuple(dict.fromkeys(checks.an_id(one, "skus") for one in checks.several(skus, "skus")))
    named = tuple(checks.an_id(one, "names") for one in checks.several(names, "names"))
    if language is not None:
        checks.an_id(language, "language")
    checks.patience(within)
    scope = yield from steps.attempt(0)
    question = ProductQuestion(
        skus=wanted, names=named, language=language, asked_at=scope.now, deadline=scope.now + within
    )
    found = yield from _answered(question, within)
    for sku in wanted:
        if sku not in found:
            raise NotFound("product", sku)
    return tuple(found[sku] for sku in wanted)


def compare(first: str, second: str, names: Iterable[str], language: str | None, within: timedelta) -> Flow[Comparison]:
    """Two products side by side.

    Raises:
        InvalidInput: they are one product.
        NotFound: the shop does not know one of them.
        ProductsUnavailable: it failed, was late, or broke its contract.
    """
    if first == second:
        raise InvalidInput("second", "is the first one", "name two products")
    one, other = yield from facts((first, second), names, language, within)
    return compared(one, other)


def _answered(question: ProductQuestion, within: timedelta) -> Flow[dict[str, Product]]:
    try:
        told = yield from steps.ask_products(question, within)
    except TimeoutError:
        raise ProductsUnavailable("late") from None
    except (UnsupportedFeature, ProductsUnavailable):
        raise
    except CsdeskError as error:
        raise ProductsUnavailable(error.code) from error
    except Exception as error:
        raise ProductsUnavailable(type(error).__name__) from error
    if isinstance(told, str) or not isinstance(told, Sequence) or not all(isinstance(one, Product) for one in told):
        raise ProductsUnavailable("wrong")
    found = {one.sku: one for one in told}
    if len(found) < len(told) or not found.keys() <= set(question.skus):
        raise ProductsUnavailable("wrong")
    return found


def wanted_by(phrases: Iterable[LibraryPhrase], given: Iterable[str] = ()) -> tuple[str, ...]:
    """The facts that phrases leave open, without those whose variables have a value."""
    known = frozenset(given)
    return tuple(
        dict.fromkeys(
            one.source.removeprefix(PRODUCT)
            for phrase in phrases
            for one in phrase.variables
            if one.source is not None and one.source.startswith(PRODUCT) and one.name not in known
        )
    )


def sources(names: tuple[str, ...], sku: str, language: str | None) -> Flow[Mapping[str, object]]:
    """What variables may be filled with from a product; nothing where none is asked for, or nobody knows the product.

    Raises:
        ProductsUnavailable: the shop failed, was late, or broke its contract.
    """
    scope = yield from steps.attempt(0)
    if not names or not sku or not scope.has_products:
        return {}
    question = ProductQuestion(
        skus=(sku,),
        names=tuple(one for one in names if one not in ("name", "sku")),
        language=language,
        asked_at=scope.now,
        deadline=scope.now + WITHIN,
    )
    found = (yield from _answered(question, WITHIN)).get(sku)
    return {} if found is None else sources_from(found)


def known_sources(names: tuple[str, ...], sku: str, language: str | None) -> Flow[Mapping[str, object]]:
    """As ``sources``; a shop that tells nothing usable leaves variables open."""
    try:
        return (yield from sources(names, sku, language))
    except ProductsUnavailable:
        return {}
