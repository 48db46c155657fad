"""A shop in memory, for tests and examples."""

from __future__ import annotations

from collections.abc import Iterable

from csdesk.ports.products import Product, ProductFact, ProductQuestion


class ShopInMemory:
    """Tells the facts of the products it was given, those that are wanted.

    Attributes:
        asked: the questions, in their order.
        fails: raised instead of an answer, while it is there.
    """

    def __init__(self, products: Iterable[Product] = ()) -> None:
        """A shop with these products."""
        self._products = {one.sku: one for one in products}
        self.asked: list[ProductQuestion] = []
        self.fails: Exception | None = None

    def facts(self, question: ProductQuestion) -> tuple[Product, ...]:
        """As ``csdesk.ports.products.ProductFacts.facts``."""
        self.asked.append(question)
        if self.fails is not None:
            raise self.fails
        found = [self._products[sku] for sku in question.skus if sku in self._products]
        return tuple(Product(sku=one.sku, name=one.name, url=one.url, facts=_wanted(one, question)) for one in found)


def _wanted(product: Product, question: ProductQuestion) -> tuple[ProductFact, ...]:
    return tuple(one for one in product.facts if not question.names or one.name in question.names)
