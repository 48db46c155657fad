"""Files of phrases and articles, read and written; and writing a file whole or not at all."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Callable, Iterable
from contextlib import suppress
from pathlib import Path
from typing import TypeVar

from csdesk.domain.matching.phrases import Phrase
from csdesk.domain.records.articles import Article
from csdesk.domain.records.phrases import LibraryPhrase
from csdesk.errors import InvalidInput, NotFound, sentence
from csdesk.parsing import articles, library, phrases
from csdesk.parsing.rows import WORKBOOKS, unknown_form

T = TypeVar("T")


def read_phrases(path: Path | str) -> list[Phrase]:
    """The phrases in a file (``.csv``, ``.jsonl``, ``.toml``, ``.md``) or in a folder of Markdown files.

    Raises:
        InvalidInput: the file is of another kind, or something in it is wrong; the field names file and place.
        NotFound: there is no such file or folder.
    """
    return _read(path, lambda text, form, name: phrases.read(text, form, name=name))


def read_library(path: Path | str) -> list[LibraryPhrase]:
    """The phrases of a library with everything a team notes about them, from files as ``read_phrases`` takes them.

    Raises:
        InvalidInput: the file is of another kind, or something in it is wrong; the field names file and place.
        NotFound: there is no such file or folder.
    """
    return _read(path, lambda text, form, name: library.read(text, form, name=name))


def read_articles(path: Path | str) -> list[Article]:
    """The articles in a file (``.jsonl``, ``.md``) or in a folder of Markdown files, one article each.

    Raises:
        InvalidInput: the file is of another kind, or something in it is wrong; the field names file and place.
        NotFound: there is no such file or folder.
    """
    return _read(path, lambda text, form, name: articles.read(text, form, name=name))


def write_phrases(path: Path | str, given: Iterable[Phrase]) -> None:
    """Write phrases to a file of a kind that ``read_phrases`` reads, or to an existing folder as Markdown.

    Markdown keeps title, questions, keywords, tags, related and answer; the other forms keep everything.

    Raises:
        InvalidInput: the file would be of another kind, cannot be written, or an id cannot be the name of a file.
    """
    _write(path, given, phrases.write, lambda one: one.id)


def write_library(path: Path | str, given: Iterable[LibraryPhrase]) -> None:
    """Write a library as ``read_library`` reads it, or to an existing folder as Markdown.

    Markdown keeps title, questions, keywords, tags, related, the wording for everybody and the rationale; the other
    forms keep everything but version and times, which are a desk's own.

    Raises:
        InvalidInput: the file would be of another kind, cannot be written, or an id cannot be the name of a file.
    """
    _write(path, given, library.write, lambda one: one.id)


def write_articles(path: Path | str, given: Iterable[Article]) -> None:
    """Write articles to a ``.jsonl`` file, or to an existing folder as Markdown, as ``read_articles`` reads them.

    Raises:
        InvalidInput: the file would be of another kind, cannot be written, or an id cannot be the name of a file.
    """
    _write(path, given, articles.write, lambda one: one.id)


def _read(path: Path | str, read: Callable[[str, str, str], list[T]]) -> list[T]:
    source = _a_path(path)
    if not source.exists():
        raise NotFound("file", str(source))
    found: list[T] = []
    files = sorted(source.glob("*.md")) if source.is_dir() else [source]
    if not files:
        raise InvalidInput(source.name, "holds no Markdown files", "put one .md file for each phrase into the folder")
    for file in files:
        try:
            form = file.suffix.removeprefix(".").lower()
            if form in WORKBOOKS:
                raise unknown_form(form)
            found += read(text_of(file.read_bytes(), "text"), form, file.stem)
        except OSError as error:
            raise _unusable(file, error) from error
        except InvalidInput as error:
            where = sentence("{file}: {place}", file=file.name, place=error.field)
            raise InvalidInput(where, error.problem, error.remedy) from None
    return found


def text_of(content: bytes, field: str) -> str:
    """The text of a file, line breaks as they are: cells of CSV may hold any.

    Args:
        content: the file.
        field: what an error names.

    Raises:
        InvalidInput: it is in none of the encodings that ``csdesk.parsing.mail.charsets.decode_file`` reads.
    """
    from csdesk.parsing.mail.charsets import decode_file

    text = decode_file(content)
    if text is None:
        raise InvalidInput(field, "is neither UTF-8 nor a Chinese encoding", "save it as UTF-8 text")
    return text


def _write(
    path: Path | str, given: Iterable[T], write: Callable[[Iterable[T], str], str], name_of: Callable[[T], str]
) -> None:
    target = _a_path(path)
    if not target.is_dir():
        form = target.suffix.removeprefix(".").lower()
        # Excel takes a sheet without the mark for text in the encoding of the machine.
        write_bytes(target, write(given, form).encode("utf-8-sig" if form == "csv" else "utf-8"))
        return
    for one in given:
        key = name_of(one)
        if not all(sign.isalnum() or sign in "_-. " for sign in key) or key.startswith("."):
            raise InvalidInput(
                "id", sentence("{key!r} cannot be the name of a file", key=key), "use letters, digits, _ and -"
            )
        write_bytes(target / f"{key}.md", write([one], "md").encode())


def read_bytes(path: Path | str) -> bytes:
    """The bytes of a file.

    Raises:
        NotFound: there is none.
        InvalidInput: it cannot be read.
    """
    source = _a_path(path)
    try:
        return source.read_bytes()
    except FileNotFoundError:
        raise NotFound("file", str(source)) from None
    except OSError as error:
        raise _unusable(source, error) from error


def write_bytes(path: Path | str, content: bytes) -> None:
    """Write a file whole or not at all: beside it first, then on disk, then in its place.

    Raises:
        InvalidInput: it cannot be written.
    """
    target = _a_path(path)
    try:
        handle, temporary = tempfile.mkstemp(dir=target.parent, prefix=f".{target.name}.")
        try:
            with os.fdopen(handle, "wb") as file:
                file.write(content)
                file.flush()
                os.fsync(file.fileno())
            Path(temporary).chmod(_mode_of(target))
            Path(temporary).replace(target)
        except BaseException:
            Path(temporary).unlink(missing_ok=True)
            raise
        _sync(target.parent)
    except OSError as error:
        raise _unusable(target, error) from error


def _mode_of(target: Path) -> int:
    """The permissions of the file that is replaced, or those that any new file would get."""
    with suppress(FileNotFoundError):
        return target.stat().st_mode & 0o7777
    mask = os.umask(0)
    os.umask(mask)
    return 0o666 & ~mask


def _sync(folder: Path) -> None:
    """Put the name itself on disk, where the system can open folders."""
    with suppress(OSError):
        handle = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)


def _a_path(path: object) -> Path:
    given = os.fspath(path) if isinstance(path, os.PathLike) else path
    if not isinstance(given, str) or not given or "\0" in given or not _can_be_named(given):
        raise InvalidInput("path", "is not the path of a file", "pass a str or a pathlib.Path")
    return Path(given)


def _can_be_named(path: str) -> bool:
    """Whether the file system's encoding has all of its characters."""
    try:
        os.fsencode(path)
    except UnicodeEncodeError:
        return False
    return True


def _unusable(path: Path, error: OSError) -> InvalidInput:
    return InvalidInput(
        "path",
        sentence("{path} cannot be used: {error}", path=str(path), error=error.strerror or type(error).__name__),
        "check the path and permissions",
    )
