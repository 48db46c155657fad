"""An order and its ticket in one transaction: both are there, or neither is.

    python examples/scripts/order_and_ticket.py

The shop has its own SQLite database and its own connection; csdesk works inside the shop's transactions.
"""

import sqlite3
from contextlib import closing

from csdesk import Actor, Desk, InboundMessage, Sender, open_desk

SHOP = Actor.system("shop")


class OutOfStock(Exception):
    """The order cannot be taken."""


def place(shop: sqlite3.Connection, desk: Desk, order: str, item: str, wish: str) -> None:
    """Take an order; a wish that came with it becomes a ticket that names the order."""
    with shop:  # commits at the end, rolls back on an error
        shop.execute("INSERT INTO orders(id, item) VALUES(?, ?)", (order, item))
        received = desk.receive(
            InboundMessage(
                account="shop",
                dedupe_key=f"wish/{order}",
                conversation=f"order/{order}",
                sender=Sender(external_id="customer-7", name="王芳"),
                text=wish,
            )
        )
        assert received.ticket is not None
        shop.execute("UPDATE orders SET ticket=? WHERE id=?", (received.ticket.id, order))
        desk.note(received.ticket.id, f"order {order}: {item}", actor=SHOP)
        taken = shop.execute("UPDATE stock SET pieces=pieces-1 WHERE item=? AND pieces>0", (item,))
        if taken.rowcount == 0:
            raise OutOfStock(item)


def main() -> None:
    with closing(sqlite3.connect("shop.db")) as shop:
        shop.executescript(
            "CREATE TABLE orders(id TEXT PRIMARY KEY, item TEXT, ticket TEXT);"
            "CREATE TABLE stock(item TEXT PRIMARY KEY, pieces INTEGER);"
            "INSERT INTO stock VALUES('teapot', 1);"
        )
        desk = open_desk(shop)
        for order in ("A-1", "A-2"):
            try:
                place(shop, desk, order, "teapot", "请用礼品纸包装")
            except OutOfStock as error:
                print(f"order {order}: no {error} left")
        for order, ticket in shop.execute("SELECT id, ticket FROM orders"):
            print(f"order {order} has ticket {desk.tickets.get(ticket).number}")
        print(f"{desk.tickets.count()} ticket in all")


if __name__ == "__main__":
    main()
