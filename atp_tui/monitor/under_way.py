"""The domains of a host that are on their way somewhere: what is done to the host meanwhile may cost them."""

from __future__ import annotations

from ..model.node import DomainState
from .domain_index import HostWithDomains

UNDER_WAY = frozenset(
    {
        (DomainState.PAUSED, "migration"),
        (DomainState.PAUSED, "being saved"),
        (DomainState.PAUSED, "being dumped"),
        (DomainState.PAUSED, "snapshot"),
        (DomainState.PAUSED, "starting up"),
        (DomainState.PAUSED, "post-copy migration"),
        (DomainState.PAUSED, "post-copy migration failed"),
        (DomainState.RUNNING, "post-copy migration"),
        (DomainState.RUNNING, "post-copy migration failed"),
    }
)
"""States with their reasons, in the words of model.node.REASONS. A domain that runs while its memory is copied has no
reason in what is sampled: of that nothing is known here."""


def under_way(host: HostWithDomains) -> tuple[tuple[str, str], ...]:
    """The names of such domains in the host's newest answer, each with its reason; of a host that is not heard now
    none. Remote text, both."""
    if not host.fresh:
        return ()
    domains = host.of_domains
    found = []
    for place, state in enumerate(domains.states):
        if state is DomainState.PAUSED or state is DomainState.RUNNING:
            reading = domains.reading(place)
            if (state, reading.reason) in UNDER_WAY:
                found.append((reading.name, str(reading.reason)))
    return tuple(found)
