"""The transport as a library: `from atp_tui.api import TransportManager, TransportConfig, HostInfo`.

Importing this loads neither libvirt nor asyncssh; the first host that needs one of them does.
"""

from __future__ import annotations

import random

from .drivers.wiring import Drivers
from .model.connection import ConnectionSnapshot, ConnectionState, HostStatus, PoolStatistics
from .model.credential import Credential, Secret
from .model.errors import (
    AtpError,
    AuthFailed,
    CallFailed,
    CallTimeout,
    CheckoutTimeout,
    ConfigError,
    ConnectFailed,
    ConnectionLost,
    ConnectTimeout,
    CredentialWanted,
    HostKeyRejected,
    HostKeyRevoked,
    HostUnknown,
    PoolClosed,
    PoolError,
    TooManyWaiters,
    TransportError,
    Unsupported,
)
from .model.host import HostInfo
from .model.message import Message
from .model.outcome import Command, ExitStatus, TaskResult
from .model.say import Say
from .model.settings import (
    HostKeyPolicy,
    Jitter,
    PoolConfig,
    ReconnectConfig,
    SelectionStrategy,
    SshSettings,
    TransportConfig,
)
from .transport.clock import Clock
from .transport.connection import HostConnection
from .transport.dialer import ChooseDriver
from .transport.manager import TransportManager as _TransportManager
from .transport.slot import LeaseClass

__all__ = [
    "AtpError",
    "AuthFailed",
    "CallFailed",
    "CallTimeout",
    "CheckoutTimeout",
    "Command",
    "ConfigError",
    "ConnectFailed",
    "ConnectTimeout",
    "ConnectionLost",
    "ConnectionSnapshot",
    "ConnectionState",
    "Credential",
    "CredentialWanted",
    "ExitStatus",
    "HostConnection",
    "HostInfo",
    "HostKeyPolicy",
    "HostKeyRejected",
    "HostKeyRevoked",
    "HostStatus",
    "HostUnknown",
    "Jitter",
    "LeaseClass",
    "Message",
    "PoolClosed",
    "PoolConfig",
    "PoolError",
    "PoolStatistics",
    "ReconnectConfig",
    "Say",
    "Secret",
    "SelectionStrategy",
    "SshSettings",
    "TaskResult",
    "TooManyWaiters",
    "TransportConfig",
    "TransportError",
    "TransportManager",
    "Unsupported",
]


class TransportManager(_TransportManager):
    """The transport's manager over the real drivers, chosen by each host's URI; `drivers` brings others.

    Make it and use it on one event loop: `async with TransportManager(TransportConfig()) as manager: ...`
    """

    def __init__(
        self,
        config: TransportConfig | None = None,
        drivers: ChooseDriver | None = None,
        *,
        clock: Clock | None = None,
        rng: random.Random | None = None,
    ) -> None:
        own = Drivers()
        self._own = own if drivers is None else None
        self._credentials = drivers.credentials if isinstance(drivers, Drivers) else own.credentials
        super().__init__(config, drivers or own, clock=clock, rng=rng)

    def log_in(self, host_id: str, credential: Credential) -> None:
        """Connect to a host that has raised CredentialWanted with this name and password.

        They are kept in memory, for all connections to the host under its present URI, until it refuses them. Raises
        HostUnknown.
        """
        self._credentials.remember(host_id, self.host(host_id).uri or "", credential)
        self.retry(host_id)

    async def close(self, limit: float = 1.0) -> None:
        """Close every connection, leases within `limit` seconds, and the drivers where they are its own."""
        await super().close(limit)
        if self._own is not None:
            await self._own.close()
