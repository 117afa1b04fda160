"""The last hour of a host's connections: how long each of them was in which state, those that are closed among them.

It is made of the transitions as they come. A host whose connections change nothing has two of them in memory.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from typing import NamedTuple

from ..model.connection import ConnectionSnapshot, ConnectionState
from ..model.data_class import dataclass
from ..model.events import ConnectionChanged
from ..model.message import Message
from ..model.settings import Channel

HOUR = 3600.0
"""Seconds that are looked back."""

MOST = 64
"""Transitions of a host that are remembered; more of them are condensed to KEPT."""

KEPT = 48

CLOSED = 8
"""Connections of a host that are closed and remembered, where there are more transitions than MOST."""

GRAIN = 120.0
"""Seconds within which two states may become one, the worse of the two, where there are more transitions than MOST."""

_S = ConnectionState
_RANK = {
    None: 0,
    _S.CONNECTING: 1,
    _S.CONNECTED: 2,
    _S.DRAINING: 3,
    _S.DISCONNECTED: 4,
    _S.RECONNECTING: 5,
    _S.FAILED: 6,
}
"""From what is left out first where there is room for one state. An opening is no news beside what it led to."""

_CLOSED = frozenset({_S.DRAINING, _S.DISCONNECTED})

Key = tuple[Channel, int]


class Move(NamedTuple):
    """A connection has come into `state` at a moment of the program's clock; `cause` is why, None where all is well.

    Of one that is closed it is why it was.
    """

    at: float
    key: Key
    state: ConnectionState
    cause: Message | None


@dataclass(frozen=True, slots=True)
class Span:
    """A connection was in `state` (None: it was not there, or that is not remembered) from `begun` to `ended`, which
    are ages in seconds."""

    state: ConnectionState | None
    begun: float
    ended: float


@dataclass(frozen=True, slots=True)
class Life:
    """A connection over the last hour: `spans`, the oldest first, which follow each other without a gap from HOUR to 0.

    `closed` is how many seconds ago it was closed, None while it is not. `cause` is that of its last trouble in that
    time, None where it had none; `closing` is why it was closed, None where it is not or that is not known.
    """

    channel: Channel
    id: int
    closed: float | None
    cause: Message | None
    spans: tuple[Span, ...]
    closing: Message | None = None


class Lives:
    """The transitions of one host's connections; bounded, see MOST."""

    __slots__ = ("_moves",)

    def __init__(self) -> None:
        self._moves: list[Move] = []

    def take(self, change: ConnectionChanged) -> None:
        """A transition has happened. One more attempt in vain is none."""
        if change.before is change.after:
            return
        why = change.closing if change.after in _CLOSED else change.cause
        self._moves.append(Move(change.at, (change.channel, change.connection_id), change.after, why))
        if len(self._moves) > MOST:
            self._moves = condensed(self._moves, change.at)

    def clear(self) -> None:
        """Transitions were missed, so that nothing is known of the time before."""
        self._moves.clear()

    def at(self, now: float, connections: Iterable[ConnectionSnapshot]) -> tuple[Life, ...]:
        """The lives at the moment `now`: those of `connections`, which are all that are open or tried, by channel
        (hypervisor first) and number; then those that are closed, the last one first."""
        by_key = _by_key(self._moves)
        present = {(one.channel, one.id): one for one in connections}
        for key, one in present.items():
            moves = by_key.setdefault(key, [])
            if not moves or moves[-1].state is not one.state:  # its news is on the way, or was lost
                moves.append(Move(one.since, key, one.state, one.closing or one.cause))
        for key, moves in by_key.items():
            if key not in present and moves[-1].state is not _S.DISCONNECTED:
                moves.append(Move(now, key, _S.DISCONNECTED, None))
        lives = [_life(moves, now) for moves in by_key.values() if not _is_past(moves, now)]
        lives.sort(key=lambda life: (life.closed is not None, life.closed or 0.0, life.channel != "virt", life.id))
        return tuple(lives)


