"""Conditions of targets over what hosts.toml says of hosts, before any of them was asked."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cached_property
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from ..model.fact import Fact
    from ..model.host import HostInfo
    from .facts import HostFacts


class FileFacts:
    """What is known of hosts that nobody has asked anything. Made only where an expression has a condition."""

    def __init__(self, hosts: Sequence[HostInfo]) -> None:
        self._hosts = hosts

    @cached_property
    def facts(self) -> HostFacts:
        """Over rows of which nothing is known but what the file says."""
        from .facts import HostFacts, unheard  # few expressions have a condition

        return HostFacts(tuple(map(unheard, self._hosts)), {host.id for host in self._hosts})

    def term(self, text: str) -> Fact | None:
        """As HostFacts.term."""
        return self.facts.term(text)

    def near(self, name: str) -> str | None:
        """As HostFacts.near."""
        return self.facts.near(name)
