"""The program as a library: the transport alone (`TransportManager`), or a whole fleet with its jobs (`open_fleet`).

Importing this loads neither libvirt nor asyncssh; the first host that needs one of them does.
"""

from __future__ import annotations

import random
import warnings
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from .actions.action import Invocation, Value
from .actions.policy import Policy
from .config.load import load
from .drivers.sources import FileSource
from .drivers.wiring import Drivers
from .engine.engine import Engine
from .engine.fleet import Fleet, JobTicket, Wanted
from .engine.person import user_name
from .model.connection import ConnectionSnapshot, ConnectionState, HostStatus, PoolStatistics
from .model.credential import Credential, Secret, joined
from .model.ending import end_is_confirmed
from .model.errors import (
    ActionFailed,
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
from .model.questions import LoginQuestion, Prompt, Touch, Wants
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
from .model.target import on_hosts
from .monitor.query import Query
from .storage.audit import audit_of
from .transport.clock import Clock
from .transport.connection import HostConnection
from .transport.dialer import ChooseDriver
from .transport.manager import TransportManager as _TransportManager
from .transport.slot import LeaseClass

__all__ = [
    "ActionFailed",
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
    "Fleet",
    "HostConnection",
    "HostInfo",
    "HostKeyPolicy",
    "HostKeyRejected",
    "HostKeyRevoked",
    "HostStatus",
    "HostUnknown",
    "Jitter",
    "JobTicket",
    "LeaseClass",
    "LoginQuestion",
    "Message",
    "PoolClosed",
    "PoolConfig",
    "PoolError",
    "PoolStatistics",
    "Prompt",
    "Query",
    "ReconnectConfig",
    "Say",
    "Secret",
    "SelectionStrategy",
    "SshSettings",
    "TaskResult",
    "TooManyWaiters",
    "Touch",
    "TransportConfig",
    "TransportError",
    "TransportManager",
    "Unsupported",
    "Wanted",
    "Wants",
    "act",
    "answer",
    "end_is_confirmed",
    "open_fleet",
    "questions",
]


@asynccontextmanager
async def open_fleet(config: str | Path, *, watch: bool = True, read_only: bool = False) -> AsyncIterator[Fleet]:
    """The fleet of a hosts.toml until the block ends: its hosts are connected, and sampled if `watch`.

    `read_only`: no action passes that changes a host, known_hosts or hosts.toml. Raises ConfigError.
    """
    source = FileSource(load(Path(config)))
    audit = audit_of(source.config, warnings.warn, "library")
    engine = Engine(source, policy=Policy(read_only=read_only), audit=audit)
    async with engine.running(watch=watch):
        yield engine.fleet


async def act(
    fleet: Fleet, action: str, *hosts: str, secret: Secret | None = None, **arguments: Value
) -> JobTicket | None:
    """Carry out an action of the registry on hosts, by their ids, with its arguments by their names.

    `act(fleet, "run", "kvm01", command="uname -r")` gives the ticket of the job that it starts, by whose id
    `fleet.results` waits for its end. Raises ActionFailed for whatever keeps the action from being carried out.
    """
    invocation = Invocation(action, on_hosts(*hosts), arguments, user_name(), secret)
    performed = await fleet.perform(invocation)
    if performed.problem is not None:
        raise ActionFailed(performed.problem.reason)
    return performed.job


async def questions(fleet: Fleet) -> AsyncIterator[LoginQuestion]:
    """What logins over SSH ask, one question at a time, each to be answered by `answer`; without an end.

    Only hosts ask that were asked for (`act(fleet, "log-in", "kvm01")`, "retry", "connect").
    """
    last = 0
    async for _ in fleet.changes():
        question = fleet.login_question("")
        if question is not None and question.number != last:
            last = question.number
            yield question


async def answer(fleet: Fleet, question: LoginQuestion, *answers: Secret, everywhere: bool = False) -> None:
    """Answer a question, by one secret for each of its prompts, or by one where it has none; without any it is left.

    `everywhere`: for all hosts that want a password of the same user. Raises ActionFailed where it is asked no longer,
    ValueError for another number of secrets.
    """
    if answers and len(answers) != (len(question.prompts) or 1):
        raise ValueError(f"{len(answers)} secrets for {len(question.prompts) or 1} prompts")
    secret = joined(each.reveal() for each in answers) if answers else None
    await act(fleet, "log-in", question.host_id, secret=secret, question=question.number, everywhere=everywhere)


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
