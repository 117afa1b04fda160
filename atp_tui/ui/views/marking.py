"""Marks by a target: the commands of every view that shows hosts and their marks."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Protocol

from ...engine.fleet import Fleet
from ...monitor.vm_terms import FIELDS, PREFIX
from ..targeting import Targeting
from ..text import safe
from .spec import ViewCommand


class MarksHosts(Protocol):
    """A list of hosts that can be marked."""

    @property
    def marked(self) -> frozenset[str]: ...
    def mark_as_person(self, marked: frozenset[str]) -> None: ...


def mark_named(
    fleet: Fleet, expression: str, hosts: MarksHosts, tell: Callable[[str, bool], None], *, marks: bool
) -> None:
    """Mark the hosts of a target, or unmark them, and tell how many these were; or what is wrong with the target."""
    found = Targeting(fleet).named(expression)
    if found.problem is not None:
        tell(safe(found.problem.sentence), True)
        return
    before = hosts.marked
    hosts.mark_as_person(before.union(found.ids) if marks else before.difference(found.ids))
    number = len(hosts.marked ^ before)
    word = "marked" if marks else "unmarked"
    tell(f"{number} host{'s' * (number != 1)} {word}" if number else f"all of them are {word} already", False)


def _targets(fleet: Fleet) -> Iterable[str]:
    of_vms = [f"{PREFIX}{field}:" for field in FIELDS]
    words = fleet.target_words()
    jobs = [f"@job.{number}.failed" for number in words.jobs]
    groups = [f"@{group}" for group in words.groups]
    return ["@all", *groups, "@last.failed", "state:failed", "cpu>80", "vm.state:paused", *of_vms, *jobs]


MARKING = (
    ViewCommand("mark", "mark", "mark the hosts of a target: mark @rack1&state:failed", _targets, asks=True),
    ViewCommand("unmark", "unmark", "unmark the hosts of a target", _targets, asks=True),
)
