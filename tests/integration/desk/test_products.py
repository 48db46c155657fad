"""The host's shop: facts of products, two compared, and phrases that tell facts."""

import asyncio
from datetime import timedelta
from decimal import Decimal

import pytest

from csdesk import Actor, DeskConfig, LibraryPhrase, Variable, Wording, open_async_desk, open_desk
from csdesk.domain.records.channels import Entrance
from csdesk.errors import InvalidInput, NotFound, ProductsUnavailable, RemoteError, UnsupportedFeature
from csdesk.ports.products import Product, ProductFact, ProductQuestion
from csdesk.testing import CountingStore, FixedClock, SerialIds, ShopInMemory

AGENT = Actor.agent("agt_1")


def fact(name, value, unit="", **given) -> ProductFact:
    return ProductFact(name=name, value=value, unit=unit, **given)


MUG = Product(
    sku="MUG-01",
    name="陶瓷杯",
    facts=(
        fact("容量", 350, "ml", source="sheet 7"),
        fact("weight", Decimal("0.4"), "kg"),
        fact("防水", True),
        fact("材质", "陶瓷"),
        fact("只此", 1),
    ),
)
CUP = Product(
    sku="CUP-02",
    name="保温杯",
    facts=(
        fact("容量", "0.5", "升").model_copy(update={"value": Decimal("0.5")}),
        fact("weight", 400, "g"),
        fact("防水", True),
        fact("材质", "不锈钢"),
        fact("保温", 12, "小时"),
    ),
)


def phrase(**given) -> LibraryPhrase:
    return LibraryPhrase(
        **{
            "id": "size",
            "title": "容量",
            "questions": ("这个杯子多大", "容量是多少"),
            "wordings": (Wording(text="{{ product }}的容量是 {{ size }}，{{ amount }} 毫升。"),),
            "variables": (
                Variable(name="product", source="product.name"),
                Variable(name="size", source="product.容量"),
                Variable(name="amount", type="number", source="product.容量"),
            ),
            **given,
        }
    )


def came_from(world, sku, text="这个杯子多大"):
    return world.said(text, entrance=Entrance(product=sku))


def test_two_products_side_by_side_across_units(world):
    shop = ShopInMemory([MUG, CUP])
    desk = world.open(products=shop)
    told = desk.products.compare("MUG-01", "CUP-02")
    assert [(one.name, one.verdict, one.by) for one in told.rows] == [
        ("容量", "differs", Decimal(150)),
        ("weight", "same", Decimal(0)),
        ("防水", "same", None),
        ("材质", "differs", None),
        ("只此", "only_first", None),
        ("保温", "only_second", None),
    ]
    assert [one.name for one in told.differences] == ["容量", "材质", "只此", "保温"]
    assert (told.first.name, told.second.name, told.rows[0].first.source) == ("陶瓷杯", "保温杯", "sheet 7")
    one = desk.products.get("MUG-01", names=("容量",), language="zh-CN", within=timedelta(seconds=2))
    assert [known.text for known in one.facts] == ["350 ml"]
    now = world.clock.now()
    assert shop.asked[-1] == ProductQuestion(
        skus=("MUG-01",), names=("容量",), language="zh-CN", asked_at=now, deadline=now + timedelta(seconds=2)
    )


def test_what_a_shop_does_wrong_is_a_typed_error_without_its_words(world):
    shop = ShopInMemory([MUG])
    desk = world.open(products=shop)
    with pytest.raises(NotFound, match="CUP-02"):
        desk.products.compare("MUG-01", "CUP-02")
    with pytest.raises(InvalidInput, match="second"):
        desk.products.compare("MUG-01", "MUG-01")
    for bad in ({"within": timedelta(0)}, {"within": 5}, {"names": "容量"}, {"language": 5}):
        with pytest.raises(InvalidInput):
            desk.products.get("MUG-01", **bad)
    for raised, reason in (
        (ValueError("token abc"), "ValueError"),
        (TimeoutError(), "late"),
        (RemoteError("secret"), "error.remote"),
    ):
        shop.fails = raised
        with pytest.raises(ProductsUnavailable) as refused:
            desk.products.get("MUG-01")
        assert (refused.value.reason, refused.value.retryable) == (reason, True)
        assert "abc" not in str(refused.value)
    for wrong in ("MUG-01", None, [object()], [MUG, MUG], [CUP]):
        shop.fails = None
        shop.facts = lambda _, wrong=wrong: wrong  # type: ignore[method-assign]
        with pytest.raises(ProductsUnavailable, match="wrong"):
            desk.products.get("MUG-01")


def test_a_desk_without_a_shop_says_so(world):
    with pytest.raises(UnsupportedFeature, match="products"):
        world.open().products.get("MUG-01")
    for wrong in (object(), ShopInMemory):
        with pytest.raises(InvalidInput, match="tells no facts"):
            open_desk("memory://", products=wrong)


