"""What one host says ends nothing but that host: in the view, in its sums and in the order of its rows."""

from __future__ import annotations

import dataclasses
import math
import typing
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from atp_tui.model.connection import ConnectionState
from atp_tui.model.events import Event, HostSampled, SampleFailed
from atp_tui.model.message import text
from atp_tui.model.node import DomainReading, NodeReading, Oddity, SystemReading
from atp_tui.monitor.arrangement import Arrangement
from atp_tui.monitor.fleet import FleetView
from atp_tui.monitor.orders import Sort
from atp_tui.monitor.query import Query
from atp_tui.monitor.tally import Tally

from .samples import domain, node, sample
from .test_border import anything
from .test_fleet import FewHosts


def view_of(*hosts: str) -> FleetView:
    known = FewHosts(*hosts)
    known.state = ConnectionState.CONNECTED
    return FleetView(known, interval=1.0)


def a_text_for_cpu_time(at: float, host: str = "bad") -> HostSampled:
    return sample(at, node(), domain("d")._replace(cpu_time="\x1b[31m"), host=host)  # type: ignore[arg-type]


def test_a_sample_that_breaks_the_record_ends_with_its_host_and_is_logged_once_with_a_count(
    caplog: pytest.LogCaptureFixture,
) -> None:
    view = view_of("bad", "good", "bad2")
    for second in range(50):
        view.apply(a_text_for_cpu_time(float(second)))
        view.apply(a_text_for_cpu_time(float(second), "bad2"))
        view.apply(sample(float(second), node(second * 3, second), domain("d"), host="good"))
    bad, good, _ = view.rows()
    assert (good.cpu, good.domains, good.sample_error) == (0.75, 1, None)
    assert (bad.cpu, bad.domains, bad.node) == (None, None, None)
    assert str(bad.sample_error) == "its answer cannot be read (TypeError, see the log)"
    assert [record.getMessage() for record in caplog.records] == [
        "what bad has said could not be shown",
        "what bad2 has said could not be shown (TypeError, 10 times so far)",
        "what bad2 has said could not be shown (TypeError, 100 times so far)",
    ]
    assert [record.exc_info is not None for record in caplog.records] == [True, False, False]


def test_a_host_that_answers_well_again_is_shown_again() -> None:
    view = view_of("bad")
    for at in (1.0, 2.0):
        view.apply(a_text_for_cpu_time(at))
    for at in (3.0, 4.0):
        view.apply(sample(at, node(int(at * 3), int(at)), domain("d"), host="bad"))
    (row,) = view.rows()
    assert (row.sample_error, row.domains, row.cpu) == (None, 1, 0.75)


def test_a_detail_that_cannot_be_made_ends_with_its_host(caplog: pytest.LogCaptureFixture) -> None:
    view = view_of("bad", "good")
    for at in (1.0, 2.0):
        odd = domain("d", int(at))._replace(vcpus="2")  # type: ignore[arg-type]
        view.apply(sample(at, node(), odd, host="bad"))
        view.apply(sample(at, node(), domain("d", int(at)), host="good"))
    detail = view.detail("bad")
    assert detail is not None and detail.domains == () and detail.row.sample_error is not None
    good = view.detail("good")
    assert good is not None and len(good.domains) == 1
    assert len(caplog.records) == 1


def test_what_is_no_figure_is_counted_since_the_host_is_watched() -> None:
    view = view_of("a")
    for at in (1.0, 2.0):
        view.apply(dataclasses.replace(sample(at, node()), odd=Oddity(2, f"cpu.time is {at}")))
    view.apply(SampleFailed(3.0, "a", text("answers nonsense"), True, 1, 1, Oddity(1, "the host's name is missing")))
    view.apply(sample(4.0, node()))
    (row,) = view.rows()
    assert row.odd == Oddity(5, "the host's name is missing")


def broken(kind: type) -> st.SearchStrategy[Any]:
    """Of a reading's class, with values of any type in its fields."""
    names = typing.get_type_hints(kind)
    return st.builds(kind, **dict.fromkeys(names, anything))


news = st.one_of(
    st.builds(
        HostSampled,
        at=st.floats(0, 100),
        host_id=st.just("bad"),
        node=st.none() | broken(NodeReading),
        domains=st.lists(broken(DomainReading), max_size=2).map(tuple),
        rtt=anything,
        requests=anything,
        errors=anything,
        system=st.none() | broken(SystemReading),
    ),
    st.builds(
        SampleFailed,
        at=st.floats(0, 100),
        host_id=st.just("bad"),
        cause=st.just(text("no")),
        answered=st.booleans(),
        requests=anything,
        errors=anything,
    ),
)


NEARLY_INFINITE = HostSampled(0.0, "bad", None, (), 0.001, 0, 1.8e302, None)


@example([dataclasses.replace(NEARLY_INFINITE, errors=0), NEARLY_INFINITE], Sort.TROUBLE)
@given(st.lists(news, min_size=1, max_size=4), st.sampled_from([*Sort, "cpu", "memory", "rtt", "vms", "req"]))
def test_whatever_passes_the_border_the_good_host_stays(bad: list[Event], sort: str) -> None:
    view = view_of("bad", "good")
    tally, arrangement = Tally(view), Arrangement(view, sort=sort)
    for second, event in enumerate(bad):
        at = 1000.0 + second
        view.apply(dataclasses.replace(event, at=at))
        view.apply(sample(at, node(second * 3, second), domain("d"), host="good", requests=second))
        view.grow_old(at)
        changed = view.changed()
        tally.note(changed)
        arrangement.note(changed)
        summary, page = tally.summary(), arrangement.page(Query(sort=sort), at)
        assert summary.hosts == 2 and len(page.lines) - page.pinned == 3
        assert all(figure is None or math.isfinite(figure) for _, figure in summary.sums)
        assert view.detail("bad") is not None and view.row("bad") is not None
    good = view.row("good")
    assert good is not None and good.domains == 1 and good.sample_error is None
