"""``desk.products``."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import timedelta

from csdesk.desk._groups import Group
from csdesk.domain.records.products import Comparison, Product
from csdesk.flows.knowledge import products


class Products(Group):
    """What your shop knows of its products: asked now, stored nowhere. Open the desk with ``products=``."""

    def get(
        self, sku: str, *, names: Iterable[str] = (), language: str | None = None, within: timedelta = products.WITHIN
    ) -> Product:
        """A product with its facts, each with unit and source.

        Args:
            sku: the product, as your shop numbers it.
            names: the facts that are wanted; none: all.
            language: of names and texts; None: your shop's own.
            within: how long your shop may take, up to 5 minutes.

        Raises:
            NotFound: your shop has no such product.
            ProductsUnavailable: it failed, was late, or told something else than products.
            UnsupportedFeature: the desk was opened without ``products``.
        """
        return (self._runner.run(products.facts((sku,), names, language, within)))[0]

    def compare(
        self,
        first: str,
        second: str,
        *,
        names: Iterable[str] = (),
        language: str | None = None,
        within: timedelta = products.WITHIN,
    ) -> Comparison:
        """Two products side by side: a typed row for each fact, with how far apart the two are.

        Numbers are compared across units that convert (0.5 kg and 500 g are the same).

        Args:
            first: a SKU.
            second: another.
            names: the facts that are wanted; none: all.
            language: of names and texts; None: your shop's own.
            within: how long your shop may take, up to 5 minutes.

        Raises:
            InvalidInput: both are one product.
            NotFound: your shop does not have one of them.
            ProductsUnavailable: it failed, was late, or told something else than products.
            UnsupportedFeature: the desk was opened without ``products``.
        """
        return self._runner.run(products.compare(first, second, names, language, within))
