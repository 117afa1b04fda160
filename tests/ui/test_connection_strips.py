"""The last hour of each connection as a strip: behind its figures or below them, and never at the cost of a cause."""

from __future__ import annotations

from dataclasses import replace

import pytest

from atp_tui.engine.fleet import Detail
from atp_tui.model.connection import CheckoutWaits, ConnectionState, PoolStatistics
from atp_tui.model.message import text, told
from atp_tui.model.say import Say
from atp_tui.monitor.lives import HOUR, Life, Span
from atp_tui.ui.glyphs import ASCII, UNICODE
from atp_tui.ui.text import safe, width_of
from atp_tui.ui.widgets.connection_lines import arranged, connection_lines, draw_connection
from atp_tui.ui.widgets.host_panel import PanelSnapshot
from atp_tui.ui.widgets.life_strip import strip
from atp_tui.ui.widgets.pool_words import titles

from .rows import NOW, connection, detail, domain, host_row, pool, screen_of, text_of
from .test_host_panel import PanelApp

S = ConnectionState
WELL = (Span(S.CONNECTED, HOUR, 0.0),)
MENDED = (Span(None, HOUR, 1800.0), Span(S.CONNECTED, 1800.0, 600.0), Span(S.FAILED, 600.0, 480.0),
          Span(S.CONNECTING, 480.0, 479.0), Span(S.CONNECTED, 479.0, 0.0))  # fmt: skip
DIED = (Span(S.CONNECTED, HOUR, 780.0), Span(S.RECONNECTING, 780.0, 720.0), Span(S.DISCONNECTED, 720.0, 0.0))
REFUSED = "connection refused by 192.0.2.11 port 2222, which is what it has said to each attempt since it was updated"


def life(number: int, spans: tuple[Span, ...], closed: float | None = None, cause: str | None = None) -> Life:
    return Life("virt", number, closed, None if cause is None else text(cause), spans)


LIVES = (life(1, WELL), life(2, MENDED), life(3, DIED, 720.0, "silent for 10 s"))
POOL = replace(
    pool(connection(1, created_at=NOW - 7200), connection(2, created_at=NOW - 1800)),
    waits=CheckoutWaits(0.0, 0.0012, 0.04, 256),
)
LOST = pool(
    connection(1), connection(2, state=S.RECONNECTING, cause=REFUSED, attempt=2, next_attempt_at=NOW + 3.2)
)  # fmt: skip


def shown(pools: PoolStatistics, lives: tuple[Life, ...] = LIVES) -> PanelSnapshot:
    return PanelSnapshot(Detail(NOW, detail(host_row("kvm01"), domain("db1")), (pools,), None, lives), 2.0)


def drawn_lines(pools: PoolStatistics, lives: tuple[Life, ...], width: int, most: int = 20) -> list[str]:
    lines, cells = arranged(connection_lines((pools,), lives), width, most, NOW, UNICODE)
    return [text_of(draw_connection(line, width, NOW, UNICODE, cells=cells)) for line in lines]


def test_each_state_has_a_sign_and_a_colour_and_an_hour_ago_is_at_the_left() -> None:
    assert strip(MENDED, 12, UNICODE) == [("·" * 6, "dim"), ("━" * 4, "connected"), ("✕", "failed"), ("━", "connected")]
    assert text_of(draw_connection(connection_lines((), LIVES)[2], 60, NOW, UNICODE, cells=12)).endswith("━━━━━━━━━◐○○")
    states = [(state, strip((Span(state, HOUR, 0.0),), 1, ASCII)) for state in (None, *S) if state is not S.DISABLED]
    assert len({pieces[0][0] for _, pieces in states}) == len(states)
    assert all(pieces[0][0].isascii() for _, pieces in states)


@pytest.mark.parametrize("width", range(30, 220, 7))
def test_a_strip_costs_no_cause_and_nothing_is_cut_that_fits(width: int) -> None:
    for pools in (POOL, LOST):
        without = drawn_lines(pools, (), width)
        for most in (2, 20):
            lines = drawn_lines(pools, LIVES, width, most)
            assert all(width_of(line) <= width and safe(line) == line for line in lines)
            for bare in without:
                told = bare if "age" not in bare else bare[: bare.index("age") + 10]
                assert any(line.startswith(told) for line in lines)


def test_where_a_cause_leaves_no_room_the_strips_stand_below_if_there_are_rows() -> None:
    wide = drawn_lines(LOST, LIVES, 200)
    assert len(wide) == 3
    assert REFUSED in wide[1] and wide[1].endswith("·" * 15 + "━" * 10 + "✕━━━━")
    narrow = drawn_lines(LOST, LIVES, 170)
    assert len(narrow) == 6
    assert REFUSED in narrow[2] and "✕━━" in narrow[3]
    narrower = drawn_lines(LOST, LIVES, 150)
    assert REFUSED not in narrower[2] and narrower[3].endswith(REFUSED), "all of the cause is behind the strip"
    few_rows = drawn_lines(LOST, LIVES, 170, most=5)
    assert len(few_rows) == 3
    assert REFUSED in few_rows[1] and "━" not in few_rows[1], "the cause goes first"
    assert few_rows[0].endswith("━" * 30), "and where there is room, there is a strip"


def test_a_closed_connection_says_why_and_then_its_last_trouble() -> None:
    idle = told(Say.CLOSED_IDLE, limit=300.0)
    closed = [replace(life(4, DIED, 720.0, cause), closing=idle) for cause in (None, "silent for 10 s")]
    well, lost = (text_of(draw_connection(connection_lines((), (each,))[0], 130, NOW, UNICODE)) for each in closed)
    assert well.endswith(" closed 12 min ago  not used for 300 s (idle_timeout)")
    assert lost.endswith("not used for 300 s (idle_timeout) \u00b7 last trouble: silent for 10 s")
    leaving = replace(connection(2, state=S.DRAINING), closing=told(Say.CLOSED_DISCONNECTED))
    for width in (40, 60, 90):
        line = text_of(draw_connection(connection_lines((pool(leaving),))[0], width, NOW, UNICODE))
        assert width_of(line) <= width and "disconnected" in line


