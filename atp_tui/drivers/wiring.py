"""Which driver serves which host: the program's whole choice of drivers, each loaded when first needed."""

from __future__ import annotations

import logging
import sys
from collections.abc import AsyncGenerator, Callable, Collection
from contextlib import aclosing
from functools import cached_property
from typing import TYPE_CHECKING

from ..config.paths import runtime_base
from ..engine.try_out import TryStep
from ..model.errors import ConnectFailed
from ..model.host import SIMULATED, HostInfo
from ..model.settings import Channel, TransportConfig
from ..transport.driver import Driver
from ..transport.login_desk import LoginDesk
from .aside import off_loop
from .descriptors import Descriptors
from .libvirt.credentials import CredentialStore
from .near.look import NearLook
from .ssh.hostkeys import HostKeyStore
from .terminal.lending import LentTerminal

if TYPE_CHECKING:
    from .lock import Lock
    from .near.listening import NearSockets
    from .try_out import TryOut

_log = logging.getLogger(__name__)


class Drivers:
    """Chooses a driver by channel and URI; call it as TransportManager does. `close` it after the manager.

    `simulated` serves `sim://` hosts in place of a driver of its own: the demo's shell shares one with the transport.
    `host_keys` is what the SSH driver trusts, and where a person's decision about a key goes; `credentials` is where
    the passwords go that a person types for libvirt, `desk` where SSH's logins ask a person.
    """

    def __init__(self, simulated: Driver | None = None) -> None:
        self.host_keys: HostKeyStore = HostKeyStore()
        self.credentials = CredentialStore()
        self.desk = self._own_desk = LoginDesk()  # a trial works at the desk of the drivers that it comes of
        self.near = NearLook()
        self.terminal = LentTerminal()
        self._descriptors = Descriptors()
        self._trials: set[TryOut] = set()
        self._loaded: dict[str, Driver] = {} if simulated is None else {SIMULATED: simulated}

    def __call__(self, host: HostInfo, channel: Channel) -> Driver:
        """The driver for a host's channel."""
        if channel == "ssh":
            return self._get("ssh", self._ssh)
        uri = host.connection_uri
        if uri is not None and uri.driver == SIMULATED:
            return self._get(SIMULATED, _simulated)
        return self._get("libvirt", self._libvirt)

    @property
    def near_sockets(self) -> NearSockets:
        """What listens on this machine."""
        from .near.listening import NearSockets

        return NearSockets()

    @cached_property
    def lock(self) -> Lock:
        """What drops all that was typed, and locks the screen."""
        from .lock import Lock

        return Lock(self.desk, self.credentials)

    async def load_for(self, hosts: Collection[HostInfo]) -> None:
        """Load the libraries that these hosts need, as `load` does."""
        needed = {"asyncssh" for host in hosts if host.takes_commands or host.over_ssh}
        uris = [host.connection_uri for host in hosts]
        await self.load(needed | {"libvirt" for uri in uris if uri is not None and uri.driver != SIMULATED})

    async def load(self, names: Collection[str]) -> None:
        """Load "asyncssh" and "libvirt" off the event loop, which the first would hold up for a third of a second.

        One that cannot be imported is no error here: the connection that needs it says what is missing.
        """

        def work() -> None:
            for name in names:
                try:
                    _LOAD[name]()
                except (ImportError, ConnectFailed):
                    continue
                except Exception as error:  # noqa: BLE001 - the connection that needs it fails of the same
                    _log.error("%s cannot be loaded", name, exc_info=error)

        if any(name not in sys.modules for name in names):
            await off_loop("import", work)

    async def try_out(self, host: HostInfo, config: TransportConfig) -> AsyncGenerator[TryStep, None]:
        """As engine.try_out.TriesHosts: on drivers of its own, which store no host key."""
        from .try_out import KeysUnwritten, TryOut

        await self.load_for([host])
        apart = Drivers()
        apart.host_keys, apart.credentials, apart.desk = KeysUnwritten(), self.credentials.copied(), self.desk
        apart._descriptors = self._descriptors
        trial = TryOut(apart, host, config)
        self._trials.add(trial)
        try:
            async with aclosing(trial.steps()) as steps:
                async for step in steps:
                    yield step
        finally:
            self._trials.discard(trial)

    async def close(self) -> None:
        """Release what the drivers hold. Trials that nobody waits for any more are ended first."""
        for trial in tuple(self._trials):
            await trial.close()
        self._own_desk.close()
        while self._loaded:
            _, driver = self._loaded.popitem()
            await driver.close()

    def _get(self, kind: str, make: Callable[[], Driver]) -> Driver:
        driver = self._loaded.get(kind)
        if driver is None:
            driver = self._loaded[kind] = make()
        return driver

    def _ssh(self) -> Driver:
        from .ssh.driver import SshDriver

        return SshDriver(self.host_keys, self.desk, descriptors=self._descriptors)

    def _libvirt(self) -> Driver:
        from .libvirt.driver import LibvirtDriver

        return LibvirtDriver(runtime_base(), credentials=self.credentials, descriptors=self._descriptors)


def _asyncssh() -> None:
    from .ssh.library import load_asyncssh

    load_asyncssh()


def _libvirt() -> None:
    from .libvirt.binding import load  # and no mere import: it must be silenced before

    load()


_LOAD: dict[str, Callable[[], object]] = {"asyncssh": _asyncssh, "libvirt": _libvirt}


def _simulated() -> Driver:
    from .simulated.driver import SimulatedDriver

    return SimulatedDriver()
