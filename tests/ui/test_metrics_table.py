"""A new figure is one line of the table: everything that reads the table has it."""

from __future__ import annotations

from dataclasses import replace

import pytest

from atp_tui.cli.tables import stats_table
from atp_tui.executor.targets import Targets
from atp_tui.model.errors import ConfigError
from atp_tui.model.host import HostInfo
from atp_tui.monitor import metrics
from atp_tui.monitor.facts import HostFacts
from atp_tui.monitor.fleet import FleetView
from atp_tui.monitor.metrics import Form, Metric, exported
from atp_tui.monitor.orders import orders
from atp_tui.monitor.query import Query
from atp_tui.monitor.rows import Figures, HostRow
from atp_tui.monitor.tally import Tally
from atp_tui.ui.format import WRITE
from atp_tui.ui.glyphs import UNICODE
from atp_tui.ui.views.fleet.drawing import WIDTHS, columns, draw_host
from atp_tui.ui.widgets.panel_head import head_lines
from atp_tui.ui.widgets.status_bar import sum_parts

from ..unit.monitor.samples import node, sample
from ..unit.monitor.test_fleet import FewHosts
from .rows import NOW, host_row, text_of
from .shown import ShownRows, line_of
from .test_system_words import READING

ROWS = (
    host_row("a", errors_per_second=0.0),
    host_row("b", errors_per_second=7.0),
    host_row("c", errors_per_second=2.0),
)


@pytest.fixture
def errors_too(monkeypatch: pytest.MonkeyPatch) -> None:
    new = Metric(
        "oops",
        lambda of: of.errors_per_second,
        Form.RATE,
        "oops/s",
        "failures",
        worth=5,
        series=True,
        samples=2,
        sums=True,
        digits=1,
    )
    monkeypatch.setattr(metrics, "METRICS", (*metrics.METRICS, new))


def round_trip(entry: dict[str, float | None]) -> dict[str, float | None]:
    """Of an entry of JSON the round-trip time alone: which other figures there are is no matter here."""
    return {name: figure for name, figure in entry.items() if name == "rtt"}


def found(rows: tuple[HostRow, ...], text: str, sort: str = "name") -> list[str]:
    return list(ShownRows(rows).hosts(Query(text, sort)))


@pytest.mark.usefixtures("errors_too")
def test_a_new_line_is_a_condition_an_order_a_column_and_a_chart() -> None:
    assert found(ROWS, "oops>1") == ["b", "c"]
    targets = Targets([HostInfo(row.id, row.address) for row in ROWS], HostFacts(ROWS))
    assert targets.resolve("@all!oops>1/s") == ("a",)
    with pytest.raises(ConfigError, match=r", vms, .* and oops take"):
        targets.resolve("opps>1")
    assert "oops" in orders()
    assert found(ROWS, "", sort="oops") == ["b", "c", "a"]
    at = columns(120, 5)
    assert "oops/s" in [head for _, head in at.heads()]
    assert "7.0" in text_of(draw_host(line_of(ROWS[1]), 120, at, NOW, UNICODE))
    view = FleetView(FewHosts("a"))
    for at_second, errors in ((10.0, 0), (11.0, 5), (12.0, 8)):
        view.apply(sample(at_second, node(), errors=errors))
    detail = view.detail("a")
    assert detail is not None
    assert detail.series["oops"][1:] == (5.0, 3.0)
    assert any("failures" in text_of(line.spans) for line in head_lines(detail, None, 100, 2, NOW, UNICODE))


def test_any_figure_of_a_reading_is_one_line(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing but the table knows of it: neither the record nor the row has a field of its own for it."""

    def load(of: Figures) -> float | None:
        return None if of.system is None else of.system.load[0]

    def cpus(of: Figures) -> float | None:
        return None if of.node is None else of.node.cpus

    lines = (
        Metric("load1", load, Form.COUNT, "load", "load", worth=90, series=True),
        Metric("cpus", cpus, Form.COUNT, "cpus", "CPUs", worth=91),
    )
    monkeypatch.setattr(metrics, "METRICS", (*metrics.METRICS, *lines))
    view = FleetView(FewHosts("a", "b"))
    view.apply(replace(sample(10.0, node()), system=replace(READING, load=(2.5, 1.0, 0.5))))
    busy, quiet = view.row("a"), view.row("b")
    assert busy is not None and quiet is not None
    assert (exported(busy)["load1"], exported(busy)["cpus"]) == (2.5, node().cpus)
    assert (exported(quiet)["load1"], exported(quiet)["cpus"]) == (None, None)
    assert found((host_row("a", system=busy.system), host_row("b")), "load1>2") == ["a"]
    detail = view.detail("a")
    assert detail is not None and detail.series["load1"][-1] == 2.5


@pytest.mark.usefixtures("errors_too")
def test_a_new_line_is_a_sum_over_the_fleet() -> None:
    summary = Tally(ShownRows(ROWS)).summary()
    assert dict(summary.sums)["oops"] == 9.0
    assert [part.words.plain for part in sum_parts(summary)][-1] == "  9.0 oops/s  "
    old = host_row("old", errors_per_second=100.0, sampled_at=NOW - 60)
    assert dict(Tally(ShownRows((*ROWS, old))).summary().sums)["oops"] == 9.0
    assert dict(Tally(ShownRows((old,))).summary().sums)["oops"] is None


@pytest.mark.usefixtures("errors_too")
def test_a_new_line_is_in_the_json_and_the_table_of_stats() -> None:
    assert exported(ROWS[1])["oops"] == 7.0
    entry = {"host": "b", "state": "connected", "cause": None, "error": None, "nonsense": None, **exported(ROWS[1])}
    pool = {"active_connections": 1, "max_connections": 1, "total_requests": 3, "total_errors": 0}
    head, line = stats_table([entry | {"pool": pool}]).splitlines()
    assert "RTT" in head.split() and head.split()[-2:] == ["OOPS/S", "CAUSE"]
    assert "  1.2 ms  " in line and line.endswith("  7.0 /s")


def test_json_has_the_round_trip_time_to_the_microsecond() -> None:
    assert round_trip(exported(replace(ROWS[0], rtt=0.0012345678))) == {"rtt": 0.001235}
    assert round_trip(exported(replace(ROWS[0], rtt=None))) == {"rtt": None}


def test_without_that_line_there_is_nothing_of_it() -> None:
    with pytest.raises(ConfigError, match="unknown field oops"):
        HostFacts(ROWS).term("oops>1")
    assert "oops" not in orders()
    assert "oops" not in dict(Tally(ShownRows(ROWS)).summary().sums) | exported(ROWS[0])


@pytest.mark.parametrize("form", Form)
def test_each_kind_of_number_is_written_within_its_column(form: Form) -> None:
    for value in (None, 0.0, 1.0, 12.3, 1e7):
        assert len(WRITE[form](value)) < WIDTHS[form]


def test_no_two_metrics_share_a_name_or_a_worth() -> None:
    names = metrics.metric_names()
    assert len(names) == len(set(names))
    worths = [metric.worth for metric in metrics.METRICS if metric.worth is not None]
    assert len(worths) == len(set(worths))
    assert all(name == name.casefold() for name in names)
