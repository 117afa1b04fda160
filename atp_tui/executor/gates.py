"""What comes between two waves of a job: a pause, and gates that must hold before the next one."""

from __future__ import annotations

import logging
from collections.abc import Awaitable, Callable, Collection
from functools import partial
from typing import Protocol

from ..model.errors import AtpError
from ..model.fence import Fence
from ..model.message import Message, told
from ..model.outcome import Command, ExitStatus, Stream
from ..model.say import Say
from ..model.target import TargetId
from ..transport.connection import HostConnection
from ..transport.manager import FANOUT, TransportManager
from .folding import fold_names
from .job import Job
from .spec import JobSpec

_log = logging.getLogger(__name__)
_fence = Fence(_log)

EACH = 2.0
"""Seconds between two questions of a gate that does not hold yet."""


class Gates(Protocol):
    """Expressions over what hosts say."""

    def check(self, spec: JobSpec) -> None:
        """Raise ConfigError for a gate of a job that is no expression over its hosts."""
        ...

    async def holding(self, gate: str, hosts: Collection[str]) -> tuple[str, ...]:
        """Those of these hosts, which are asked now, on which an expression holds. Raises AtpError."""
        ...


Asked = Callable[[list[str], float], Awaitable[Collection[str]]]
"""Asks a gate on hosts, within so many seconds; gives those on which it holds."""


async def between_waves(
    job: Job, targets: Collection[TargetId], manager: TransportManager, gates: Gates | None
) -> Message | None:
    """Wait through what a job wants between the wave that is over and the next; why it does not go on, or None.

    `targets` are those of the wave on which the work went well.
    """
    waves, progress = job.spec.options.waves, job.progress
    assert waves is not None and progress is not None, "only a job in waves has something between them"
    await manager.clock.sleep(waves.pause)
    hosts = list(dict.fromkeys(target.host for target in targets))
    where: dict[str, str | int] = {
        "wave": progress.wave, "waves": progress.waves, "seconds": f"{waves.gate_timeout:g}"
    }  # fmt: skip
    try:
        if waves.gate and gates is not None:
            asked = partial(_asked, gates, waves.gate)
            if without := await _until(asked, hosts, waves.gate_timeout, manager):
                return told(Say.WAVES_GATE, gate=waves.gate, hosts=fold_names(without), **where)
        if waves.gate_run:
            ran = partial(_ran, manager, waves.gate_run, job.spec.options.fanout)
            if without := await _until(ran, hosts, waves.gate_timeout, manager):
                return told(Say.WAVES_GATE_RUN, hosts=fold_names(without), **where)
    except AtpError as error:
        return told(Say.WAVES_GATE_BROKEN, why=error.reason)
    except Exception as error:  # noqa: BLE001 - a gate that cannot be asked lets nothing pass
        return told(Say.WAVES_GATE_BROKEN, why=_fence.caught(error, "the gate of job %s", job.id))
    return None


async def _until(ask: Asked, hosts: list[str], seconds: float, manager: TransportManager) -> list[str]:
    """Ask a gate again on the hosts on which it does not hold yet, EACH seconds apart; those that are left at the end.

    It is asked once at least, and once more when the time is over.
    """
    clock, left = manager.clock, hosts
    ends_at = clock.monotonic() + seconds
    while left:
        begun = clock.monotonic()
        holds = set(await ask(left, max(EACH, ends_at - begun)))
        left = [host for host in left if host not in holds]
        now = clock.monotonic()
        if begun >= ends_at or not left:
            break
        await clock.sleep(max(0.0, min(EACH, ends_at - now)))
    return left


async def _asked(gates: Gates, gate: str, hosts: list[str], _seconds: float) -> Collection[str]:
    return await gates.holding(gate, hosts)


async def _ran(manager: TransportManager, line: str, fanout: int, hosts: list[str], seconds: float) -> Collection[str]:
    """The hosts on which a command ends with exit status 0. Nobody reads what it says."""

    async def run(connection: HostConnection) -> ExitStatus:
        return await connection.run(Command(line), _unread)

    results = await manager.execute_on_hosts(
        hosts, run, fanout=min(FANOUT, fanout), timeout=seconds, overall=seconds, channel="ssh", fail_fast=True
    )
    return [each.host_id for each in results if each.value is not None and each.value.status == 0]


def _unread(_stream: Stream, _data: bytes) -> None:
    """Takes output, and keeps none."""
