"""A hosted model of meaning: any service that takes `{"model": ..., "input": [...]}` and gives `{"data": [...]}`."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from csdesk._batched import batched
from csdesk.errors import ChannelError, InvalidInput, sentence

if TYPE_CHECKING:
    import httpx


class HostedEmbedder:
    """An embedder behind HTTP; for suggestions on demand, never while messages are taken in.

    Args:
        url: the address of the embeddings resource.
        model: the model's name, as the service calls it.
        key: the secret sent as a bearer token; None sends none.
        client: a client of one's own; without it each instance opens one.
        batch: how many texts go into one request, 1 to 2048.
        timeout: seconds to wait for one answer.

    Texts of customers leave the process: say so in the privacy notice.
    """

    def __init__(
        self,
        url: str,
        model: str,
        *,
        key: str | None = None,
        client: httpx.Client | None = None,
        batch: int = 64,
        timeout: float = 10.0,
    ) -> None:
        import httpx

        if not 1 <= batch <= 2048:
            raise InvalidInput(
                "batch", sentence("{batch} is out of range", batch=batch), "give a number from 1 to 2048"
            )
        self._url = url
        self._model = model
        self._headers = {} if key is None else {"authorization": f"Bearer {key}"}
        self._client = client or httpx.Client()
        self._batch = batch
        self._timeout = timeout

    @property
    def name(self) -> str:
        """The model and where it runs."""
        return f"{urlsplit(self._url).hostname}/{self._model}"

    def encode(self, texts: Sequence[str]) -> list[list[float]]:
        """The vectors of the texts, in their order.

        Raises:
            ChannelError: the service refuses, does not answer, or answers something else.
        """
        vectors: list[list[float]] = []
        for part in batched(texts, self._batch):
            vectors += self._asked(list(part))
        return vectors

    def close(self) -> None:
        """Close the client."""
        self._client.close()

    def _asked(self, texts: list[str]) -> list[list[float]]:
        import httpx

        try:
            answer = self._client.post(
                self._url, json={"model": self._model, "input": texts}, headers=self._headers, timeout=self._timeout
            )
        except httpx.HTTPError as error:
            raise ChannelError(
                self.name, sentence("no answer ({type})", type=type(error).__name__), disposition="retry"
            ) from error
        if answer.status_code != 200:
            busy = answer.status_code in {408, 425, 429} or answer.status_code >= 500
            raise ChannelError(
                self.name,
                sentence("status {status_code}", status_code=answer.status_code),
                disposition="retry" if busy else "operator",
                provider_code=str(answer.status_code),
            )
        try:
            rows = sorted(answer.json()["data"], key=lambda row: int(row["index"]))
            vectors = [[float(number) for number in row["embedding"]] for row in rows]
        except (KeyError, TypeError, ValueError) as error:
            raise ChannelError(self.name, "the answer is no list of vectors", disposition="operator") from error
        if len(vectors) != len(texts):
            raise ChannelError(self.name, "the answer has another number of vectors", disposition="operator")
        return vectors
