"""What strangers write never steers the terminal of whoever looks at it."""

import json
import re

import pytest

EVIL = "\x1b]0;owned\x07\x1b[2J\x9b31m\u202e[bold]x[/]"
STEERING = re.compile("[\x00-\x09\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]")


@pytest.fixture
def hostile(cli, messages):
    row = {"id": "9", "from": f"wx{EVIL[-1]}", "name": f"Eve {EVIL}", "subject": f"S {EVIL}", "text": f"hello {EVIL}"}
    messages.write_text(json.dumps({**row, "at": "2025-03-03T09:00:00+08:00"}) + "\n", encoding="utf-8")
    cli.run("init")
    assert cli.run("ingest", messages).exit_code == 0
    return cli


@pytest.mark.parametrize("words", [("tickets",), ("show", "1"), ("show", "1", "--all"), ("search", "hello")])
def test_nothing_of_it_reaches_the_terminal(hostile, words) -> None:
    done = hostile.run(*words)
    assert done.exit_code == 0, done.output
    assert "31m" in done.stdout, "what is harmless of it is shown"
    assert not STEERING.search(done.output)


@pytest.mark.parametrize("words", [("tickets",), ("show", "1"), ("search", "hello")])
def test_json_says_it_escaped_and_whole(hostile, words) -> None:
    done = hostile.run(*words, "--json")
    assert not STEERING.search(done.stdout)
    found = [json.loads(done.stdout)] if words[0] == "show" else [json.loads(one) for one in done.stdout.splitlines()]
    assert any(EVIL in value for value in _texts(found))


def test_an_error_repeats_nothing_of_it(hostile) -> None:
    done = hostile.run("show", EVIL)
    assert done.exit_code == 3
    assert "no ticket" in done.output
    assert not STEERING.search(done.output)


def _texts(value):
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict | list):
        for one in value.values() if isinstance(value, dict) else value:
            yield from _texts(one)
