"""A figure that cannot be made of what one host has said is not known of it; the other hosts and figures stay."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import replace

import pytest

from atp_tui.cli.encode import encode_host
from atp_tui.cli.tables import stats_table
from atp_tui.engine.fleet import Answer, Detail
from atp_tui.executor.targets import Targets
from atp_tui.model.host import HostInfo
from atp_tui.monitor import metrics
from atp_tui.monitor.arrangement import Arrangement
from atp_tui.monitor.facts import HostFacts
from atp_tui.monitor.fleet import FleetView
from atp_tui.monitor.metrics import Form, Metric
from atp_tui.monitor.query import Query
from atp_tui.monitor.rows import Figures, HostDetail, HostRow
from atp_tui.monitor.tally import Tally
from atp_tui.ui.format import NOT_KNOWN
from atp_tui.ui.glyphs import UNICODE
from atp_tui.ui.views.fleet.drawing import columns, draw_host
from atp_tui.ui.widgets.panel_head import head_lines

from ..unit.monitor.samples import node, sample
from ..unit.monitor.test_fleet import FewHosts
from .rows import NOW, connection, detail, host_row, pool, text_of
from .shown import ShownRows, line_of

ROWS = tuple(host_row(name, requests_per_second=0.0) for name in ("a", "bad", "c"))
FIGURES = {"a": 4.0, "c": 2.0}


def raises(of: Figures) -> float:
    return FIGURES[of.id]


def is_no_number(of: Figures) -> float:
    return FIGURES.get(of.id, math.nan)


def is_too_large(of: Figures) -> float:
    return FIGURES.get(of.id, 10**400)


def is_a_text(of: Figures) -> float:
    return FIGURES.get(of.id, "5")  # type: ignore[arg-type]  # that is the point


@pytest.fixture(params=[raises, is_no_number, is_too_large, is_a_text], ids=lambda find: find.__name__)
def broken(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    find: Callable[[Figures], float] = request.param
    new = Metric("odd", find, Form.COUNT, "odd", "oddness", worth=9, series=True, ages=False, sums=True, digits=1)
    monkeypatch.setattr(metrics, "METRICS", (*metrics.METRICS, new))


@pytest.mark.usefixtures("broken")
def test_filter_order_sums_and_conditions_have_the_other_hosts() -> None:
    rows = ShownRows(ROWS)
    assert list(rows.hosts(Query("odd>1"))) == ["a", "c"]
    assert list(rows.hosts(Query("!odd>3"))) == ["bad", "c"]
    assert list(rows.hosts(Query("", "odd"))) == ["a", "c", "bad"]
    assert dict(Tally(rows).summary().sums)["odd"] == 6.0
    targets = Targets([HostInfo(row.id, row.address) for row in ROWS], HostFacts(ROWS))
    assert targets.resolve("odd>1") == ("a", "c")
    assert "bad" not in targets.resolve("@all!odd>3"), "nothing runs for want of a figure"


@pytest.mark.usefixtures("broken")
def test_the_view_goes_on_with_the_hosts_other_figures(caplog: pytest.LogCaptureFixture) -> None:
    view = FleetView(FewHosts("a", "bad", "c"))
    order, tally = Arrangement(view, sort="odd"), Tally(view)
    for second in range(1, 6):
        for host in ("a", "bad", "c"):
            view.apply(sample(float(second), node(second * 3, second), host=host))
        for kept in (order, tally):
            kept.note(view.changed())
        assert order.hosts() == ("a", "c", "bad")
    bad, good = view.detail("bad"), view.detail("a")
    assert bad is not None and good is not None
    assert (bad.row.cpu, bad.row.sample_error) == (0.75, None)
    assert good.series["odd"][-1] == 4.0 and math.isnan(bad.series["odd"][-1])
    first, *later = [record.getMessage() for record in caplog.records]
    assert first == "odd of bad cannot be made"
    assert all("times so far" in each for each in later) and len(later) < 3


def shown(row: HostRow) -> HostDetail:
    whole = detail(row)
    return replace(whole, series={**whole.series, "odd": ()})


@pytest.mark.usefixtures("broken")
def test_row_panel_and_json_say_that_it_is_not_known_and_why() -> None:
    at = columns(140, 5)
    lines = [text_of(draw_host(line_of(row), 140, at, NOW, UNICODE)) for row in ROWS]
    assert [line.count(NOT_KNOWN) - lines[0].count(NOT_KNOWN) for line in lines] == [0, 1, 0]
    good, bad = (
        [text_of(line.spans) for line in head_lines(shown(row), None, 100, 2, NOW, UNICODE)] for row in ROWS[:2]
    )
    assert bad[1].rstrip() == "   cannot be made of its answers: oddness (see the log)"
    assert not any("cannot be made" in line for line in good)
    entries = [encode_host(Answer(Detail(NOW, detail(row), (pool(connection(1)),), None), None)) for row in ROWS]
    assert [entry["odd"] for entry in entries] == [4.0, None, 2.0]
    assert [entry["nonsense"] for entry in entries] == [None, {"count": 1, "what": "odd is no finite number"}, None]
    assert "odd is no finite number" in stats_table(entries)
