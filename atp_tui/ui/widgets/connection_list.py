"""The connections of a host, of both its pools: one line each, with what it does or why it does nothing."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import NamedTuple

from ...model.connection import ConnectionSnapshot, ConnectionState, PoolStatistics
from ...monitor.freshness import is_old
from ..format import age, byte_count, milliseconds, tally
from ..glyphs import UNICODE, Glyphs
from ..shown import assembled
from ..step_words import Next, step
from ..text import cut, safe, width_of
from ..words import state_word
from .host_words import RETRY, brief_of, cause_of, counts_down, next_step
from .lines import LinesView, Spans, drawn

_WORD = width_of(state_word(ConnectionState.CONNECTED))
"""Only lines with figures need their words equally long; after the longer states free text follows."""


class ConnectionLine(NamedTuple):
    key: str
    connection: ConnectionSnapshot


def connection_lines(pools: Sequence[PoolStatistics]) -> tuple[ConnectionLine, ...]:
    """Every connection, hypervisor pool first, in the order of their numbers."""
    connections = [connection for pool in pools for connection in pool.connections]
    connections.sort(key=lambda connection: (connection.channel != "virt", connection.id))
    return tuple(ConnectionLine(f"{connection.channel} {connection.id}", connection) for connection in connections)


def pool_words(pool: PoolStatistics, separator: str) -> str:
    """`virt round_robin · 2 of 10`, and what is unusual: callers that wait. Of one connection nothing is selected."""
    strategy = f" {pool.selection_strategy} {separator}" if pool.max_connections > 1 else ""
    words = [f"{pool.channel}{strategy} {pool.active_connections} of {pool.max_connections}"]
    if pool.waiting:
        words.append(f"{pool.waiting} waiting")
    return f" {separator} ".join(words)


def draw_connection(
    line: ConnectionLine, width: int, now: float, glyphs: Glyphs, *, period: float = math.inf, silent: str = ""
) -> Spans:
    """`virt #1 ● connected  uses 3 …`; not connected: attempt, cause and what comes next.

    The figures are as old as its last answer, and dim by the rule of all figures; `silent` are the words of a host
    that has fallen silent: they stand in the line of each connection that was to answer it.
    """
    connection = line.connection
    word: str = state_word(connection.state)
    state, aged = connection.state, is_old(now - connection.last_active, period)
    if silent and aged and state is ConnectionState.CONNECTED:
        state, word = ConnectionState.RECONNECTING, silent
    role = state.value
    head = (
        (f" {connection.channel:<4} {f'#{connection.id}':<4}", "dim"),
        (f"{glyphs.state(state)} {word:<{_WORD}}", role),
    )
    left = width - sum(width_of(text) for text, _ in head)
    if connection.state is ConnectionState.CONNECTED:
        return drawn(*head, (_figures(connection, left), "dim" if aged else "text"))
    return drawn(*head, ("  " + _trouble(connection, left - 2, now, glyphs), "text"))


def _trouble(connection: ConnectionSnapshot, room: int, now: float, glyphs: Glyphs) -> str:
    """`attempt 4 · cause · next`: where that does not fit the cause is short, then the attempt goes."""
    between = f" {glyphs.separator} "
    attempt = f"attempt {connection.attempt + 1}" if connection.attempt else ""
    cause, brief = cause_of(connection), brief_of(connection, glyphs.ellipsis)
    following = next_step(connection, now, glyphs.keys)
    if connection.id > 1 and following.next is Next.FIRST_TRY:  # the number counts what was tried before under its pool
        following = step(Next.TRYING)
    for words in (
        (attempt, cause, following.long),
        (attempt, brief, following.long),
        (brief, following.long),
        (brief, following.short),
    ):
        text = between.join(word for word in words if word)
        if width_of(text) <= room:
            return text
    return cut(brief or safe(following.short), max(room, 0), glyphs.ellipsis)


def _figures(connection: ConnectionSnapshot, left: int) -> str:
    """As many figures as fit, each of a fixed width; what matters most comes first."""
    latency = connection.latency
    # what an SSH connection answers are commands: how long these ran is no round-trip time of the connection
    what = "commands " if connection.channel == "ssh" else ""
    p50, p99 = (latency.p50, latency.p99) if latency else (None, None)
    text = ""
    for figure in (
        f"  uses {connection.active_uses:>2}",
        f"  {tally(connection.total_requests, 6)} req",
        f"  {tally(connection.error_count, 3)} err",
        f"  {what}p50 {milliseconds(p50)}",
        f"  p99 {milliseconds(p99)}",
        f"  peak {connection.high_water:>2}",
        f"  reconnects {connection.reconnects:>2}",
        f"  in {byte_count(connection.bytes_in)}  out {byte_count(connection.bytes_out)}",
    ):
        if len(text) + len(figure) > left:
            break
        text += figure
    return text


class ConnectionList(LinesView[ConnectionLine]):
    """The list; `update` takes new statistics and the moment they are of."""

    def __init__(self, *, glyphs: Glyphs = UNICODE, id: str | None = None) -> None:
        super().__init__(id=id)
        self._glyphs = glyphs
        self._now = 0.0
        self._period = math.inf
        self._silent_since: float | None = None
        self._main = ""
        self.r_helps = True
        """Whether to try again may bring a connection about."""

    def update(
        self, pools: Sequence[PoolStatistics], now: float, period: float = math.inf, silent_since: float | None = None
    ) -> None:
        """Show these pools, the main one first. `period` is the seconds between two samples, `silent_since` the moment
        of the host's last word where it has fallen silent."""
        self._now, self._period, self._silent_since = now, period, silent_since
        self._main = pools[0].channel if pools else ""
        self.set_lines(connection_lines(pools))
        words = [f" {safe(pool_words(pool, self._glyphs.separator))} " for pool in pools]
        parts: list[str | tuple[str, str]] = [" connections "]
        for word in words:
            parts += [(self._glyphs.rule * 2, "not bold $rule"), (word, "not bold $dim")]
        self.set_title(assembled(*parts))

    def advance(self, now: float) -> None:
        """Let the countdowns go on."""
        self._now = max(self._now, now)
        self.redraw(lambda line: counts_down(line.connection))

    def draw(self, line: ConnectionLine, width: int) -> Spans:
        asked = self._silent_since is not None and line.connection.channel == self._main
        silent = f"silent {age(self._now - self._silent_since)}" if asked and self._silent_since is not None else ""
        return draw_connection(line, width, self._now, self._glyphs, period=self._period, silent=silent)

    def placeholder(self) -> Sequence[str]:
        helps = (f"Press {self._glyphs.keys.sign(RETRY)} to connect.",) if self.r_helps else ()
        return ("No connection is open or tried.", *helps)
