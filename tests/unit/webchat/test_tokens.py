"""What visitors carry around: nobody else can make it, nothing of it serves for something else, and it ends."""

import base64
import hashlib
import hmac
import json
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from csdesk import InvalidInput
from csdesk.channels.webchat import sign_user
from csdesk.channels.webchat.signing import Seal
from csdesk.channels.webchat.users import UserTokens
from csdesk.channels.webchat.visits import Visits
from csdesk.domain.records.customers import Evidence
from csdesk.errors import RequestRejected
from csdesk.ports.channel import Sender

NOW = datetime(2026, 3, 10, 9, tzinfo=UTC)
NEW, OLD, OTHER = "new-" * 8, "old-" * 8, "else" * 8
LIFE = timedelta(days=14)
LI = Sender(kind="user", external_id="li", name="李", evidence=Evidence.VERIFIED)


def visits(*secrets, account="shop"):
    return Visits(Seal(account, secrets or [NEW]), LIFE)


def refused(function, *given):
    with pytest.raises(RequestRejected) as caught:
        function(*given)
    return caught.value.reason


def test_a_visit_comes_back_as_it_went():
    ours = visits()
    for visit in (ours.begin("vis_1", (), NOW), ours.begin("", (LI,), NOW)):
        assert ours.read(ours.token(visit), NOW + timedelta(hours=1)) == visit


def test_it_ends_to_the_second_and_does_not_come_from_the_future():
    ours = visits()
    token = ours.token(ours.begin("vis_1", (), NOW))
    assert ours.read(token, NOW + LIFE - timedelta(seconds=1))
    assert refused(ours.read, token, NOW + LIFE) == "expired_token"
    assert ours.read(token, NOW - timedelta(minutes=1))
    assert refused(ours.read, token, NOW - timedelta(minutes=1, seconds=1)) == "future_token"
    assert refused(ours.read, "", NOW) == refused(ours.read, None, NOW) == "no_token"


def test_secrets_change_while_visits_go_on():
    token = visits(OLD).token(visits(OLD).begin("vis_1", (), NOW))
    assert visits(NEW, OLD).read(token, NOW)
    assert refused(visits(NEW).read, token, NOW) == "bad_token"
    assert visits(NEW).read(visits(NEW, OLD).token(visits().begin("vis_1", (), NOW)), NOW)


def test_a_token_is_good_for_one_account_and_one_purpose():
    token = visits().token(visits().begin("vis_1", (), NOW))
    assert refused(visits(account="shop2").read, token, NOW) == "bad_token"
    seal = Seal("shop", [NEW])
    assert refused(seal.read, "file", token) == "bad_token"
    assert refused(seal.read, "file", token.replace("visit.", "file.", 1)) == "bad_token"


@given(st.data())
def test_whatever_is_changed_in_a_token_it_is_refused(data):
    token = visits(NEW, OLD).token(visits().begin("vis_1", (LI,), NOW))
    at = data.draw(st.integers(0, len(token) - 1))
    sign = data.draw(st.characters().filter(lambda one: one != token[at]))
    assert refused(visits(NEW, OLD).read, token[:at] + sign + token[at + 1 :], NOW) == "bad_token"
    assert refused(visits(NEW, OLD).read, token[:at], NOW) in ("bad_token", "no_token")


@given(st.text() | st.from_regex(r"visit\.[A-Za-z0-9_-]*\.[A-Za-z0-9_-]*", fullmatch=True))
def test_no_other_text_is_a_token(text):
    assert refused(visits().read, text, NOW) in ("bad_token", "no_token")


def test_genuine_but_from_another_release():
    seal = Seal("shop", [NEW])
    for payload in ({}, {"c": "x", "v": "y", "p": [], "i": "z", "e": 1}, {"c": 1, "v": 2, "p": 3, "i": 4, "e": 5}):
        assert refused(visits().read, seal.sign("visit", payload), NOW) == "bad_token"
    for told in ("W10", "AAAA"):  # a list, and no JSON
        assert refused(seal.read, "visit", f"visit.{told}.{mac_of('visit', told)}") == "bad_token"


def mac_of(purpose, told):
    key = hmac.digest(NEW.encode(), f"csdesk.webchat\0{purpose}\0shop".encode(), hashlib.sha256)
    return encoded(hmac.digest(key, told.encode(), hashlib.sha256))


def encoded(content):
    return base64.urlsafe_b64encode(content).rstrip(b"=").decode()