def test_a_phrase_tells_facts_of_the_product_the_customer_came_from(world):
    shop = ShopInMemory([MUG, CUP])
    desk = world.open(products=shop)
    desk.replies.import_([phrase()])
    got = desk.receive(came_from(world, "MUG-01"))
    assert not shop.asked, "nobody is asked while messages come in"
    (best,) = desk.replies.suggest(got.message_id).suggestions
    assert best.text == "陶瓷杯的容量是 350 ml，350 毫升。"
    assert desk.replies.suggest(got.message_id, sku="CUP-02").suggestions[0].text == "保温杯的容量是 0.5 升，0.5 毫升。"
    assert desk.replies.preview("size", got.ticket.id, sku="NONE").missing == ("product", "size", "amount")
    sent = desk.replies.send(got.ticket.id, "size", actor=AGENT)
    assert sent.message.text == "陶瓷杯的容量是 350 ml，350 毫升。"
    before = len(shop.asked)
    given = {"product": "杯", "size": "大", "amount": 1}
    assert desk.replies.send(got.ticket.id, "size", given, actor=AGENT).message.text == "杯的容量是 大，1 毫升。"
    assert len(shop.asked) == before, "what is given is not asked for"


def test_a_shop_that_fails_leaves_suggestions_open_and_keeps_phrases_from_going_out(world):
    shop = ShopInMemory([MUG])
    desk = world.open(products=shop)
    desk.replies.import_([phrase()])
    got = desk.receive(came_from(world, "MUG-01"))
    shop.fails = ValueError("no")
    (best,) = desk.replies.suggest(got.message_id).suggestions
    assert best.missing == ("product", "size", "amount")
    assert desk.replies.preview("size", got.ticket.id).missing == best.missing
    with pytest.raises(ProductsUnavailable):
        desk.replies.send(got.ticket.id, "size", actor=AGENT)
    shop.fails = None
    with pytest.raises(InvalidInput, match="product"):
        desk.replies.send(got.ticket.id, "size", actor=AGENT, sku="NONE")
    assert desk.tickets.get(got.ticket.id).messages == 1


def test_phrases_without_facts_ask_nobody_and_a_missing_value_is_never_sent_by_itself(world):
    stores = []
    shop = ShopInMemory([MUG])
    desk = world.open(products=shop, wrap=lambda store: stores.append(CountingStore(store)) or stores[0])
    desk.replies.add("Hours", "Nine.", name="hours", questions=("when do you open", "opening hours"))
    got = desk.receive(came_from(world, "MUG-01", "when do you open"))
    desk.replies.suggest(got.message_id)
    desk.replies.send(got.ticket.id, "hours", actor=AGENT)
    assert shop.asked == []


def test_what_facts_are_is_checked():
    for given in ({"value": float("nan")}, {"value": Decimal("Infinity")}, {"value": None}, {"value": "x" * 4001}):
        with pytest.raises(InvalidInput):
            ProductFact(name="a", **given)
    with pytest.raises(InvalidInput, match="one name"):
        Product(sku="a", facts=(fact("b", 1), fact("b", 2)))
    with pytest.raises(InvalidInput, match=r"nothing is called produce.weight; did you mean 'product.<fact>'"):
        Variable(name="a", source="produce.weight")
    with pytest.raises(InvalidInput, match=r"did you mean 'customer.name'\?"):
        Variable(name="a", source="customer.nam")
    assert fact("a", True).number is None
    assert fact("a", 1.5).number == Decimal("1.5")


class Awaited(ShopInMemory):
    async def facts(self, question):
        await asyncio.sleep(0)
        return super().facts(question)


class Slow(ShopInMemory):
    async def facts(self, question):
        await asyncio.Event().wait()


@pytest.mark.parametrize("shop", [ShopInMemory([MUG, CUP]), Awaited([MUG, CUP])])
def test_an_awaited_desk_takes_shops_of_either_kind(shop):
    async def story():
        async with await open_async_desk("memory://", clock=FixedClock(), ids=SerialIds(), products=shop) as desk:
            told = await desk.products.compare("MUG-01", "CUP-02", names=("weight",))
            return (await desk.products.get("CUP-02")).name, told.rows[0].verdict

    assert asyncio.run(story()) == ("保温杯", "same")


def test_a_shop_that_does_not_come_back_is_cut_off():
    async def story():
        async with await open_async_desk("memory://", products=Slow()) as desk:
            with pytest.raises(ProductsUnavailable, match="late"):
                await desk.products.get("MUG-01", within=timedelta(milliseconds=1))

    asyncio.run(story())
    with pytest.raises(InvalidInput, match="awaited"):
        open_desk("memory://", products=Slow())


def test_a_phrase_that_tells_facts_waits_for_a_person(world):
    shop = ShopInMemory([MUG])
    config = DeskConfig.model_validate(
        {
            "accounts": [{"name": "web", "auto_reply": True}],
            "queues": [{"name": "default", "auto_reply": True}],
            "reply": {"threshold": 0.2},
        }
    )
    desk = world.open(config, products=shop)
    desk.replies.import_([phrase(auto_reply=True), phrase(id="open", title="营业", questions=("几点开门", "几点营业"))])
    got = desk.receive(came_from(world, "MUG-01"))
    assert (got.reply.action, got.reply.reason, shop.asked) == ("suggest", "missing_value", [])
