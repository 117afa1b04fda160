"""The fleet's view: rows from events."""

from __future__ import annotations

import math

from hypothesis import given
from hypothesis import strategies as st

from atp_tui.model.connection import ConnectionState, HostStatus, Standing
from atp_tui.model.errors import HostUnknown
from atp_tui.model.events import EventsLost, HostAdded, HostChanged, HostRemoved, HostUpdated, SampleFailed
from atp_tui.model.host import HostInfo
from atp_tui.model.message import text
from atp_tui.model.node import DomainState
from atp_tui.monitor.fleet import FleetView
from atp_tui.monitor.rows import DomainCounts, Figures, Known

from .samples import domain, node, sample

SECOND = 1_000_000_000


class FewHosts:
    """What the view reads missed news from."""

    def __init__(self, *ids: str) -> None:
        self.hosts = {name: HostInfo(name, "192.0.2.1") for name in ids}
        self.state = ConnectionState.CONNECTING

    def list_hosts(self) -> tuple[HostInfo, ...]:
        return tuple(self.hosts.values())

    def host_state(self, host_id: str) -> HostStatus:
        if host_id not in self.hosts:
            raise HostUnknown("no such host")
        return self.status(host_id)

    def status(self, host_id: str) -> HostStatus:
        return HostStatus(Standing(self.state, None, 1.0, 0, None, True), host_id)


def test_rows_come_in_order_and_only_changed_ones_are_new() -> None:
    hosts = FewHosts("b", "a", "c")
    view = FleetView(hosts)
    first = view.rows()
    assert [row.id for row in first] == ["b", "a", "c"]
    assert view.rows() is first
    assert view.changed() == {"a", "b", "c"}
    generation = view.generation
    view.apply(sample(5.0, node()))
    second = view.rows()
    assert view.changed() == {"a"}
    assert view.generation > generation
    assert (second[0] is first[0], second[1] is first[1], second[2] is first[2]) == (True, False, True)
    assert second[1].sampled_at == 5.0


def test_shares_and_rates_are_between_two_samples() -> None:
    view = FleetView(FewHosts("a"), history=3)
    view.apply(sample(10.0, node(100, 900), domain("d", 0, rx=1000), requests=5, errors=1))
    row = view.row("a")
    assert row is not None
    assert (row.cpu, row.memory, row.requests_per_second, row.rtt) == (None, 0.5, None, 0.001)
    view.apply(sample(12.0, node(130, 970, 250), domain("d", 2 * SECOND, rx=3000), requests=25, errors=2))
    row = view.row("a")
    assert row is not None
    assert (row.cpu, row.memory, row.requests_per_second, row.errors_per_second) == (0.3, 0.75, 10.0, 0.5)
    assert (row.running, row.domains) == (1, 1)
    detail = view.detail("a")
    assert detail is not None
    (shown,) = detail.domains
    assert (shown.cpu, shown.rx_rate, shown.tx_rate) == (0.5, 1000.0, 2000.0)
    assert detail.series["memory"] == (0.5, 0.75)
    assert math.isnan(detail.series["cpu"][0])


def test_a_node_that_was_started_again_has_no_share_for_one_sample() -> None:
    view = FleetView(FewHosts("a"))
    for at, busy, idle in ((1.0, 1000, 1000), (2.0, 10, 10), (3.0, 20, 20)):
        view.apply(sample(at, node(busy, idle)))
    detail = view.detail("a")
    assert detail is not None
    assert [math.isnan(figure) for figure in detail.series["cpu"]] == [True, True, False]
    assert detail.row.cpu == 0.5


def test_domains_come_go_restart_and_lack_counters() -> None:
    view = FleetView(FewHosts("a"))
    view.apply(sample(0.0, node(), domain("old", 0), domain("stays", 0), domain("blind", None)))
    view.apply(sample(1.0, node(), domain("stays", SECOND), domain("blind", None), domain("new", 5 * SECOND)))
    stays_restarted = domain("stays", 0)
    view.apply(sample(2.0, node(), stays_restarted, domain("new", 9 * SECOND, state=DomainState.PAUSED)))
    detail = view.detail("a")
    assert detail is not None
    figures = {shown.reading.name: shown for shown in detail.domains}
    assert set(figures) == {"stays", "new"}
    assert (figures["stays"].kept, figures["stays"].kept_at, figures["stays"].history[0]) == (("cpu",), 1.0, 0.5)
    assert figures["new"].cpu == 1.0  # four seconds of two processors in one second: the clocks' jitter is cut off
    assert math.isnan(figures["new"].history[0])
    assert view.rows()[0].vms == DomainCounts(up=1, paused=1)


