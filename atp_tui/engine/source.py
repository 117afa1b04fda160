"""The port to where the hosts come from, with the drivers that serve them."""

from __future__ import annotations

from collections.abc import AsyncGenerator, AsyncIterator, Callable, Collection
from contextlib import AbstractAsyncContextManager, AbstractContextManager
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

from ..actions.action import Credentials, HostsFile, NearFiles, Terminal
from ..config.fleet import FleetConfig
from ..model.errors import ConfigError
from ..model.host import HostInfo
from ..model.message import Message
from ..model.outcome import ExitStatus
from ..model.settings import Channel, TransportConfig
from ..model.text import Printed
from ..transport.driver import Driver
from ..transport.login_desk import LoginDesk
from .try_out import TryStep

if TYPE_CHECKING:
    from ..model.credential import Secret
    from ..model.questions import Locked
    from .forwards import Listens


class LentTerminal(Terminal, Protocol):
    """The terminal of this program, which a surface may have made room on.

    `around` has it ready for a session of a host, and takes it back; it gives what is to be said there first. `ended`
    is how the last session ended: None where it was left from here.
    """

    around: Callable[[str], AbstractContextManager[Printed]]
    ended: ExitStatus | None

    def give_back(self) -> None:
        """Have it as it was before a session, for a program that ends at once. From any thread; waits for nothing."""
        ...


class KeyStore(Protocol):
    """The host keys that drivers trust.

    `warn` is told, as (host id, words), what went wrong without stopping anything, `note` what a person should know of
    a host.
    """

    warn: Callable[[str, str], object]
    note: Callable[[str, Message], object]

    async def trust(self, host: HostInfo, public_key: str, *, replace: bool = False) -> Path:
        """As actions.action.HostKeys."""
        ...


class Lock(Protocol):
    """What drops all that was typed, and locks the screen, as engine.fleet.Fleet has it."""

    def locked(self) -> Locked | None: ...
    async def lock(self) -> None: ...
    async def unlock(self, secret: Secret | None, /) -> bool: ...


class DriverSet(Protocol):
    """The drivers of all kinds of hosts; called, it chooses the one for a host's channel."""

    @property
    def host_keys(self) -> KeyStore: ...

    @property
    def credentials(self) -> Credentials: ...

    @property
    def desk(self) -> LoginDesk: ...

    @property
    def lock(self) -> Lock: ...

    @property
    def near(self) -> NearFiles: ...

    @property
    def near_sockets(self) -> Listens: ...

    @property
    def terminal(self) -> LentTerminal: ...

    def __call__(self, host: HostInfo, channel: Channel) -> Driver: ...

    async def load_for(self, hosts: Collection[HostInfo]) -> None:
        """Load what these hosts need, off the event loop."""
        ...

    def try_out(self, host: HostInfo, config: TransportConfig) -> AsyncGenerator[TryStep, None]:
        """As engine.try_out.TriesHosts."""
        ...

    async def close(self) -> None:
        """Release what the drivers hold."""
        ...


class FleetSource(Protocol):
    """A configuration, the drivers for its hosts, and whatever has to run beside them."""

    @property
    def name(self) -> str:
        """What a surface calls it."""
        ...

    @property
    def config(self) -> FleetConfig: ...

    @property
    def drivers(self) -> DriverSet: ...

    @property
    def hosts_file(self) -> HostsFile | None:
        """The file that the hosts come from, to be edited; None where they come from none."""
        ...

    def watched(self) -> AsyncIterator[FleetConfig | ConfigError]:
        """Each later version of the configuration, or what is wrong with it. A source that never changes has none."""
        ...

    def opened(self) -> AbstractAsyncContextManager[tuple[HostInfo, ...]]:
        """The hosts, and what they need to be reached, until the block ends."""
        ...
