"""The settings of the transport, as frozen data that checks itself.

Names and defaults are fixed by the project's transport specification; users bring files that use them.
Times are seconds, 0.001 or more, and may be fractional.
"""

from __future__ import annotations

from dataclasses import field, replace
from enum import StrEnum
from typing import Literal

from . import checks
from .data_class import dataclass
from .errors import ActionFailed, ConfigError
from .jump import parse_jump
from .quoting import quoted, redacted
from .spans import span


class SelectionStrategy(StrEnum):
    """How a pool chooses among its usable connections.

    LEAST_LATENCY takes the one whose recent calls, times the uses it would have, take the least: for hosts of which
    one connection is slower than the others, by another path or a worse one.
    """

    ROUND_ROBIN = "round_robin"
    LEAST_CONNECTIONS = "least_connections"
    LEAST_LATENCY = "least_latency"
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


class Login(StrEnum):
    """A way to log in to sshd, in libvirt's words for it (`?sshauth=`)."""

    AGENT = "agent"
    PRIVKEY = "privkey"


class CommandGuard(StrEnum):
    """Whether a session beside the commands ends what they leave when they are cut short or the connection is lost.

    AUTO: where the far side has a shell for it. NONE: never; nothing but the commands is sent.
    """

    AUTO = "auto"
    NONE = "none"


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
        checks.count(at + "max_connections_per_host", self.max_connections_per_host, least=1)
        checks.count(at + "min_connections_per_host", self.min_connections_per_host, least=0)
        if self.min_connections_per_host > self.max_connections_per_host:
            raise ConfigError(
                f"{self.min_connections_per_host} is more than max_connections_per_host "
                f"({self.max_connections_per_host})",
                key=at + "min_connections_per_host",
                hint="lower the minimum or raise the maximum",
            )
        for key in ("idle_timeout", "management_interval", "checkout_timeout"):
            checks.seconds(at + key, getattr(self, key))
        checks.seconds(at + "max_lifetime", self.max_lifetime, zero=True)
        checks.count(at + "high_load_threshold", self.high_load_threshold, least=0)
        checks.count(at + "requests_per_connection", self.requests_per_connection, least=1)
        checks.count(at + "max_waiters", self.max_waiters, least=0)
        checks.number(at + "high_load_ratio", self.high_load_ratio, example="0.8")
        if self.high_load_ratio > 1:
            raise ConfigError(
                f"{self.high_load_ratio!r} is more than 1", key=at + "high_load_ratio", hint="it is a share"
            )
        object.__setattr__(
            self,
            "selection_strategy",
            checks.choice(at + "selection_strategy", self.selection_strategy, SelectionStrategy),
        )


