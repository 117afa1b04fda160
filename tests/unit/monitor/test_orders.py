"""The orders of the hosts in a group, each of them turned round too."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from atp_tui.model.connection import ConnectionState
from atp_tui.monitor.arrangement import Arrangement
from atp_tui.monitor.orders import Sort, find_order, orders, usual
from atp_tui.monitor.query import GroupLine, Query
from atp_tui.monitor.rows import DomainCounts, HostRow
from tests.ui.rows import NOW, host_row
from tests.ui.shown import ShownRows

S = ConnectionState


def ordered(rows: list[HostRow], sort: str, *, reverse: bool = False, group: tuple[str, ...] = ()) -> list[str]:
    return list(ShownRows(rows).hosts(Query(sort=sort, reverse=reverse, group=group)))


def test_every_order_has_a_name_and_some_have_another() -> None:
    assert orders()[:2] == ("trouble", "name") and len(set(orders())) == len(orders())
    assert {"errors", "domains", "surprise", "cpu", "memory", "rtt"} <= set(orders())
    assert all(find_order(name) == name for name in orders())
    assert [find_order(name) for name in ("state", "latency", "mem", "nothing")] == ["trouble", "rtt", "memory", None]


@pytest.mark.parametrize("sort", ["cpu", "errors", Sort.DOMAINS, Sort.SURPRISE])
def test_what_is_not_known_now_comes_last_either_way(sort: str) -> None:
    rows = [
        host_row("a", cpu=0.1, errors_per_second=1.0, vms=DomainCounts(1), rtt=None),
        host_row("b", cpu=0.9, errors_per_second=9.0, vms=DomainCounts(2, off=7), rtt=None),
        host_row("c", cpu=0.2, errors_per_second=2.0, vms=DomainCounts(3), rtt=None),
        host_row("old", cpu=1.0, errors_per_second=99.0, vms=DomainCounts(99), sampled_at=NOW - 9),
        host_row("none", cpu=None, errors_per_second=None, vms=None, rtt=None),
    ]
    falling, rising = ordered(rows, sort), ordered(rows, sort, reverse=True)
    assert falling[0] == "b" == rising[2]
    assert falling[3:] == rising[3:] == ["none", "old"]


def test_trouble_and_names_are_turned_round() -> None:
    rows = [host_row("kvm9"), host_row("kvm10"), host_row("kvm", state=S.FAILED)]
    assert ordered(rows, "trouble") == ["kvm", "kvm9", "kvm10"]
    assert ordered(rows, "trouble", reverse=True) == ["kvm9", "kvm10", "kvm"]
    assert ordered(rows, "name", reverse=True) == ["kvm10", "kvm9", "kvm"]


@pytest.mark.parametrize("reverse", [False, True])
@pytest.mark.parametrize("sort", orders())
def test_a_host_that_is_disabled_is_the_last_in_each_order(sort: str, reverse: bool) -> None:
    rows = [
        host_row("a-disabled", state=S.DISABLED, sampled_at=None, cpu=None, rtt=None, tags=("odd",)),
        host_row("b", tags=("odd",)),
        host_row("c-unknown", state=S.FAILED, cpu=None, rtt=None, tags=("odd",)),
        host_row("d-disabled", state=S.DISABLED, sampled_at=None, cpu=None, rtt=None, tags=("a-group",)),
        host_row("z", tags=("z-group",)),
    ]
    assert set(ordered(rows, sort, reverse=reverse)[-2:]) == {"a-disabled", "d-disabled"}
    if sort == "trouble":
        assert ordered(rows, sort, reverse=reverse, group=("tag",))[-1] == "d-disabled", "so is a group of such hosts"


@given(st.lists(st.text("ab19-", min_size=1, max_size=6), min_size=1, max_size=12, unique=True))
def test_names_turned_round_are_the_same_backwards(names: list[str]) -> None:
    rows = [host_row(name) for name in names]
    assert ordered(rows, "name", reverse=True) == ordered(rows, "name")[::-1]


def test_a_surprise_is_measured_by_the_spread_of_its_own_group() -> None:
    busy = [host_row(f"b{number}", tags=("busy",), cpu=0.8 + number / 100, rtt=0.001) for number in range(5)]
    idle = [host_row(f"i{number}", tags=("idle",), cpu=0.02, rtt=0.001) for number in range(5)]
    rows = [*busy, host_row("odd", tags=("idle",), cpu=0.8, rtt=0.001), *idle]
    assert ordered(rows, Sort.SURPRISE, group=("tag",))[5] == "odd", "it is first in its group"
    slow = replace(rows[0], id="slow", rtt=0.4)
    assert ordered([*rows, slow], Sort.SURPRISE, group=("tag",))[0] == "slow"


def test_a_hair_more_than_nothing_is_no_surprise() -> None:
    assert usual([0.0, 0.0, 0.001], 0.02) == (0.0, 0.02)
    assert usual([1.0, 2.0, 3.0], 0.02) == (2.0, 1.4826)
    assert usual([], 0.02) is None


def test_surprises_are_measured_anew_once_many_hosts_have_changed() -> None:
    rows = {f"h{number}": host_row(f"h{number}", cpu=0.5) for number in range(8)}

    class Fleet(ShownRows):
        def row(self, host_id: str) -> HostRow | None:
            return rows.get(host_id)

        def rows(self) -> tuple[HostRow, ...]:
            return tuple(rows.values())

    kept = Arrangement(Fleet(), sort=Sort.SURPRISE)
    kept.hosts()
    for host in list(rows)[:7]:
        rows[host] = host_row(host, cpu=0.9)
        kept.note([host])
        kept.hosts()
    assert kept.hosts()[0] == "h7", "it alone is as all were before"


def outline(rows: list[HostRow], **asked: object) -> list[str]:
    page = ShownRows(rows).page(replace(Query(count=1000), **asked))  # type: ignore[arg-type]
    return [str(line.name) for line in page.lines if isinstance(line, GroupLine)]


def test_groups_go_by_their_worst_host_only_where_hosts_go_by_trouble() -> None:
    rows = [host_row("a", tags=("rack1",)), host_row("b", tags=("rack2",), state=S.RECONNECTING)]
    rows += [host_row("c", tags=("rack10",), state=S.FAILED), host_row("d"), host_row("e", tags=("rack2",))]
    assert outline(rows) == ["rack10", "rack2", "rack1", "None"]
    assert outline(rows, sort="name") == outline(rows, sort="cpu") == ["rack1", "rack2", "rack10", "None"]
    worse = [replace(row, cpu=0.9, memory=0.9, history=(0.1,)) for row in rows]
    assert outline(worse) == outline(rows), "figures move no group"
    nested = outline(rows, group=("state", "tag"))
    assert nested == ["failed", "rack10", "reconnecting", "rack2", "connected", "rack1", "rack2", "None"]
