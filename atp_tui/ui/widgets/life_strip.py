"""The last hour of a connection as a strip of cells, each with the sign of a state. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import groupby

from ...model.connection import ConnectionState
from ...monitor.lives import HOUR, Span, cells_of
from ..glyphs import Glyphs
from .lines import Piece

WIDTHS = (12, 15, 20, 30, 60)
"""Cells that a strip may have: a cell stands for whole minutes."""

USUAL = 30
"""The widest strip that goes before figures which say less."""


def widest(room: int, most: int = WIDTHS[-1]) -> int:
    """The widest strip in `room` cells, of at most `most`; 0 where there is none so narrow."""
    return max((width for width in WIDTHS if width <= min(room, most)), default=0)


def strip(spans: Sequence[Span], cells: int, glyphs: Glyphs) -> list[Piece]:
    """The strip, the oldest cell first, in pieces of the same state; dots where there was no connection yet.

    A cell has the worst state of its time.
    """
    pieces: list[Piece] = []
    for state, same in groupby(cells_of(spans, cells)):
        length = sum(1 for _ in same)
        pieces.append((_sign(state, glyphs) * length, "dim" if state is None else state.value))
    return pieces


def scale_words(cells: int) -> tuple[str, ...]:
    """`last hour, 2 min a cell`, and the same in fewer words; none where there are no strips."""
    return (f"last hour, {HOUR / 60 / cells:g} min a cell", "last hour") if cells else ()


def _sign(state: ConnectionState | None, glyphs: Glyphs) -> str:
    if state is None:
        return glyphs.nothing
    # what is well is a line: the signs of all else stand out of it
    return glyphs.steady if state is ConnectionState.CONNECTED else glyphs.state(state)
