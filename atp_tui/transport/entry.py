"""One host of the fleet: its pools, and the settings that each of them goes by."""

from __future__ import annotations

import random
from collections.abc import Callable
from dataclasses import replace
from functools import partial

from ..model.connection import Closed, ConnectionState, HostStatus
from ..model.events import ConnectionChanged
from ..model.host import HostInfo, settings_of
from ..model.settings import Channel, TransportConfig
from .clock import Clock
from .dialer import Dialed, Dialer
from .driver import LostCallback, OpensStreams
from .neighbours import place_of
from .pool import ConnectionPool
from .slot import LeaseClass
from .status import host_status

SSH_SESSIONS = 8
"""Sessions at a time on a host's SSH connection: two below sshd's default MaxSessions of 10."""


class Entry:
    """A host and its pools. `main` is the one that is kept open and watched, `status` what was last told of it.

    `fleet` are the settings of a host that has none of its own. `place` is what it has in common with its neighbours,
    where that is known. `after` is the entry of the same host in whose place it comes: its connections are numbered on.
    `on_change` hears of every transition before the pool
    acts on it, `on_settled` when it has acted. An Entry is the PoolListener of its pools.
    """

    __slots__ = (
        "_clock",
        "_dialer",
        "_on_change",
        "_on_settled",
        "_rng",
        "config",
        "host",
        "jump",
        "place",
        "pools",
        "status",
    )

    def __init__(
        self,
        host: HostInfo,
        fleet: TransportConfig,
        dialer: Dialer,
        *,
        clock: Clock,
        rng: random.Random,
        on_change: Callable[[ConnectionChanged], None],
        on_settled: Callable[[Entry], None],
        after: Entry | None = None,
    ) -> None:
        self.host = host
        self.config = settings_of(host, fleet)
        self.jump: str | None = None
        self.place = place_of(host, None)
        self.status = host_status(host.id, (), last_error=None, changed_at=clock.monotonic(), draining=False)
        self.pools: dict[Channel, ConnectionPool] = {}
        self._dialer = dialer
        self._clock = clock
        self._rng = rng
        self._on_change = on_change
        self._on_settled = on_settled
        if host.uri is not None:
            self.pools["virt"] = self._make_pool("virt", after)
        if host.takes_commands or host.over_ssh:
            self.pools["ssh"] = self._make_pool("ssh", after)

    @property
    def main(self) -> ConnectionPool:
        """The hypervisor's pool, or the SSH pool of a host without one."""
        return self.pools[self.host.main_channel]

    def read_status(self) -> HostStatus:
        """What the main pool's connections add up to, and whether SSH is up where they are not."""
        status, ssh = self.main.status(), self.pools.get("ssh")
        if self.jump is not None:
            status = replace(status, jump=self.jump)
        if ssh is None or ssh is self.main or status.state is ConnectionState.CONNECTED:
            return status
        up = any(connection.life.state is ConnectionState.CONNECTED for connection in ssh.connections())
        return replace(status, answers_ssh=True) if up else status

    def totals(self) -> tuple[int, int]:
        """(requests, errors) of all pools since they began."""
        requests = errors = 0
        for pool in self.pools.values():
            more_requests, more_errors = pool.totals()
            requests += more_requests
            errors += more_errors
        return requests, errors

    def open_streams(self) -> OpensStreams | None:
        """The link of an open SSH connection, None where none is open or it carries no streams: this opens none."""
        pool = self.pools.get("ssh")
        if pool is None or not pool.core.slots:
            return None
        for connection in pool.connections():
            opened = connection.opened
            if opened is not None and opened.link.is_alive():
                return opened.opens_streams
        return None

    def changed(self, change: ConnectionChanged) -> None:
        """See PoolListener."""
        self._on_change(change)
        if change.after is ConnectionState.CONNECTED:
            for channel, pool in self.pools.items():
                if channel != change.channel:
                    pool.hear_good_news(under_way=False)  # a hypervisor's attempt may have opened its carrier

    def settled(self) -> None:
        """See PoolListener."""
        self._on_settled(self)

    def start(self) -> None:
        """Begin connecting. Returns at once."""
        for pool in self.pools.values():
            pool.start()

    def hear_good_news(self, spread: float = 0.0) -> None:
        """There is reason to hope: attempts that are waited for come sooner, by chance within `spread` seconds."""
        for pool in self.pools.values():
            pool.hear_good_news(spread)

    def configure(self, host: HostInfo, fleet: TransportConfig) -> None:
        """Take new settings, and a new description of a host that is reached in the same ways as before."""
        self.host, self.config = host, settings_of(host, fleet)
        for channel, pool in self.pools.items():
            pool.configure(host, self._pool_config(channel))

    async def close(self, limit: float, why: Closed) -> None:
        """Close the pools, the hypervisor's first: its connections may ride on the SSH connection."""
        for channel in ("virt", "ssh"):
            pool = self.pools.get(channel)
            if pool is not None:
                await pool.close(limit, why)

    def forget(self) -> None:
        """It is closed and belongs to no fleet any more: pools, which hold it, are let go of."""
        self.pools.clear()

    def abort(self) -> None:
        """Cut everything now; `close` must still follow to collect what ends."""
        for pool in self.pools.values():
            pool.abort()

    def _make_pool(self, channel: Channel, after: Entry | None) -> ConnectionPool:
        carried = channel == "virt" and self.host.over_ssh
        is_the_way = channel == ("ssh" if self.host.over_ssh else self.host.main_channel)
        on_found, on_way = (self._found, self._goes) if is_the_way else (_not_asked, _not_asked)

        async def dial(host: HostInfo, config: TransportConfig, on_lost: LostCallback) -> Dialed:
            carrier = self.pools["ssh"].lease(lease_class=LeaseClass.WATCH, fail_fast=True) if carried else None
            return await self._dialer.dial(host, channel, config, on_lost, carrier, on_found, on_way)

        before = None if after is None else after.pools.get(channel)
        return ConnectionPool(
            self.host,
            channel,
            self._pool_config(channel),
            dial,
            clock=self._clock,
            rng=self._rng,
            listener=self,
            first_id=1 if before is None else before.core.next_id,
            asks=partial(self._dialer.asks, self.host.id),
        )

    def _goes(self, jump: str | None) -> None:
        """An attempt goes by this jump host; that of hosts.toml is known anyway."""
        self.jump = None if self.host.jump_host is not None else jump
        self.place = place_of(self.host, None, self.jump)

    def _found(self, address: str) -> None:
        self.place = place_of(self.host, address, self.jump)

    def _pool_config(self, channel: Channel) -> TransportConfig:
        """A host's SSH pool holds one connection, opened when first needed, or kept open where there is no other."""
        if channel == "virt":
            return self.config
        pool = self.config.pool
        least = 1 if self.host.main_channel == "ssh" and pool.min_connections_per_host else 0
        return replace(
            self.config,
            pool=replace(
                pool,
                max_connections_per_host=1,
                min_connections_per_host=least,
                requests_per_connection=SSH_SESSIONS,
            ),
        )


def _not_asked(_: str | None) -> None:
    """The address, or the jump host, of a way that the host is not watched by."""
