"""Bodies of requests: JSON, and forms with files (multipart/form-data, RFC 7578)."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from hashlib import sha256
from typing import Final

from csdesk.ports.channel import MediaFile

_UNSAFE: Final = str.maketrans({'"': "%22", "\r": "%0D", "\n": "%0A"})


def json_body(values: Mapping[str, object]) -> bytes:
    """The values as JSON without blanks, in UTF-8; lone surrogates become question marks."""
    return json.dumps(values, ensure_ascii=False, separators=(",", ":")).encode("utf-8", "replace")


def form_of(
    fields: Sequence[tuple[str, str]], files: Sequence[tuple[str, MediaFile]], *, with_length: bool = False
) -> tuple[str, bytes]:
    """The content type and the body. The boundary is a digest of the parts, so none of them can hold it.

    Args:
        fields: names and texts.
        files: names and files.
        with_length: whether each file's length stands beside its name.
    """
    pieces = [_field(name, value) for name, value in fields] + [_file(name, one, with_length) for name, one in files]
    boundary = f"csdesk-{sha256(b''.join(pieces)).hexdigest()[:40]}"
    mark = f"--{boundary}\r\n".encode()
    body = b"".join(mark + one + b"\r\n" for one in pieces) + f"--{boundary}--\r\n".encode()
    return f"multipart/form-data; boundary={boundary}", body


def _field(name: str, value: str) -> bytes:
    return f'Content-Disposition: form-data; name="{name}"\r\n\r\n{value}'.encode("utf-8", "replace")


def _file(name: str, file: MediaFile, with_length: bool) -> bytes:
    shown = file.name.translate(_UNSAFE) or "file"
    length = f"; filelength={len(file.content)}" if with_length else ""
    head = (
        f'Content-Disposition: form-data; name="{name}"; filename="{shown}"{length}\r\n'
        f"Content-Type: {file.type.translate(_UNSAFE)}\r\n\r\n"
    )
    return head.encode("utf-8", "replace") + file.content
