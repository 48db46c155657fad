"""Plug in a model of meaning: anything with a name and ``encode``. Here a toy that knows two languages by a table.

    python examples/scripts/own_embedder.py

Needs numpy (extra ``embed``). For real work: csdesk.embedders.use_lib.UniversalSentenceEncoder, whose weights are in
its package, or csdesk.embedders.hosted.HostedEmbedder for a service.
"""

from collections.abc import Sequence

from csdesk.matching import Lexicon, Matcher, Phrase

MEANINGS = {"退款": 0, "ersetzt": 0, "发货": 1, "geliefert": 1, "发票": 2, "rechnung": 2}


class TwoLanguages:
    name = "two-languages/1"

    def encode(self, texts: Sequence[str]) -> list[list[float]]:
        return [
            [float(any(at == place and word in text for word, at in MEANINGS.items())) for place in range(3)]
            for text in texts
        ]


def main() -> None:
    phrases = [
        Phrase("refund", "退款", ("我要退款", "怎么退款")),
        Phrase("ship", "发货", ("什么时候发货", "几天发货")),
        Phrase("invoice", "发票", ("开发票", "要发票")),
    ]
    asked = "wann wird geliefert"
    print("by words:", [one.phrase_id for one in Matcher(phrases, Lexicon()).match(asked)])
    print("by meaning:", Matcher(phrases, embedder=TwoLanguages()).match(asked)[0].phrase_id)


if __name__ == "__main__":
    main()
