"""How long a host is waited for that is asked once, and how it is opened for that."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from ..model.host import HostInfo, settings_of
from ..model.settings import TransportConfig


def limit_of(host: HostInfo, config: TransportConfig) -> float:
    """Seconds that a headless verb waits for a host: its connect_timeout, and a moment for the answer."""
    return settings_of(host, config).connect_timeout + 0.5


def connects_on_demand(hosts: Iterable[HostInfo], config: TransportConfig) -> tuple[HostInfo, ...]:
    """The same hosts, opening nothing until something is asked of them: a command needs no hypervisor connection."""

    def changed(host: HostInfo) -> HostInfo:
        transport = settings_of(host, config)
        pool = replace(transport.pool, min_connections_per_host=0)
        return replace(host, transport=replace(transport, pool=pool))

    return tuple(map(changed, hosts))
