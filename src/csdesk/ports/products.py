"""How the desk asks a host's shop what its products are: one method that tells facts by SKU.

It is asked when somebody compares products or fills a phrase in: never while messages are taken in, and never inside a
transaction. What it says is not stored.
"""

from __future__ import annotations

from collections.abc import Awaitable, Sequence
from typing import Protocol

from csdesk.domain.records.products import Comparison, FactPair, FactValue, Product, ProductFact, ProductQuestion

__all__ = [
    "AnyProductFacts",
    "AsyncProductFacts",
    "Comparison",
    "FactPair",
    "FactValue",
    "Product",
    "ProductFact",
    "ProductFacts",
    "ProductQuestion",
]


class ProductFacts(Protocol):
    """A shop that blocks while it looks up. Under ``AsyncDesk`` it runs in a worker thread."""

    def facts(self, question: ProductQuestion) -> Sequence[Product]:
        """The products of ``question.skus`` that exist, in any order, each once; one that is left out is unknown.

        A blocking call cannot be cut short, so give up by yourself before ``question.deadline``. Raising makes the call
        of the desk fail with ``ProductsUnavailable``, which tells the kind of the error and nothing it says.
        """
        ...


class AsyncProductFacts(Protocol):
    """A shop that is awaited, for ``AsyncDesk``; it is cancelled at the deadline."""

    def facts(self, question: ProductQuestion) -> Awaitable[Sequence[Product]]:
        """As ``ProductFacts.facts``."""
        ...


AnyProductFacts = ProductFacts | AsyncProductFacts
"""A shop of either kind."""
