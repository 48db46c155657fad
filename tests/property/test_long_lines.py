"""Looking at the heads of a long line chooses as looking at everybody in it does."""

from unittest.mock import patch

from hypothesis import given, settings
from hypothesis import strategies as st
from tests.conftest import many

from csdesk import DeskConfig, InboundMessage, Sender, Skill, open_desk
from csdesk.domain.routing import choice
from csdesk.stores.memory import MemoryStore
from csdesk.testing import FixedClock, SerialIds

STRATEGIES = ("least_loaded", "most_idle", "round_robin", "weighted", "consistent_hash")
agents = st.lists(
    st.tuples(st.integers(1, 3), st.sampled_from([("de",), ("fr",), ("de", "fr"), ()])), min_size=18, max_size=30
)
texts = st.lists(st.sampled_from(["hello", "auf deutsch", "en français", "both"]), min_size=5, max_size=40)


def _need(word, *skills):
    return {
        "rule": {
            "name": word,
            "when": {"field": "message.text", "op": "contains", "value": word},
            "then": [{"do": "add_tags", "tags": [word]}],
        },
        "need": {
            "name": word,
            "when": {"field": "ticket.tags", "op": "contains", "value": word},
            "skills": [{"name": one} for one in skills],
        },
    }


NEEDS = (_need("deutsch", "de"), _need("français", "fr"), _need("both", "de", "fr"))


def _given(strategy, people, said, short):
    """Who got which message of one batch, and what the trace told."""
    config = DeskConfig.model_validate(
        {
            "queues": [{"name": "default", "routing": {"strategy": strategy}}],
            "tags": [{"name": one["need"]["name"]} for one in NEEDS],
            "rules": [one["rule"] for one in NEEDS],
            "routing": {"needs": [one["need"] for one in NEEDS]},
        }
    )
    with (
        patch.object(choice, "_SHORT", short),
        open_desk(MemoryStore(), config=config, clock=FixedClock(), ids=SerialIds()) as desk,
    ):
        for number, (capacity, skills) in enumerate(people):
            desk.agents.add(
                f"Agent {number}", queues=["default"], capacity=capacity, skills=[Skill(name=one) for one in skills]
            )
        messages = [
            InboundMessage(
                account="web", dedupe_key=f"{at}", conversation=f"{at}", sender=Sender(external_id=f"{at}"), text=text
            )
            for at, text in enumerate(said)
        ]
        received = desk.receive_many(messages)
        return [(one.ticket.assignee, one.trace) for one in received]


@settings(max_examples=many(40))
@given(st.sampled_from(STRATEGIES), agents, texts)
def test_a_long_line_is_served_as_if_everybody_were_looked_at(strategy, people, said):
    assert _given(strategy, people, said, short=0) == _given(strategy, people, said, short=10**6)
