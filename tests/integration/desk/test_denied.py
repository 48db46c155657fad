"""Whoever may do nothing gets nothing done, by no method: each that takes an actor asks the access policy."""

import inspect

import pytest

from csdesk import Actor, Article, Denied, DeskConfig, LibraryPhrase, Sender, Skill, Wording
from csdesk.domain.policy.config import AccessPolicy, Grant

NOBODY, BOSS = Actor.agent("nobody"), Actor.agent("boss")
CLOSED = AccessPolicy(default="deny", grants=(Grant(kinds=("system", "adapter")), Grant(actors=("boss",))))
HARMLESS = {"tickets.drafts.get", "replies.suggest", "replies.preview", "authority.explain"}
"""They read, and store nothing."""
ELSEWHERE = {
    *("agents.sync", "customers.fill_profile"),  # need systems of the host
    *("authority.decide", "authority.request", "authority.settle", "self_service.run"),  # need actions, as these do:
    *("authority.approve", "authority.refuse", "authority.resolve"),
    *(f"authority.exceptions.{one}" for one in ("accept", "grant", "offer", "refuse")),
    *("inbox.discard", "inbox.retry", "assets.add", "assets.send"),  # need what is parked, and bytes
}
"""Their denials need more than a ticket, a customer and a phrase."""
PHRASE = LibraryPhrase(id="phr_hours", title="Hours", questions=("open?",), wordings=(Wording(text="Nine to five."),))
GIVEN = {
    "agents.set_presence": ("agent", "away"),
    "agents.set_roles": ("agent", ["lead"]),
    "agents.set_skills": ("agent", [Skill(name="english")]),
    "articles.import_": ([Article(id="art_a", title="A")],),
    "articles.save": (Article(id="art_a", title="A"),),
    "calendars.save": ("CN", 2027),
    "config.activate": (DeskConfig(),),
    "customers.add": (Sender(kind="email", external_id="new@x.example"),),
    "customers.link": ("customer", Sender(kind="email", external_id="a@x.example")),
    "customers.record": ("customer", "browse"),
    "learning.forget": {"last": 1},
    "learning.judge": {"message": "message", "fate": "ignored", "shown": ["phrase"]},
    "learning.promote": ("message", PHRASE),
    "learning.promote_article": ("message", Article(id="art_a", title="A")),
    "learning.use_training": (None,),
    "replies.import_": ([PHRASE],),
    "replies.replace": (PHRASE,),
    "replies.send": ("ticket", "phrase"),
    "tags.sync": ("customer", "crm", ["vip"]),
    "tickets.release": ("ticket", 1),
    "tickets.renew": ("ticket", 1),
    "tickets.set_goal": ("ticket", "order"),
    "tickets.split": ("ticket", ["message"]),
    "tickets.tag": ("ticket", "vip"),
    "tickets.untag": ("ticket", "vip"),
    "receive": ("said",),
    "receive_many": (["said"],),
}
"""What is passed where the names of the parameters do not tell it."""


@pytest.fixture
def desk(world):
    return world.open(DeskConfig(access=CLOSED))


def methods(of, path=""):
    """Every public method of the desk and its groups that takes an actor, by its path."""
    found = {}
    for name in dir(of):
        member = None if name.startswith("_") or name == "name" else getattr(of, name, None)
        if inspect.ismethod(member):
            if "actor" in inspect.signature(member).parameters:
                found[path + name] = member
        elif type(member).__module__.startswith("csdesk.desk."):
            found |= methods(member, f"{path}{name}.")
    return found


def named(method, known):
    """Values for the parameters that have to be given."""
    wanted = [
        one for one in inspect.signature(method).parameters.values() if one.default is one.empty and one.name != "actor"
    ]
    return {one.name: known.get(one.name, "x") for one in wanted if one.kind is not one.VAR_POSITIONAL}


def test_no_method_works_for_somebody_who_may_do_nothing(world, desk):
    got = desk.receive(world.said())
    other = desk.receive(world.said(by="bob"))
    known = {
        "ticket": got.ticket.id, "customer": got.customer.id, "message": got.message.id, "said": world.said(),
        "agent": desk.agents.add("Lin", actor=BOSS).id, "into": other.ticket.id, "queue": "default",
        "phrase": desk.replies.add("Shipping", "Two days.", actor=BOSS).id, "status": "resolved",
    }  # fmt: skip
    found = methods(desk)
    assert len(found) > 70
    assert HARMLESS | ELSEWHERE | set(GIVEN) <= set(found)
    passed = []
    for path in sorted(set(found) - HARMLESS - ELSEWHERE):
        given = GIVEN.get(path)
        args = _known(given, known) if isinstance(given, tuple) else ()
        keywords = {} if args else named(found[path], known)
        if isinstance(given, dict):
            keywords = {name: _known(one, known) for name, one in given.items()}
        try:
            found[path](*args, **keywords, actor=NOBODY)
        except Denied:
            continue
        except Exception as error:  # noqa: BLE001  the message shows which value has to be given
            passed.append((path, error))
        else:
            passed.append((path, None))
    assert not passed, "; ".join(f"{path}: {error}" for path, error in passed)


def _known(given, known):
    """The values, with ids in the place of their names."""
    if isinstance(given, tuple | list):
        return type(given)(_known(one, known) for one in given)
    return known.get(given, given) if isinstance(given, str) else given
