"""What goes to and from the disks of a host's domains, between two readings of their counters."""

from __future__ import annotations

from ..model import events
from .series import rate

DiskRates = dict[str, tuple[float | None, float | None]]
"""Bytes read and written a second, by the uuid of a domain; None: not known."""

NO_RATES: tuple[float | None, float | None] = (None, None)


class DiskCounters:
    """The counters as they were read last."""

    def __init__(self) -> None:
        self._before: tuple[float, dict[str, tuple[int | None, int | None]]] | None = None

    def take(self, sample: events.HostSampled) -> DiskRates:
        """Take over the counters of a sample that has asked for them: what they gained a second since the last one."""
        now = {domain.uuid: (domain.read_bytes, domain.written_bytes) for domain in sample.domains}
        before, self._before = self._before, (sample.at, now)
        if before is None:
            return {}
        seconds, was = sample.at - before[0], before[1]
        found: DiskRates = {}
        for uuid, (read, written) in now.items():
            was_read, was_written = was.get(uuid, (None, None))
            found[uuid] = rate(was_read, read, seconds), rate(was_written, written, seconds)
        return found
