import pytest

from csdesk.domain.records.media import MediaRef
from csdesk.domain.text.filetypes import fits, sniffed
from csdesk.flows.channels.naming import safe_name

REF = MediaRef(sha256="ab" * 32, size=1)


@pytest.mark.parametrize(
    ("content", "type_"),
    [
        (b"\xff\xd8\xff\xe0", "image/jpeg"),
        (b"RIFF\x00\x00\x00\x00WEBP", "image/webp"),
        (b"#!AMR\n", "audio/amr"),
        (b"\x00\x00\x00\x20ftypisom", "video/mp4"),
        (b"\xef\xbb\xbf \n<!DOCTYPE HTML>", "text/html"),
        (b"<svg onload=", "text/html"),
        (b"", ""),
        ("你好".encode(), ""),
    ],
)
def test_what_the_first_bytes_tell(content, type_):
    assert sniffed(content) == type_


@pytest.mark.parametrize(
    ("declared", "found", "does"),
    [
        ("image/png", "image/jpeg", True),
        ("image/png", "text/html", False),
        ("audio/amr", "video/mp4", True),
        ("application/pdf", "text/html", True),
        ("image/png", "", True),
        ("IMAGE/PNG", "application/zip", False),
    ],
)
def test_what_may_be_called_what(declared, found, does):
    assert fits(declared, found) is does


@pytest.mark.parametrize(
    ("name", "safe"),
    [
        ("../../etc/passwd", "passwd"),
        ("C:\\x\\发票.pdf", "发票.pdf"),
        ("..", "file-abababab"),
        ("", "file-abababab"),
        (".hidden", "hidden"),
        ("a\x00b\n.txt", "a_b_.txt"),
        ("photo\u202egpj.exe", "photo_gpj.exe"),
        ("photo\u200fgpj.exe", "photo_gpj.exe"),
        ("CON.txt", "file-abababab"),
        ("nul .txt", "file-abababab"),
        ("com¹.txt", "file-abababab"),
        ("好" * 300 + ".jpeg", "好" * 115 + ".jpeg"),
        ("x" * 300, "x" * 120),
    ],
)
def test_names_of_strangers_are_names_without_a_path(name, safe):
    assert safe_name(name, REF) == safe
    assert len(safe_name(name, REF)) <= 120
