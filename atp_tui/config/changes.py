"""What differs between two readings of a configuration. Pure."""

from __future__ import annotations

from dataclasses import replace

from ..model.data_class import dataclass
from ..model.host import HostInfo
from ..model.settings import FLEET_WIDE, TransportConfig
from .fleet import FleetConfig


@dataclass(frozen=True, slots=True)
class Changes:
    """From one configuration to the next: hosts that came, went (their ids), and are described otherwise.

    `transport` are the fleet's settings to take now, None where they are the same. `later` names what counts from the
    next start of the program on: tables, or keys with their table.
    """

    added: tuple[HostInfo, ...] = ()
    removed: tuple[str, ...] = ()
    changed: tuple[HostInfo, ...] = ()
    transport: TransportConfig | None = None
    later: tuple[str, ...] = ()


def changes_between(before: FleetConfig, after: FleetConfig) -> Changes:
    """All that differs. A host that only stands elsewhere in the file is the same."""
    old, new = ({host.id: host for host in config.hosts} for config in (before, after))
    fixed = {key: getattr(before.transport, key) for key in FLEET_WIDE}
    transport = replace(after.transport, **fixed)
    return Changes(
        added=tuple(host for host in after.hosts if host.id not in old),
        removed=tuple(host_id for host_id in old if host_id not in new),
        changed=tuple(host for host in after.hosts if host.id in old and old[host.id] != host),
        transport=transport if transport != before.transport else None,
        later=(
            *(f"transport.{key}" for key in sorted(FLEET_WIDE) if getattr(after.transport, key) != fixed[key]),
            *(f"[{name}]" for name in ("ui", "monitor") if getattr(before, name) != getattr(after, name)),
        ),
    )
