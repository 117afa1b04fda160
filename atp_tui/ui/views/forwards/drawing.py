"""How a forward looks in a given width. Pure: a forward in, spans out.

#1 ● 127.0.0.1:8080  kvm07  localhost:80       2 open  14 in all  12.1 kB sent  5.0 MB received
"""

from __future__ import annotations

from ....executor.motion import size_told
from ....model.connection import ConnectionState
from ....model.forward import Forward, ForwardState
from ...glyphs import Glyphs
from ...text import cut_middle, fit, safe
from ...widgets.answers import clip
from ...widgets.lines import Spans, drawn
from ...words import sentence

LONGEST = 40
"""Cells of a place."""

_STATES = {ForwardState.OPEN: ConnectionState.CONNECTED, ForwardState.WAITING: ConnectionState.RECONNECTING}


def draw_forward(forward: Forward, width: int, at: tuple[int, int, int], glyphs: Glyphs) -> Spans:
    """A forward; `at` are the cells for where it listens, its host, and where it leads."""
    state = _STATES[forward.state]
    words = (str(forward.near), forward.host, str(forward.far))
    near, host, far = (
        fit(cut_middle(safe(text), min(cells, LONGEST), glyphs.ellipsis), min(cells, LONGEST))
        for text, cells in zip(words, at, strict=True)
    )
    failed = f"  {forward.failed:,} failed" if forward.failed else ""
    carried = f"  {size_told(forward.sent)} sent  {size_told(forward.received)} received"
    return clip(
        drawn(
            (f" #{forward.number} ", "dim"), (f"{glyphs.state(state)} ", state.value), (near, "strong"),
            (f"  {host}", "text"), (f"  {far}", "text"),
            (f"  {forward.active:,} open  {forward.total:,} in all", "text"), (failed, "failed"),
            (carried, "dim"), (f"  {sentence(forward.note)}" if forward.note is not None else "", "failed"),
        ),
        width,
    )  # fmt: skip
