"""What the demo is made of: policy, phrases, articles, questions. ``data/NOTICE`` names the sources."""

from __future__ import annotations

import json
import tomllib
from collections.abc import Iterator
from dataclasses import dataclass
from importlib.resources import files
from typing import Any, Final, Literal

from csdesk.domain.policy.config import DeskConfig
from csdesk.domain.records.articles import Article, Section
from csdesk.parsing.articles import read

MAIL: Final = "shop-mail"
WECOM: Final = "shop-wecom"
WEB: Final = "shop-web"
ACCOUNTS: Final = {MAIL: "email", WECOM: "wecom", WEB: "webchat"}
"""The accounts of the shop and the kinds of their channels."""

OUR_ADDRESS: Final = "help@shop.example"
"""The address that customers of the demo write to."""

_HERE: Final = files("csdesk.cli.demo")


@dataclass(frozen=True, slots=True)
class Question:
    """What somebody asks; ``source`` is a set that ``data/NOTICE`` names."""

    text: str
    language: str
    source: str
    synthetic: bool


@dataclass(frozen=True, slots=True)
class PhraseLine:
    """A prepared answer of the shop."""

    title: str
    language: str
    body: str
    auto_reply: bool
    questions: tuple[str, ...]
    keywords: tuple[str, ...]
    article: str = ""
    section: Section | None = None


@dataclass(frozen=True, slots=True)
class Reaction:
    """What comes back after our answer, so many minutes later."""

    kind: Literal["answer", "vacation", "bounce"]
    after: int
    body: str


@dataclass(frozen=True, slots=True)
class MailScript:
    """One scripted mail; ``minute`` counts from midnight."""

    minute: int
    sender: str
    name: str
    subject: str
    body: str
    charset: str = "utf-8"
    cc: str = ""
    attach: str = ""
    list_id: str = ""
    html: bool = False
    then: Reaction | None = None

    @property
    def is_chinese(self) -> bool:
        """True if it is written in Chinese."""
        return not self.subject.isascii()


def policy() -> DeskConfig:
    """The policy of the shop."""
    return DeskConfig.from_toml(_HERE.joinpath("shop.toml").read_text(encoding="utf-8"))


def questions() -> tuple[Question, ...]:
    """What people ask, in the order of the file."""
    return tuple(Question(**one) for one in _json_lines("questions.jsonl"))


def phrases() -> tuple[PhraseLine, ...]:
    """The prepared answers."""
    return tuple(
        PhraseLine(
            title=one["title"],
            language=one["language"],
            body=one["body"],
            auto_reply=one["auto_reply"],
            questions=tuple(one["questions"]),
            keywords=tuple(one["keywords"]),
            article=one.get("article", ""),
            section=one.get("section"),
        )
        for one in _json_lines("phrases.jsonl")
    )


def articles() -> tuple[Article, ...]:
    """What the shop knows."""
    found = _HERE.joinpath("data", "articles").iterdir()
    texts = {one.name.removesuffix(".md"): one.read_text(encoding="utf-8") for one in found}
    return tuple(one for name in sorted(texts) for one in read(texts[name], "md", name=name))


def mails() -> tuple[MailScript, ...]:
    """The scripted mails."""
    document = tomllib.loads(_HERE.joinpath("data", "mails.toml").read_text(encoding="utf-8"))
    return tuple(_mail(one) for one in document["mails"])


# ``Any``: lines of our own files, whose shape the tests check.
def _mail(one: dict[str, Any]) -> MailScript:
    hour, _, minute = one["at"].partition(":")
    return MailScript(
        minute=int(hour) * 60 + int(minute),
        sender=one["from"],
        name=one["name"],
        subject=one["subject"],
        body=one["body"].strip() + "\n",
        charset=one.get("charset", "utf-8"),
        cc=one.get("cc", ""),
        attach=one.get("attach", ""),
        list_id=one.get("list", ""),
        html=one.get("html", False),
        then=Reaction(**one["then"]) if "then" in one else None,
    )


def _json_lines(name: str) -> Iterator[dict[str, Any]]:
    text = _HERE.joinpath("data", name).read_text(encoding="utf-8")
    for line in text.splitlines():
        yield json.loads(line)