@pytest.mark.parametrize("secrets", [[], [""], ["x" * 31], [NEW, "short"], b"x" * 31, [None], [NEW, 7]])
def test_secrets_that_are_too_weak_are_refused(secrets):
    with pytest.raises(InvalidInput):
        Seal("shop", secrets)


def test_a_secret_may_stand_alone_or_be_bytes_and_never_shows():
    assert Seal("shop", NEW).tag("m", "1") == Seal("shop", [NEW.encode()]).tag("m", "1")
    assert NEW not in repr(Seal("shop", [NEW]))


# The host's users


def tokens(*secrets, account="shop"):
    return UserTokens(account, secrets or [NEW], "user", "")


def jwt(claims, *, secret=NEW, head=None):
    told = ".".join(encoded(json.dumps(one).encode()) for one in (head or {"alg": "HS256", "typ": "JWT"}, claims))
    return f"{told}.{encoded(hmac.digest(secret.encode(), told.encode(), hashlib.sha256))}"


SOON = int((NOW + timedelta(minutes=5)).timestamp())
GOOD = {"sub": "li", "exp": SOON}


def test_a_signed_user_comes_with_the_identities_that_the_host_vouches_for():
    mail = {"kind": "email", "scope": "", "id": "li@example.com"}
    token = sign_user(NEW, "li", expires_at=NOW + timedelta(minutes=5), name="李", ids=[mail], account="shop")
    assert tokens().read(token, NOW) == (
        LI, Sender(kind="email", external_id="li@example.com", evidence=Evidence.VERIFIED),
    )  # fmt: skip
    assert refused(tokens(account="other").read, token, NOW) == "bad_user"


def test_any_library_for_json_web_tokens_will_do():
    assert tokens(NEW, OLD).read(jwt({**GOOD, "aud": ["shop", "x"], "iat": SOON - 300}, secret=OLD), NOW)[0].name == ""


def test_a_user_token_ends():
    token = jwt(GOOD)
    assert tokens().read(token, NOW + timedelta(minutes=5, seconds=-1))
    assert refused(tokens().read, token, NOW + timedelta(minutes=5)) == "expired_user"


@pytest.mark.parametrize(
    "token",
    [
        "", "a.b", "a.b.c", "....", jwt(GOOD, secret=OTHER), jwt({"sub": "li"}), jwt({"exp": SOON}),
        jwt({**GOOD, "sub": ""}), jwt({**GOOD, "sub": 7}), jwt({**GOOD, "sub": "x" * 201}), jwt({**GOOD, "sub": "a\n"}),
        jwt({**GOOD, "exp": "soon"}), jwt({**GOOD, "exp": True}), jwt({**GOOD, "exp": 1e300}),
        jwt({**GOOD, "nbf": SOON + 600}), jwt({**GOOD, "iat": SOON}), jwt({**GOOD, "aud": "other"}),
        jwt({**GOOD, "ids": {}}), jwt({**GOOD, "ids": [7]}), jwt({**GOOD, "ids": [{"id": "1", "kind": "a"}] * 6}),
        jwt({**GOOD, "ids": [{"id": "1", "kind": "a", "scope": 7}]}), jwt([1]), jwt(GOOD, head=[1]),
        jwt(GOOD, head={"alg": "none"}), jwt(GOOD, head={"alg": "HS512"}),
        jwt(GOOD, head={"alg": "HS256", "crit": ["x"]}),
        jwt(GOOD)[:-1] + "=", jwt(GOOD) + "x" * 9000, encoded(b'{"alg":"none"}') + "." + jwt(GOOD).split(".")[1] + ".",
    ],
)  # fmt: skip
def test_other_user_tokens_are_refused(token):
    assert refused(tokens().read, token, NOW) == "bad_user"


def test_without_secrets_nobody_signs_in():
    assert refused(UserTokens("shop", [], "user", "").read, jwt(GOOD), NOW) == "bad_user"


@pytest.mark.parametrize(
    "given",
    [
        {"secret": "short"}, {"user": ""}, {"user": "a\0"}, {"user": "x" * 201},
        {"expires_at": datetime(2026, 1, 1)},  # noqa: DTZ001  that is what is wrong with it
    ],
)  # fmt: skip
def test_what_the_host_signs_is_checked(given):
    wanted = {"secret": NEW, "user": "li", "expires_at": NOW, **given}
    with pytest.raises(InvalidInput):
        sign_user(wanted["secret"], wanted["user"], expires_at=wanted["expires_at"])
