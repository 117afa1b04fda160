"""Why nothing is changed on a host, as its panel says it."""

from __future__ import annotations

from ..actions.action import Invocation
from ..engine.fleet import Fleet
from ..model.say import Say
from ..model.target import on_hosts


def held_words(fleet: Fleet, host_id: str) -> str:
    """In a line; "" where nothing holds back what is about this host alone: what is about the whole fleet stands at the
    top. Not safe for a terminal."""
    problem = fleet.admit(Invocation("run", on_hosts(host_id), {"command": "true"})).problem
    if problem is None:
        return ""
    said = problem.reason
    if said.id is Say.READ_ONLY_HOSTS:
        return f"only watched: read_only of [guard] names {said.get('names')}"
    if said.id is Say.FROZEN:
        return f"frozen until {said.get('until')} by {said.get('who')}: {said.get('reason')}"
    return ""