def spans_of(moves: Sequence[Move], now: float) -> tuple[Span, ...]:
    """The states of one connection over the last hour; `moves` are its transitions, the oldest first."""
    spans: list[Span] = []
    state: ConnectionState | None = None
    age = HOUR
    for move in moves:
        reached = min(max(now - move.at, 0.0), age)
        if reached < age and move.state is not state:
            spans.append(Span(state, age, reached))
            age = reached
        state = move.state
        if spans and spans[-1].state is state:  # another one between them lasted no time
            age = spans.pop().begun
    if age > 0.0:
        spans.append(Span(state, age, 0.0))
    return tuple(spans)


def cells_of(spans: Sequence[Span], count: int) -> tuple[ConnectionState | None, ...]:
    """The hour in `count` equal parts, the oldest first: of each the worst state that was in it."""
    cells: list[ConnectionState | None] = [None] * count
    for span in spans:
        first = int((HOUR - span.begun) / HOUR * count)
        end = min(count, math.ceil((HOUR - span.ended) / HOUR * count))
        for place in range(first, end):
            if _RANK[span.state] > _RANK[cells[place]]:
                cells[place] = span.state
    return tuple(cells)


def condensed(moves: Sequence[Move], now: float) -> list[Move]:
    """KEPT of the moves, or one a connection where that is more: what lies before the hour goes first, then connections
    that were closed long ago, then states that were short. What cannot be told apart any more is forgotten, from the
    oldest on."""
    by_key = {key: _within_hour(each, now) for key, each in _by_key(moves).items() if not _is_past(each, now)}
    closed = [key for key, each in by_key.items() if each[-1].state is _S.DISCONNECTED]
    closed.sort(key=lambda key: by_key[key][-1].at)
    for key in closed[: max(0, len(closed) - CLOSED)]:
        del by_key[key]
    left = sum(map(len, by_key.values()))
    while left > max(KEPT, len(by_key)):
        longest = max(by_key.values(), key=len)
        left -= len(longest)
        _shorten(longest)
        left += len(longest)
    return sorted((move for each in by_key.values() for move in each), key=lambda move: move.at)


def _by_key(moves: Iterable[Move]) -> dict[Key, list[Move]]:
    found: dict[Key, list[Move]] = {}
    for move in moves:
        found.setdefault(move.key, []).append(move)
    return found


def _is_past(moves: Sequence[Move], now: float) -> bool:
    return moves[-1].state is _S.DISCONNECTED and now - moves[-1].at >= HOUR


def _within_hour(moves: list[Move], now: float) -> list[Move]:
    """The moves of the hour, and the one before them: in that state the hour began."""
    before = sum(1 for move in moves if now - move.at >= HOUR)
    return moves[max(0, before - 1) :]


def _life(moves: list[Move], now: float) -> Life:
    last = moves[-1]
    closed = max(now - last.at, 0.0) if last.state is _S.DISCONNECTED else None
    told = [move for move in reversed(_within_hour(moves, now)) if move.cause is not None]
    cause = next((move.cause for move in told if move.state not in _CLOSED), None)
    closing = next((move.cause for move in told if move.state in _CLOSED), None) if closed is not None else None
    channel, number = last.key
    return Life(channel, number, closed, cause, spans_of(moves, now), closing)


def _shorten(moves: list[Move]) -> None:
    """Leave out one of the moves at least, of two or more. The state that lasts now stays as it is."""
    place = min(range(len(moves) - 2), key=lambda each: moves[each + 2].at - moves[each].at, default=None)
    if place is None or moves[place + 2].at - moves[place].at > GRAIN:
        del moves[0]
        return
    worse = max(moves[place], moves[place + 1], key=lambda move: _RANK[move.state])
    moves[place : place + 2] = [worse._replace(at=moves[place].at)]
    for later in (place + 1, place):
        if later > 0 and moves[later].state is moves[later - 1].state:
            del moves[later]
