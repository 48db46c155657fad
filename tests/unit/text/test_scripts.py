import pytest

from csdesk.domain.text import language_of


@pytest.mark.parametrize(
    ("text", "language"),
    [
        ("什么时候发货", "zh"),
        ("什麼時候發貨？", "zh"),
        ("iPhone 15 Pro Max 怎么退货", "zh"),
        ("订单 https://shop.example/orders/status/pending 打不开", "zh"),
        ("注文した商品がまだ届きません", "ja"),
        ("キャンセルしたい", "ja"),
        ("주문한 상품이 아직 안 왔어요", "ko"),
        ("Where is my order?", "en"),
        ("The café order", "en"),
        ("please translate 你好 into english for me", "en"),
        ("Где мой заказ", None),
        ("Где мой iPhone", None),
        ("Đơn hàng của tôi đâu rồi", None),
        ("12345 !!! 😀", None),
        ("li@shop.example", None),
        ("", None),
    ],
)
def test_language_of(text: str, language: str | None) -> None:
    assert language_of(text) == language


def test_only_the_beginning_of_a_long_text_counts() -> None:
    assert language_of("发货" * 2000 + "word " * 20000) == "zh"