@dataclass(frozen=True, slots=True)
class ReconnectConfig:
    """`[transport.reconnect]`: when to try again after a loss, and when to give up.

    `max_attempts` 0 never gives up. `slow_lane` is the longest wait before a single attempt after giving up (±20 %), 0
    for no attempt; the wait grows to it with the outage (transport/backoff.py), and good news shortens it.

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
        checks.count(at + "max_attempts", self.max_attempts, least=0)
        checks.seconds(at + "initial_delay", self.initial_delay)
        checks.seconds(at + "max_delay", self.max_delay)
        checks.seconds(at + "slow_lane", self.slow_lane, zero=True)
        checks.number(at + "backoff_multiplier", self.backoff_multiplier, example="2")
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
        object.__setattr__(self, "jitter", checks.choice(at + "jitter", self.jitter, Jitter))


@dataclass(frozen=True, slots=True)
class TransportConfig:
    """`[transport]`: every time limit and count of the transport layer. Raises ConfigError naming the key.

    Where a host has a TransportConfig of its own, the keys in `FLEET_WIDE` have no effect in it.
    """

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
            checks.seconds(at + key, getattr(self, key))
        checks.kind(at + "auto_reconnect", self.auto_reconnect, bool)
        checks.count(at + "keepalive_interval", self.keepalive_interval, least=1)
        checks.count(at + "keepalive_count", self.keepalive_count, least=1)
        checks.count(at + "max_concurrent_connects", self.max_concurrent_connects, least=1)
        checks.kind(at + "pool", self.pool, PoolConfig)
        checks.kind(at + "reconnect", self.reconnect, ReconnectConfig)


FLEET_WIDE = frozenset({"max_concurrent_connects"})
"""The keys of TransportConfig that bound all hosts together: only those the TransportManager is made with count."""


BY_JUMP = "@jump"
"""The realm of a host that is that of all hosts behind the same jump host."""


@dataclass(frozen=True, slots=True)
class SshSettings:
    """`[ssh]` and `[hosts.ssh]`: how to reach a host's sshd. None means: as ssh_config says, else OpenSSH's default.

    Paths are given with `~` not yet expanded. `proxy_jump` is OpenSSH's `[user@]host[:port][,…]`; "none" turns
    a jump written in ssh_config off. `auth` has the ways to log in that may be used, in any order: with "agent" alone
    no key file is offered, with "privkey" alone no agent is asked. `realm` names the hosts whose users have one
    password, BY_JUMP those behind one jump host; None: each host by itself. `forget_after` is how long what was typed
    is kept in memory, as `8h` or `never`. `before` is a program of this machine with its words, run before connecting
    for `before_timeout` seconds at most; none: there is none, whatever stands in a wider table.

    Raises ConfigError, naming the key, for a value of the wrong type or out of range.
    """

    user: str | None = None
    port: int | None = None
    identity_files: tuple[str, ...] | None = None
    known_hosts: tuple[str, ...] | None = None
    config_file: str | None = None
    proxy_jump: str | None = None
    host_key_policy: HostKeyPolicy | None = None
    auth: tuple[Login, ...] | None = None
    command_guard: CommandGuard | None = None
    realm: str | None = None
    forget_after: str | None = None
    before: tuple[str, ...] | None = None
    before_timeout: float | None = None

    def __post_init__(self) -> None:
        if self.before is not None:
            object.__setattr__(self, "before", _before(self.before))
        if self.before_timeout is not None:
            checks.seconds("ssh.before_timeout", self.before_timeout)
        if self.realm is not None:
            checks.word("ssh.realm", self.realm, "lab")
        if self.forget_after is not None:
            span("ssh.forget_after", self.forget_after)
        if self.port is not None:
            checks.count("ssh.port", self.port, least=1, most=65535)
        if self.host_key_policy is not None:
            policy = checks.choice("ssh.host_key_policy", self.host_key_policy, HostKeyPolicy)
            object.__setattr__(self, "host_key_policy", policy)
        if self.command_guard is not None:
            guard = checks.choice("ssh.command_guard", self.command_guard, CommandGuard)
            object.__setattr__(self, "command_guard", guard)
        if self.user is not None:
            checks.user("ssh.user", self.user, "root")
        for key, example in (("config_file", "~/.ssh/config"), ("proxy_jump", "jump.example.org")):
            if getattr(self, key) is not None:
                checks.word(f"ssh.{key}", getattr(self, key), example)
        # a colon, or a query: how a password is written behind a name
        if self.user is not None and (":" in self.user or redacted(self.user) != self.user):
            raise ConfigError(f"{quoted(self.user)} is not a user", key="ssh.user", hint="write the name alone")
        if self.proxy_jump is not None:
            parse_jump(self.proxy_jump, "ssh.proxy_jump")
        for key, example in (("identity_files", "~/.ssh/id_ed25519"), ("known_hosts", "~/.ssh/known_hosts")):
            paths = getattr(self, key)
            if paths is None:
                continue
            if not isinstance(paths, tuple | list):
                raise ConfigError(
                    f"{quoted(paths)} is not a list of paths", key=f"ssh.{key}", hint=f"write [{example!r}]"
                )
            for path in paths:
                checks.word(f"ssh.{key}", path, example)
            object.__setattr__(self, key, tuple(paths))
        if self.auth is not None:
            if not self.auth:
                raise ConfigError("no way to log in", key="ssh.auth", hint="write one of " + ", ".join(Login))
            object.__setattr__(self, "auth", tuple(checks.choice("ssh.auth", each, Login) for each in self.auth))

    def over(self, defaults: SshSettings) -> SshSettings:
        """These settings, with `defaults` where these say nothing."""
        found = {name: getattr(defaults, name) for name in self.__slots__ if getattr(self, name) is None}
        found = {name: value for name, value in found.items() if value is not None}
        return replace(self, **found) if found else self


def _before(given: tuple[str, ...]) -> tuple[str, ...]:
    from .placeholders import parsed  # most files have none

    words = tuple(given) if isinstance(given, list) else given
    checks.command("ssh.before", words, '["vpn-up", "{host}"]')
    for word in words:
        try:
            parsed(word, is_shell=False)
        except ActionFailed as error:
            hint = "write {host}, {address} or {meta.KEY}"
            raise ConfigError(f"{quoted(word)}: {error.message}", key="ssh.before", hint=hint) from error
    return words


Channel = Literal["virt", "ssh"]
"""Which of a host's two pools: its hypervisor connections, or its SSH connection."""
