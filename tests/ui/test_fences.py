"""What cannot be drawn of one host is said in its place; the other hosts stay on the screen."""

from __future__ import annotations

import dataclasses

import pytest

from atp_tui.model.node import Oddity
from atp_tui.monitor.rows import DomainRow
from atp_tui.ui.glyphs import UNICODE
from atp_tui.ui.widgets.lines import Spans
from atp_tui.ui.widgets.panel_head import head_lines

from .rows import NOW, detail, domain, host_row, pool, screen_of, text_of
from .rows import connection as connected
from .test_host_panel import PanelApp, shown
from .test_lines import Row, Rows, RowsApp, numbered


def spoilt(**changes: object) -> DomainRow:
    return dataclasses.replace(domain("d"), **changes)  # type: ignore[arg-type]  # that is the point


async def test_a_line_that_cannot_be_drawn_says_so_and_the_others_stay(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    drawn = Rows.draw

    def draw(self: Rows, line: Row, width: int) -> Spans:
        if line.key in ("2", "3"):
            raise ValueError(line.key)
        return drawn(self, line, width)

    monkeypatch.setattr(Rows, "draw", draw)
    app = RowsApp()
    async with app.run_test(size=(50, 7)) as pilot:
        app.rows.set_lines(numbered(5))
        for _ in range(5):
            app.rows.redraw()
        await pilot.pause()
        lines = [line.rstrip() for line in screen_of(app)][1:6]
    assert lines[:2] == ["line 0", "line 1"] and lines[4] == "line 4"
    assert lines[2:4] == [f" {key}: cannot be drawn (ValueError, see the log)" for key in "23"]
    assert [record.getMessage() for record in caplog.records] == [
        "the line of 2 cannot be drawn",
        "the line of 3 cannot be drawn (ValueError, 10 times so far)",
    ]


@pytest.mark.parametrize(
    "broken",
    [
        {"domains": (spoilt(cpu="\x1b[31m"),)},
        {"domains": (spoilt(reading=None),)},
        {"node": 5},
        {"system": "text"},
        {"series": {}},
    ],
    ids=["a domain's figure", "a domain", "the node", "the system", "the charts"],
)
async def test_a_panel_that_cannot_be_drawn_says_so_and_the_next_host_has_its_own(
    broken: dict[str, object], caplog: pytest.LogCaptureFixture
) -> None:
    app = PanelApp()
    bad = dataclasses.replace(detail(host_row("bad"), domain("d")), **broken)  # type: ignore[arg-type]
    good = detail(host_row("good"), domain("web"))
    async with app.run_test(size=(100, 40)) as pilot:
        app.panel.snapshot = shown(bad, pool(connected(1)))
        await pilot.pause()
        lines = screen_of(app)
        assert any("cannot be drawn (" in line for line in lines)
        assert "bad" in lines[0] and "\x1b" not in "".join(lines)
        app.panel.snapshot = shown(good, pool(connected(1)))
        await pilot.pause()
        lines = screen_of(app)
        assert not any("cannot be drawn" in line for line in lines)
        assert "good" in lines[0] and any("web" in line for line in lines)
    assert caplog.records


def test_nonsense_is_told_in_the_panel_with_its_number() -> None:
    odd = detail(host_row("kvm01", odd=Oddity(12, "vcpu.current is a text")))
    lines = [text_of(line.spans).rstrip() for line in head_lines(odd, None, 80, 1, NOW, UNICODE)]
    assert lines[1] == "   answers nonsense: vcpu.current is a text (12 so far)"
    assert "nonsense" not in str(head_lines(detail(host_row("kvm01")), None, 80, 1, NOW, UNICODE))
