"""One host tried as hosts.toml would describe it, step by step: nothing is written, no running connection is used."""

from __future__ import annotations

from collections.abc import AsyncGenerator
from contextlib import aclosing
from enum import Enum
from typing import TYPE_CHECKING, Protocol

from ..actions.hosts import edits_on
from ..model.data_class import dataclass
from ..model.errors import ActionFailed, AtpError, HostUnknown, TransportError
from ..model.host import HostInfo, settings_of
from ..model.message import Message, told
from ..model.problem import Problem, problem_of
from ..model.say import Say

if TYPE_CHECKING:
    from ..actions.action import Action, HostsFile, Invocation
    from ..config.fleet import FleetConfig
    from ..model.causes import Trouble
    from ..model.settings import TransportConfig


class TryKind(Enum):
    """The steps to a host, in their order; ADDRESS to LOGIN come for each sshd on the way."""

    SETTINGS = "settings"
    ADDRESS = "address"
    PORT = "port"
    GREETING = "greeting"
    HOST_KEY = "host key"
    LOGIN = "login"
    HYPERVISOR = "hypervisor"


class TryState(Enum):
    """How far a step is. LEFT_OUT: there is no such step on this way, and `found` says why."""

    TRYING = "trying"
    DONE = "done"
    LEFT_OUT = "left out"
    FAILED = "failed"


@dataclass(frozen=True, slots=True)
class HypervisorFound:
    """The hypervisor that has answered: versions as libvirt numbers them, None where it does not tell its own."""

    name: str
    version: int | None
    libvirt: int
    domains: int


@dataclass(frozen=True, slots=True)
class TryStep:
    """One step, told when it is begun (TRYING) and once more when it has ended.

    `took` is in seconds, of a step that has ended by itself. `peer` names the jump host that it is about; "" is the
    host itself. `found` is what was met, which may be a peer's own words. Of a step that FAILED, `problem` says why,
    and `trouble` the class of the cause with what helps, where the host or the way to it is the cause.
    """

    kind: TryKind
    state: TryState
    peer: str = ""
    took: float | None = None
    found: Message | HypervisorFound | None = None
    problem: Problem | None = None
    trouble: Trouble | None = None


class TriesHosts(Protocol):
    """Opens connections of its own to one host, and closes them all."""

    def try_out(self, host: HostInfo, config: TransportConfig) -> AsyncGenerator[TryStep, None]:
        """The steps, up to the first that fails. Closed early, it leaves nothing behind."""
        ...


class Admits(Protocol):
    """As engine.below.Door."""

    def admit(self, invocation: Invocation) -> Action: ...


class Trial:
    """Tries hosts of a file. `hosts_file` None: there is none, and the first step says so."""

    def __init__(self, hosts_file: HostsFile | None, door: Admits, drivers: TriesHosts) -> None:
        self._file = hosts_file
        self._door = door
        self._drivers = drivers

    async def steps(self, host_id: str, edit: Invocation | None) -> AsyncGenerator[TryStep, None]:
        """As Fleet.try_out."""
        try:
            host, config = await self._described(host_id, edit)
        except AtpError as error:
            yield failed(TryKind.SETTINGS, error)
            return
        async with aclosing(self._drivers.try_out(host, config)) as steps:
            async for step in steps:
                yield step

    async def _described(self, host_id: str, edit: Invocation | None) -> tuple[HostInfo, TransportConfig]:
        if self._file is None:
            raise ActionFailed(told(Say.NO_HOSTS_FILE))
        config = await self._file.known()
        if edit is not None:
            self._door.admit(edit)
            config = (await self._file.look(await edits_on(edit, self._file), "")).config
        host = _found(config, host_id)
        return host, settings_of(host, config.transport)


def _found(config: FleetConfig, host_id: str) -> HostInfo:
    for host in (*config.hosts, *config.disabled):
        if host.id == host_id:
            return host
    raise HostUnknown(told(Say.NO_SUCH_HOST, host=host_id), host=host_id)


def failed(kind: TryKind, error: AtpError, peer: str = "", took: float | None = None) -> TryStep:
    """A step that has ended with this error."""
    trouble = error.trouble if isinstance(error, TransportError) else None
    return TryStep(kind, TryState.FAILED, peer, took, problem=problem_of(error), trouble=trouble)