def test_a_host_with_ssh_alone_has_a_round_trip_and_nothing_else() -> None:
    view = FleetView(FewHosts("a"))
    view.apply(sample(1.0, None))
    view.apply(sample(2.0, None))
    (row,) = view.rows()
    assert (row.rtt, row.cpu, row.memory, row.running, row.domains) == (0.001, None, None, None, None)


def test_what_a_test_driver_lacks_is_not_known() -> None:
    view = FleetView(FewHosts("a"))
    view.apply(sample(1.0, node(None, None, None)))
    view.apply(sample(2.0, node(None, None, None)))
    (row,) = view.rows()
    assert (row.cpu, row.memory) == (None, None)


def test_hosts_come_change_and_go() -> None:
    hosts = FewHosts("a")
    view = FleetView(hosts)
    hosts.hosts["b"] = HostInfo("b", "192.0.2.2", uri=None)
    view.apply(HostAdded(1.0, hosts.hosts["b"]))
    assert [(row.id, row.has_virt) for row in view.rows()] == [("a", True), ("b", False)]
    hosts.state = ConnectionState.CONNECTED
    view.apply(HostChanged(2.0, hosts.status("a")))
    assert view.rows()[0].state is ConnectionState.CONNECTED
    hosts.hosts["a"] = hosts.hosts["a"].with_tags("prod")
    view.apply(HostUpdated(3.0, hosts.hosts["a"]))
    assert view.rows()[0].tags == ("prod",)
    del hosts.hosts["a"]
    view.apply(HostRemoved(4.0, "a"))
    view.apply(sample(5.0, node()))
    assert [row.id for row in view.rows()] == ["b"]
    assert view.row("a") is None
    assert view.detail("a") is None


def test_missed_news_is_read_again() -> None:
    hosts = FewHosts("a", "b")
    view = FleetView(hosts)
    view.apply(sample(1.0, node(), host="b"))
    del hosts.hosts["a"]
    hosts.hosts["c"] = HostInfo("c", "192.0.2.3")
    hosts.state = ConnectionState.FAILED
    view.apply(EventsLost(2.0, 7))
    assert [(row.id, row.state, row.sampled_at) for row in view.rows()] == [
        ("b", ConnectionState.FAILED, 1.0),
        ("c", ConnectionState.FAILED, None),
    ]


def test_samples_that_did_not_come_leave_a_gap_in_the_charts() -> None:
    view = FleetView(FewHosts("a"), history=8, interval=2.0)
    for moment in (0.0, 2.1, 10.0, 12.0):
        view.apply(sample(moment, node(int(moment * 10), 900)))
    detail = view.detail("a")
    assert detail is not None
    assert [math.isnan(value) for value in detail.series["rtt"]] == [False, False, True, True, True, False, False]
    view.apply(sample(1e6, node(10**8, 900)))
    detail = view.detail("a")
    assert detail is not None
    assert [math.isnan(value) for value in detail.series["rtt"]] == [True] * 7 + [False], (
        "however long: the ring is the limit"
    )


NAMES = [name for part in (Known, Figures) for name in vars(part) if isinstance(vars(part)[name], property)]


@given(
    st.lists(st.sampled_from(("sample", "odd sample", "failure", *ConnectionState, "later", "other tags")), max_size=12)
)
def test_what_is_known_of_a_host_is_what_its_row_says(news: list[str]) -> None:
    hosts, now = FewHosts("a"), 10.0
    view = FleetView(hosts, interval=1.0)
    for number, kind in enumerate(news):
        now += 0.7
        match kind:
            case "sample":
                view.apply(sample(now, node(100 * number, 900 * number), domain("d", number), requests=number))
            case "odd sample":
                view.apply(sample(now, None))
            case "failure":
                view.apply(SampleFailed(now, "a", text("nonsense"), answered=True, requests=1, errors=1))
            case "later":
                now += 3.0
                view.grow_old(now)
            case "other tags":
                hosts.hosts["a"] = HostInfo("a", "192.0.2.1", tags=(f"t{number}",))
                view.apply(HostUpdated(now, hosts.hosts["a"]))
            case state:
                hosts.state = ConnectionState(state)
                view.apply(HostChanged(now, hosts.status("a")))
        known = view.look("a")
        before = [getattr(known, name) for name in NAMES]
        row = view.row("a")
        assert before == [getattr(row, name) for name in NAMES], news
    assert len(NAMES) == 22 and view.look("b") is None
