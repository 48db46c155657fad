"""A shop whose queues route: what tests of routing begin with."""

from csdesk import Actor, DeskConfig

LEAD = Actor.agent("lead")
REFUND = {"name": "refund", "when": {"field": "ticket.tags", "op": "contains", "value": "refund"}}
TAGGED = {"tags": [{"name": "refund", "keywords": ["refund"]}]}


def shop(world, *queues, **more):
    given = {"queues": [one if isinstance(one, dict) else {"name": one} for one in queues or ("default",)], **more}
    given.setdefault("default_queue", given["queues"][0]["name"])
    return world.open(DeskConfig.model_validate(given))


def routed(**routing):
    return {"name": "default", "routing": routing}
