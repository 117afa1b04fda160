"""The lines of a host's connections: what each does or why it does nothing, and its last hour as a strip. Pure."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import replace
from enum import Enum, auto
from typing import NamedTuple

from ...model.causes import LONGEST_SHORT
from ...model.connection import ConnectionSnapshot, ConnectionState, PoolStatistics
from ...model.settings import Channel
from ...monitor.freshness import is_old
from ...monitor.lives import Life
from ..format import age, byte_count, milliseconds, tally
from ..glyphs import Glyphs
from ..step_words import Next, step
from ..text import Safe, cut, safe, width_of
from ..words import sentence, state_word
from .host_words import brief_of, cause_of, next_step
from .life_strip import USUAL, strip, widest
from .lines import Piece, Spans, drawn

_WORD = width_of(state_word(ConnectionState.CONNECTED))
"""Only lines with figures need their words equally long; after the longer states free text follows."""

INDENT = 10
"""Cells left of what stands behind the name of a connection."""

LONGEST_LEFT = 99.0 * 60
"""Seconds of the widest countdown: the room for it is kept, so that one that loses a digit moves no strip."""


BASE = 5
"""Figures of a connection that go before its strip: uses, requests, errors, the last latency, its age."""

MORE = 20
"""Cells of a cause beyond its short form, from which on it is worth saying again."""

NO_LIMIT = 1 << 16
"""Cells, where all words are to be measured."""


class Part(Enum):
    """What a line shows of its connection."""

    ALL = auto()
    WORDS = auto()
    STRIP = auto()


class ConnectionLine(NamedTuple):
    """`connection` is None where it is closed; `life` where nothing is known of its last hour."""

    key: str
    connection: ConnectionSnapshot | None
    life: Life | None = None
    part: Part = Part.ALL


class Arranged(NamedTuple):
    """The lines, and how many cells the strips have; 0: there are none."""

    lines: tuple[ConnectionLine, ...]
    cells: int


def connection_lines(pools: Sequence[PoolStatistics], lives: Sequence[Life] = ()) -> tuple[ConnectionLine, ...]:
    """Every connection, hypervisor pool first, in the order of their numbers; then those that are closed."""
    by_key: dict[tuple[Channel, int], Life] = {(life.channel, life.id): life for life in lives}
    connections = [connection for pool in pools for connection in pool.connections]
    connections.sort(key=lambda connection: (connection.channel != "virt", connection.id))
    lines = [
        ConnectionLine(f"{one.channel} {one.id}", one, by_key.pop((one.channel, one.id), None)) for one in connections
    ]
    closed = [ConnectionLine(f"{life.channel} {life.id}", None, life) for life in by_key.values()]
    return (*lines, *closed)


def arranged(lines: Sequence[ConnectionLine], width: int, most: int, now: float, glyphs: Glyphs) -> Arranged:
    """The lines as they fit into `width` cells and, without scrolling, into `most` rows.

    Causes and figures come first. A strip stands behind them where each line has room for it, else below them where
    there are rows for that, else behind those that leave room.
    """
    if all(line.life is None for line in lines):
        return Arranged(tuple(lines), 0)
    needs = [_need(line, now, glyphs) for line in lines]
    every = [_need(line, now, glyphs, figures=None) for line in lines]
    cells = max(widest(width - 1 - max(needs), USUAL), widest(width - 1 - max(every)))
    if cells:
        return Arranged(tuple(lines), cells)
    if 2 * len(lines) <= most:
        rest = max(width_of(_below(line, width, NO_LIMIT, now, glyphs)) for line in lines)
        below = max(widest(width - INDENT, USUAL), widest(width - INDENT - rest))
        pairs = [
            (line._replace(part=Part.WORDS), line._replace(key=f"{line.key} life", part=Part.STRIP)) for line in lines
        ]
        return Arranged(tuple(each for pair in pairs for each in pair), below)
    return Arranged(tuple(lines), widest(width - 1 - min(needs), USUAL))


def draw_connection(
    line: ConnectionLine,
    width: int,
    now: float,
    glyphs: Glyphs,
    *,
    period: float = math.inf,
    silent: str = "",
    cells: int = 0,
) -> Spans:
    """`virt #1 ● connected  uses 3 …`; not connected: attempt, cause and what comes next; then a strip of `cells`.

    The figures are as old as its last answer, and dim by the rule of all figures; `silent` are the words of a host
    that has fallen silent: they stand in the line of each connection that was to answer it.
    """
    role = "dim" if line.connection is not None and is_old(now - line.connection.last_active, period) else "text"
    head = _head(line, now, glyphs, silent if role == "dim" else "")
    left = width - sum(width_of(text) for text, _ in head)
    shown = strip(line.life.spans, cells, glyphs) if line.life is not None and cells else []
    if line.part is Part.STRIP:
        rest = _below(line, width, width - INDENT - cells, now, glyphs)
        return drawn((" " * INDENT, "dim"), *shown, (rest, role if _has_figures(line) else "text"))
    if line.part is Part.WORDS or _need(line, now, glyphs) + 1 + cells > width:
        shown = []
    if shown:
        left -= 1 + cells
    words = _words(line, left, now, glyphs)
    padding = " " * (1 + left - width_of(words)) if shown else ""
    return drawn(*head, (words + padding, role if _has_figures(line) else "text"), *shown)


def _has_figures(line: ConnectionLine) -> bool:
    return line.connection is not None and line.connection.state is ConnectionState.CONNECTED


def _head(line: ConnectionLine, now: float, glyphs: Glyphs, silent: str = "") -> tuple[Piece, Piece]:
    """Its name, and its state in a sign and a word."""
    connection, life = line.connection, line.life
    if connection is not None:
        channel, number, state, word = connection.channel, connection.id, connection.state, state_word(connection.state)
        if silent and state is ConnectionState.CONNECTED:
            state, word = ConnectionState.RECONNECTING, safe(silent)
        words = f"{glyphs.state(state)} {word:<{_WORD}}"
    else:
        assert life is not None
        channel, number, state = life.channel, life.id, ConnectionState.DISCONNECTED
        words = f"{glyphs.state(state)} closed {age(life.closed or 0.0)} ago"
    return (f" {channel:<4} {f'#{number}':<4}", "dim"), (words, state.value)


def _cause(line: ConnectionLine, glyphs: Glyphs) -> Safe:
    """Why it is closed, or is being closed, and its last trouble."""
    caused = line.connection or line.life
    if caused is None:
        return safe("")
    cause, closing = (sentence(each) if each is not None else "" for each in (caused.cause, caused.closing))
    if closing and cause:
        return safe(f"{closing} {glyphs.separator} last trouble: {cause}")
    return safe(closing or cause)


def _words(line: ConnectionLine, room: int, now: float, glyphs: Glyphs) -> str:
    """What stands behind the head: figures, or the trouble; of one that is closed why, and the last that it had."""
    if line.connection is None:
        cause = _cause(line, glyphs)
        return cut(safe(f"  {cause}" if cause else ""), max(room, 0), glyphs.ellipsis)
    if _has_figures(line):
        return "".join(_fitting(_figures(line.connection, now), room))
    return "  " + _trouble(line.connection, room - 2, now, glyphs)


def _need(line: ConnectionLine, now: float, glyphs: Glyphs, figures: int | None = BASE) -> int:
    """Cells that head and words take: all of the cause, and as many of the figures (None: all), however long a
    countdown gets."""
    head = sum(width_of(text) for text, _ in _head(line, now, glyphs))
    connection = line.connection
    if connection is not None and _has_figures(line):
        return head + sum(map(len, _figures(connection, now)[:figures]))
    if connection is not None and connection.retries and connection.state is not ConnectionState.DRAINING:
        latest = replace(connection.standing, next_attempt_at=now + LONGEST_LEFT)
        line = line._replace(connection=replace(connection, standing=latest))
    return head + width_of(_words(line, NO_LIMIT, now, glyphs))


def _below(line: ConnectionLine, width: int, room: int, now: float, glyphs: Glyphs) -> str:
    """What did not fit into the line above, which has `width` cells: figures, or the cause where it was shortened."""
    above = width - sum(width_of(text) for text, _ in _head(line, now, glyphs))
    if line.connection is not None and _has_figures(line):
        figures = _figures(line.connection, now)
        return "".join(_fitting(figures[len(_fitting(figures, above)) :], room))
    cause = _cause(line, glyphs)
    if cause in _words(line, above, now, glyphs) or room < 2 + LONGEST_SHORT + MORE:
        return ""
    return cut(safe(f"  {cause}"), max(room, 0), glyphs.ellipsis)


def _fitting(figures: Sequence[str], room: int) -> list[str]:
    fitting: list[str] = []
    for figure in figures:
        room -= len(figure)
        if room < 0:
            break
        fitting.append(figure)
    return fitting


def _trouble(connection: ConnectionSnapshot, room: int, now: float, glyphs: Glyphs) -> str:
    """`attempt 4 · cause · next`: where that does not fit the cause is short, then the attempt goes."""
    between = f" {glyphs.separator} "
    attempt = f"attempt {connection.attempt + 1}" if connection.attempt else ""
    cause, brief = cause_of(connection), brief_of(connection, glyphs.ellipsis)
    if connection.closing is not None:
        cause = brief = sentence(connection.closing)
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


def _figures(connection: ConnectionSnapshot, now: float) -> list[str]:
    """Its figures, each of a fixed width; what matters most comes first."""
    latency = connection.latency
    # what an SSH connection answers are commands: how long these ran is no round-trip time of the connection
    what = "last command" if connection.channel == "ssh" else "last"
    last, p50, p99 = (latency.last, latency.p50, latency.p99) if latency else (None, None, None)
    return [
        f"  uses {connection.active_uses:>2}",
        f"  {tally(connection.total_requests, 6)} req",
        f"  {tally(connection.error_count, 3)} err",
        f"  {what} {milliseconds(last)}",
        f"  age {age(now - connection.created_at):>6}",
        f"  p50 {milliseconds(p50)}",
        f"  p99 {milliseconds(p99)}",
        f"  peak {connection.high_water:>2}",
        f"  reconnects {connection.reconnects:>2}",
        f"  in {byte_count(connection.bytes_in)}  out {byte_count(connection.bytes_out)}",
    ]
