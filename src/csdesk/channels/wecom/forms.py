"""A file as the body of a form (multipart/form-data, RFC 7578), as the platform's upload wants it."""

from __future__ import annotations

from typing import Final

from csdesk.ports.channel import MediaFile

_UNSAFE: Final = str.maketrans({'"': "%22", "\r": "%0D", "\n": "%0A"})


def form_of(file: MediaFile) -> tuple[str, bytes]:
    """The content type and the body. The boundary follows from the content, and does not stand in it."""
    boundary = f"csdesk-{file.sha256[:40]}"
    while boundary.encode() in file.content:
        boundary += "-"
    name = file.name.translate(_UNSAFE) or "file"
    head = (
        f"--{boundary}\r\n"
        f'Content-Disposition: form-data; name="media"; filename="{name}"; filelength={len(file.content)}\r\n'
        f"Content-Type: {file.type.translate(_UNSAFE)}\r\n\r\n"
    )
    return (
        f"multipart/form-data; boundary={boundary}",
        head.encode() + file.content + f"\r\n--{boundary}--\r\n".encode(),
    )
