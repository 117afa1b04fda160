"""The settings of the transport, as frozen data that checks itself.

Names and defaults are fixed by the project's transport specification; users bring files that use them.
Times are seconds and may be fractional.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, field, replace
from enum import StrEnum
from typing import Literal

from .errors import ConfigError


class SelectionStrategy(StrEnum):
    """How a pool chooses among its usable connections."""

    ROUND_ROBIN = "round_robin"
    LEAST_CONNECTIONS = "least_connections"
    RANDOM = "random"


class Jitter(StrEnum):
    """FULL spreads each delay uniformly over [0, delay]; NONE waits exactly the delay."""

    FULL = "full"
    NONE = "none"


class HostKeyPolicy(StrEnum):
    """What to do with an SSH host key that is in no known_hosts file. A changed key is refused under each."""

    STRICT = "strict"
    ASK = "ask"
    ACCEPT_NEW = "accept-new"


def _number(key: str, value: object, *, zero: bool) -> None:
    if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value):
        raise ConfigError(f"{value!r} is not a number of seconds", key=key, hint="write a number such as 30 or 0.5")
    if value < 0 or (value == 0 and not zero):
        least = "0 or more" if zero else "more than 0"
        raise ConfigError(f"{value!r} is out of range", key=key, hint=f"it must be {least}")


def _count(key: str, value: object, *, least: int) -> None:
    if isinstance(value, bool) or not isinstance(value, int):
        raise ConfigError(f"{value!r} is not a whole number", key=key, hint=f"write a whole number, {least} or more")
    if value < least:
        raise ConfigError(f"{value!r} is out of range", key=key, hint=f"it must be {least} or more")


def _kind(key: str, value: object, kind: type) -> None:
    if not isinstance(value, kind):
        raise ConfigError(f"{value!r} is not a {kind.__name__}", key=key)


@dataclass(frozen=True, slots=True)
class PoolConfig:
    """`[transport.pool]`: how many connections one host has, and how they are shared.

    Raises ConfigError, naming the key, for a value out of range or min > max.
    """

    max_connections_per_host: int = 10
    min_connections_per_host: int = 1
    idle_timeout: float = 300.0
    selection_strategy: SelectionStrategy = SelectionStrategy.ROUND_ROBIN
    management_interval: float = 30.0
    high_load_threshold: int = 5
    high_load_ratio: float = 0.8
    requests_per_connection: int = 5
    checkout_timeout: float = 30.0
    max_waiters: int = 1000
    max_lifetime: float = 3600.0

    def __post_init__(self) -> None:
        at = "transport.pool."
        _count(at + "max_connections_per_host", self.max_connections_per_host, least=1)
        _count(at + "min_connections_per_host", self.min_connections_per_host, least=0)
        if self.min_connections_per_host > self.max_connections_per_host:
            raise ConfigError(
                f"{self.min_connections_per_host} is more than max_connections_per_host "
                f"({self.max_connections_per_host})",
                key=at + "min_connections_per_host",
                hint="lower the minimum or raise the maximum",
            )
        for key in ("idle_timeout", "management_interval", "checkout_timeout"):
            _number(at + key, getattr(self, key), zero=False)
        _number(at + "max_lifetime", self.max_lifetime, zero=True)
        _count(at + "high_load_threshold", self.high_load_threshold, least=0)
        _count(at + "requests_per_connection", self.requests_per_connection, least=1)
        _count(at + "max_waiters", self.max_waiters, least=0)
        _number(at + "high_load_ratio", self.high_load_ratio, zero=False)
        if self.high_load_ratio > 1:
            raise ConfigError(
                f"{self.high_load_ratio!r} is more than 1", key=at + "high_load_ratio", hint="it is a share"
            )
        object.__setattr__(
            self, "selection_strategy", _choice(at + "selection_strategy", self.selection_strategy, SelectionStrategy)
        )


@dataclass(frozen=True, slots=True)
class ReconnectConfig:
    """`[transport.reconnect]`: when to try again after a loss, and when to give up.

    `max_attempts` 0 never gives up. `slow_lane` is the period of single attempts after giving up (±20 %), 0 for none.
    Raises ConfigError, naming the key, for a value out of range.
    """

    max_attempts: int = 5
    initial_delay: float = 1.0
    max_delay: float = 60.0
    backoff_multiplier: float = 2.0
    jitter: Jitter = Jitter.FULL
    slow_lane: float = 300.0

    def __post_init__(self) -> None:
        at = "transport.reconnect."
        _count(at + "max_attempts", self.max_attempts, least=0)
        _number(at + "initial_delay", self.initial_delay, zero=False)
        _number(at + "max_delay", self.max_delay, zero=False)
        _number(at + "slow_lane", self.slow_lane, zero=True)
        _number(at + "backoff_multiplier", self.backoff_multiplier, zero=False)
        if self.backoff_multiplier < 1:
            raise ConfigError(
                f"{self.backoff_multiplier!r} is less than 1",
                key=at + "backoff_multiplier",
                hint="delays may not shrink: write 1 or more",
            )
        if self.initial_delay > self.max_delay:
            raise ConfigError(
                f"{self.initial_delay!r} is more than max_delay ({self.max_delay!r})",
                key=at + "initial_delay",
                hint="lower it or raise max_delay",
            )
        object.__setattr__(self, "jitter", _choice(at + "jitter", self.jitter, Jitter))


@dataclass(frozen=True, slots=True)
class TransportConfig:
    """`[transport]`: every time limit and count of the transport layer. Raises ConfigError naming the key."""

    connect_timeout: float = 30.0
    heartbeat_interval: float = 60.0
    heartbeat_timeout: float = 10.0
    call_timeout: float = 30.0
    auto_reconnect: bool = True
    keepalive_interval: int = 5
    keepalive_count: int = 3
    max_concurrent_connects: int = 16
    pool: PoolConfig = field(default_factory=PoolConfig)
    reconnect: ReconnectConfig = field(default_factory=ReconnectConfig)

    def __post_init__(self) -> None:
        at = "transport."
        for key in ("connect_timeout", "heartbeat_interval", "heartbeat_timeout", "call_timeout"):
            _number(at + key, getattr(self, key), zero=False)
        _kind(at + "auto_reconnect", self.auto_reconnect, bool)
        _count(at + "keepalive_interval", self.keepalive_interval, least=1)
        _count(at + "keepalive_count", self.keepalive_count, least=1)
        _count(at + "max_concurrent_connects", self.max_concurrent_connects, least=1)
        _kind(at + "pool", self.pool, PoolConfig)
        _kind(at + "reconnect", self.reconnect, ReconnectConfig)


def _choice(key: str, value: object, kind: type[StrEnum]) -> StrEnum:
    try:
        return kind(str(value))
    except ValueError:
        raise ConfigError(
            f"{value!r} is none of the choices", key=key, hint="write one of " + ", ".join(kind)
        ) from None


@dataclass(frozen=True, slots=True)
class SshSettings:
    """`[ssh]` and `[hosts.ssh]`: how to reach a host's sshd. None means: as ssh_config says, else OpenSSH's default.

    Paths are given with `~` not yet expanded. `proxy_jump` is OpenSSH's `[user@]host[:port][,…]`; "none" turns
    a jump written in ssh_config off.
    """

    user: str | None = None
    port: int | None = None
    identity_files: tuple[str, ...] | None = None
    known_hosts: tuple[str, ...] | None = None
    config_file: str | None = None
    proxy_jump: str | None = None
    host_key_policy: HostKeyPolicy | None = None

    def __post_init__(self) -> None:
        if self.port is not None and not (isinstance(self.port, int) and 0 < self.port < 65536):
            raise ConfigError(f"{self.port!r} is not a port", key="ssh.port", hint="write a number from 1 to 65535")
        if self.host_key_policy is not None:
            policy = _choice("ssh.host_key_policy", self.host_key_policy, HostKeyPolicy)
            object.__setattr__(self, "host_key_policy", policy)

    def over(self, defaults: SshSettings) -> SshSettings:
        """These settings, with `defaults` where these say nothing."""
        unset = {name: getattr(defaults, name) for name in self.__slots__ if getattr(self, name) is None}
        return replace(self, **unset)


Channel = Literal["virt", "ssh"]
"""Which of a host's two pools: its hypervisor connections, or its SSH connection."""
