"""The short ways through a mail's header find what the careful ones find."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from csdesk.parsing.mail import addresses, fields, headers

MAILS = sorted((Path(__file__).parents[1] / "fixtures" / "mail").glob("*.eml"))

PIECES = st.sampled_from(
    [
        *(
            b"From: a@b.example\n",
            b"Subject: x",
            b"To : y\r\n",
            b"X-Long: 1\n 2\n\t3\r\n",
            b" \n",
            b"\t\r\n",
            b"\n",
            b"\r\n",
        ),
        *(
            b"\r",
            b"\0",
            b":",
            b" ",
            b"From me\n",
            b"\x0b\n",
            b"\x85\n",
            b"no field\n",
            b"A:" + b"b" * 9000 + b"\n",
            b"C:d",
        ),
        *(b"\n " + b"e" * 1200 + b"\n", b"F:" + b"\n g" * 60 + b"\n", b"\xe4\xbd\xa0"),
    ]
)
SIGNS = st.text(alphabet='ab@.<>()",;:\\= ?\t\u4f60\u00a0', max_size=30)


def told(found: tuple[headers.Headers, int]) -> tuple[object, int]:
    return found[0].fields, found[1]


@given(raw=st.lists(PIECES, max_size=12).map(b"".join), cut=st.integers(0, 40))
def test_a_header_reads_the_same(raw: bytes, cut: int) -> None:
    end = max(0, len(raw) - cut)
    assert told(headers.read_headers(raw, 0, end)) == told(headers._read_slowly(raw, 0, end))


@pytest.mark.parametrize(
    "line", [b" ", b"\t", b" \r", b"\t\r", b" \x0b", b" \x0c\r", b"\x0b", b" x", b"\tx\r", b" \x1f", b" \x7f", b" \xa0"]
)
@pytest.mark.parametrize("end", [b"\n", b"\r\n", b""])
def test_what_looks_like_a_further_line(line: bytes, end: bytes) -> None:
    raw = b"From: a@b.example\n" + line + b"\nTo: c@d.example\n" + end + b"body"
    assert told(headers.read_headers(raw, 0, len(raw))) == told(headers._read_slowly(raw, 0, len(raw)))


@pytest.mark.parametrize("mail", MAILS, ids=lambda one: one.stem)
def test_the_header_of_a_mail_reads_the_same(mail: Path) -> None:
    raw = mail.read_bytes()
    assert told(headers.read_headers(raw, 0, len(raw))) == told(headers._read_slowly(raw, 0, len(raw)))


def test_the_short_way_is_taken() -> None:
    raw = b"From: Li <li@example.com>\r\nReferences: <a@b>\r\n <c@d>\r\n\r\nbody"
    found, at = headers._plain_fields(raw, 0, len(raw))
    assert found == [("from", b"Li <li@example.com>"), ("references", b"<a@b> <c@d>")]
    assert raw[at:] == b"\r\nbody"


@given(SIGNS | st.builds("{} <{}>{}".format, SIGNS, SIGNS, st.sampled_from(["", " ", "x", ">"])))
def test_addresses_read_the_same(value: str) -> None:
    slow = {}
    for name, written in addresses._Scanner(value).pairs():
        if address := addresses.address_of(written):
            slow.setdefault(address, addresses.Mailbox(addresses._clean_name(name, address), address))
    assert addresses._read(value) == slow


@given(st.text(alphabet="ab/;= '*%0\\", max_size=40))
def test_parameters_read_the_same(value: str) -> None:
    assert value.split(";") == fields._split(value)


@given(
    st.builds(
        "{}{} {} {} {}:{}:{} {}".format,
        st.sampled_from(["", "Mon, ", "Xyz, ", "mon "]),
        st.integers(0, 40),
        st.sampled_from(["Jan", "Feb", "Dec", "dec", "Foo"]),
        st.sampled_from(["0000", "0099", "1970", "2026", "9999", "26"]),
        *(st.sampled_from(["00", "7", "23", "24", "59", "60", "61"]) for _ in range(3)),
        st.sampled_from(["+0000", "-0330", "+1400", "+2359", "-2359", "+2400", "GMT", "-0000", ""]),
    )
)
def test_dates_read_the_same(value: str) -> None:
    short = headers.date_of(value)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(headers, "_DATE", re.compile("never"))
        assert short == headers.date_of(value)
