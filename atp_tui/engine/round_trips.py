"""Round-trip times, measured once all hosts have opened: the first request of a crowd waits for it."""

from __future__ import annotations

import asyncio
import contextlib
import time
from collections.abc import Iterable

from ..model.libvirt import VirtConnect
from ..transport.connection import HostConnection
from ..transport.manager import TransportManager
from ..transport.slot import LeaseClass

APART = 0.002
"""Seconds between the beginnings of two hosts' measurements, so that none waits for the others' work."""

TRIES = 3
"""Round trips a host, of which the quickest counts: what it took beyond that was our own work, or the machine's."""

ENOUGH = 0.02
"""Seconds after which a host has no further try: a far one is known well enough by its first."""


async def round_trips(manager: TransportManager, hosts: Iterable[str], timeout: float) -> dict[str, float]:
    """The round-trip time of each host in seconds; a host that does not answer within `timeout` seconds has none."""
    found: dict[str, float] = {}

    async def measure(host_id: str) -> None:
        # whatever goes wrong: it had answered a moment ago, and its state says the rest
        with contextlib.suppress(Exception):
            found[host_id] = await manager.execute_on_host(
                host_id, _quickest, timeout=timeout, fail_fast=True, lease_class=LeaseClass.SAMPLE
            )

    async with asyncio.TaskGroup() as group:
        for host_id in hosts:
            group.create_task(measure(host_id))
            await asyncio.sleep(APART)
    return found


async def _quickest(connection: HostConnection) -> float:
    if connection.channel != "ssh":
        return await connection.call(_on_lane)
    times: list[float] = []
    while len(times) < TRIES and sum(times) < ENOUGH:
        begun = time.perf_counter()
        await connection.ping()
        times.append(time.perf_counter() - begun)
    return min(times)


def _on_lane(virt: VirtConnect) -> float:
    """libvirt's cheapest call, timed where it is made: the way to the lane and back is no part of it."""
    times: list[float] = []
    while len(times) < TRIES and sum(times) < ENOUGH:
        begun = time.perf_counter()
        virt.getLibVersion()
        times.append(time.perf_counter() - begun)
    return min(times)