def test_a_countdown_moves_no_strip() -> None:
    found = set()
    for left in (0.5, 9.9, 12.0, 120.0, 5940.0):
        lost = connection(1, state=S.RECONNECTING, cause="refused", attempt=2, next_attempt_at=NOW + left)
        line = drawn_lines(pool(lost), LIVES[:1], 100)[0]
        found.add((line.index("━"), len(line)))
    assert len(found) == 1


def test_the_pools_say_what_is_in_use_and_what_callers_waited() -> None:
    ssh = replace(pool(), channel="ssh", max_connections=1, total_active_uses=0)
    widest = titles((POOL, ssh), ("last hour, 2 min a cell", "last hour"), 200, "·")
    assert widest == (
        "virt round_robin · 2 of 10 · 3 in use · 0 waiting · waited p50 0.0 p95 1.2 max 40.0 ms",
        "ssh 0 of 1 · 0 in use · 0 waiting",
        "last hour, 2 min a cell",
    )
    assert titles((POOL, ssh), ("last hour, 2 min a cell", "last hour"), 67, "·") == (
        "virt 2 of 10 · 3 in use · waited p50 0.0 p95 1.2 max 40.0 ms",
    )
    busy = replace(POOL, waiting=7)
    assert titles((busy, ssh), (), 40, "·") == ("virt 2 of 10 · 7 waiting", "ssh 0 of 1")
    for width in range(20, 200):
        parts = titles((busy, ssh), ("last hour",), width, "·")
        assert sum(width_of(part) + 4 for part in parts) <= max(width, 46)


SNAPSHOTS = {
    (80, 24): """
─ connections ── virt 2 of 10 · 3 in use · waited p50 0.0 p95 1.2 max 40.0 ms ──
▌virt #1  ● connected  uses  3   1,204 req    0 err  last   1.2 ms  age    2 h
          ━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━  p50   1.1 ms  p99   4.0 ms  peak  5
 virt #2  ● connected  uses  3   1,204 req    0 err  last   1.2 ms  age 30 min
          ···············━━━━━━━━━━✕━━━━  p50   1.1 ms  p99   4.0 ms  peak  5
 virt #3  ○ closed 12 min ago  silent for 10 s
          ━━━━━━━━━━━━━━━━━━━━━━━◐○○○○○○
""",
    (120, 40): """
─ connections ── virt 2 of 10 · 3 in use · 0 waiting · waited p50 0.0 p95 1.2 max 40.0 ms ── last hour, 2 min a cell ───
▌virt #1  ● connected  uses  3   1,204 req    0 err  last   1.2 ms  age    2 h            ━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━
 virt #2  ● connected  uses  3   1,204 req    0 err  last   1.2 ms  age 30 min            ···············━━━━━━━━━━✕━━━━
 virt #3  ○ closed 12 min ago  silent for 10 s                                            ━━━━━━━━━━━━━━━━━━━━━━━◐○○○○○○
""",
    (200, 60): """
─ connections ── virt round_robin · 2 of 10 · 3 in use · 0 waiting · waited p50 0.0 p95 1.2 max 40.0 ms ── last
▌virt #1  ● connected  uses  3   1,204 req    0 err  last   1.2 ms  age    2 h  p50   1.1 ms  p99   4.0 ms  peak  5
 virt #2  ● connected  uses  3   1,204 req    0 err  last   1.2 ms  age 30 min  p50   1.1 ms  p99   4.0 ms  peak  5
 virt #3  ○ closed 12 min ago  silent for 10 s
""",
}  # fmt: skip
"""The lines of the connections at each size of the panel; at the largest, the left part of them."""

STRIPS = ("━" * 30, "·" * 15 + "━" * 10 + "✕━━━━", "━" * 23 + "◐○○○○○○")


@pytest.mark.parametrize("size", SNAPSHOTS)
async def test_the_hour_at_each_size(size: tuple[int, int]) -> None:
    app = PanelApp()
    async with app.run_test(size=size) as pilot:
        app.panel.snapshot = shown(POOL)
        await pilot.pause()
        lines = screen_of(app)
        expected = SNAPSHOTS[size].strip("\n").split("\n")
        start = next(number for number, line in enumerate(lines) if "connections" in line)
        found = lines[start : start + len(expected) + 1]
        assert [line[: len(told)] for line, told in zip(found, expected, strict=False)] == expected
        assert "VMs" in found[-1]
        if size == (200, 60):
            assert tuple(line[-30:] for line in found[1:4]) == STRIPS


async def test_rows_that_the_domains_do_not_need_are_the_connections() -> None:
    app = PanelApp()
    many = pool(*(connection(number) for number in range(1, 33)))
    async with app.run_test(size=(200, 60)) as pilot:
        app.panel.snapshot = shown(many, tuple(life(number, WELL) for number in range(1, 33)))
        await pilot.pause()
        lines = screen_of(app)
        assert sum("● connected  uses" in line and line.endswith(STRIPS[0]) for line in lines) == 32
        assert any("● db1" in line for line in lines)


async def test_a_host_without_a_connection_shows_those_that_it_had() -> None:
    app = PanelApp()
    async with app.run_test(size=(80, 24)) as pilot:
        app.panel.snapshot = shown(pool(), LIVES[2:])
        await pilot.pause()
        assert any("virt #3  ○ closed 12 min ago  silent for 10 s" in line for line in screen_of(app))
