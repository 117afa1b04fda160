"""Hosts in trouble, by what they have in common."""

from __future__ import annotations

from collections.abc import Iterable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from atp_tui.model.causes import Cause, Remedy, Trouble
from atp_tui.model.connection import ConnectionState
from atp_tui.model.subnet import subnet_of
from atp_tui.monitor.rows import HostRow
from atp_tui.monitor.troubles import LEAST_TOGETHER, MOST_CAUSES, TOGETHER, Common, ill, in_common, places_of
from tests.ui.rows import NOW, host_row

S = ConnectionState
NO_ROUTE = Trouble(Cause.NO_ROUTE, "", Remedy.RETRY)
REFUSED = Trouble(Cause.LOGIN_REFUSED, "", Remedy.MEND)


def lost(host_id: str, trouble: Trouble | None = NO_ROUTE, **changes: object) -> HostRow:
    return host_row(
        host_id, **{"state": S.FAILED, "cause": "lost", "trouble": trouble, "sampled_at": NOW - 9, **changes}
    )


def causes_of(rows: Iterable[HostRow]) -> tuple[Common, ...]:
    hosts = tuple(rows)
    return in_common({row.id: trouble for row in hosts if (trouble := ill(row)) is not None}, lambda: places_of(hosts))


def test_whoever_is_well_or_let_go_of_or_new_is_not_in_trouble() -> None:
    well = [host_row("a"), host_row("b", sample_error="once"), host_row("c", state=S.DRAINING, cause="x")]
    new = [host_row("d", state=S.CONNECTING), host_row("e", state=S.DISCONNECTED)]
    assert [ill(row) for row in (*well, *new)] == [None] * 5
    in_trouble = [
        host_row("a", silent_since=NOW - 5), host_row("b", sample_error="always", sampled_at=NOW - 9),
        host_row("c", state=S.RECONNECTING), lost("d"), host_row("e", state=S.DISCONNECTED, cause="key"),
        host_row("f", state=S.CONNECTING, cause="once more"),
    ]  # fmt: skip
    assert None not in [ill(row) for row in in_trouble]


def test_one_cause_is_one_line_whatever_the_channel() -> None:
    rows = [lost("b10", REFUSED), lost("b9", Trouble(Cause.LOGIN_REFUSED, "", Remedy.MEND, "ssh")), lost("a")]
    assert [(each.hosts, each.why[1]) for each in causes_of(rows)] == [(("b9", "b10"), REFUSED), (("a",), NO_ROUTE)]


def test_the_worst_cause_comes_first_then_that_of_the_most_hosts() -> None:
    silent = [host_row(f"s{number}", silent_since=NOW - 5, address=f"name{number}") for number in range(9)]
    rows = [*silent, lost("x", REFUSED), lost("a", address="a.example"), lost("b", address="b.example")]
    assert [len(each.hosts) for each in causes_of(rows)] == [2, 1, 9]


def test_hosts_behind_one_jump_host_that_were_lost_together_are_told_by_it() -> None:
    behind = [lost(f"j{number}", jump="jump-2", sampled_at=NOW - 9 - number) for number in range(5)]
    (common,) = causes_of(behind)
    assert (common.jump, common.subnet, len(common.hosts)) == ("jump-2", None, 5)
    (apart,) = causes_of(lost(f"j{number}", jump="jump-2", sampled_at=NOW - 60 * number) for number in range(5))
    assert (apart.jump, len(apart.hosts)) == (None, 5), "each at another time"


def test_hosts_of_a_subnet_are_told_by_it_where_they_are_most_of_it() -> None:
    rows = [lost(f"a{number}", address=f"192.0.2.{number}") for number in range(4)]
    (common,) = causes_of(rows)
    assert common.subnet == "192.0.2.0/24" == subnet_of("192.0.2.7")
    well = [host_row(f"w{number}", address=f"192.0.2.{number + 9}") for number in range(5)]
    assert [each.subnet for each in causes_of([*rows, *well])] == [None], "most of that subnet is well"
    (refused,) = causes_of(lost(row.id, REFUSED, address=row.address) for row in rows)
    assert refused.subnet is None, "the way to them is not to blame for it"


@pytest.mark.parametrize("number", [LEAST_TOGETHER - 1, LEAST_TOGETHER])
def test_a_place_is_told_from_some_number_of_hosts_on(number: int) -> None:
    (common,) = causes_of(lost(f"j{each}", jump="jump-2", sampled_at=None) for each in range(number))
    assert (common.jump == "jump-2") == (number == LEAST_TOGETHER)


def test_more_causes_than_lines_share_the_last_one() -> None:
    rows = [lost(f"a{number}", None, cause=f"cause {number}", state=S.FAILED) for number in range(MOST_CAUSES + 5)]
    causes = causes_of(rows)
    assert len(causes) == MOST_CAUSES and causes[-1].causes == 6 == len(causes[-1].hosts)
    assert sum(each.causes for each in causes) == len(rows)


@st.composite
def fleets(draw: st.DrawFn) -> list[HostRow]:
    return [
        lost(
            f"h{number}",
            draw(st.sampled_from((None, NO_ROUTE, REFUSED))),
            cause=draw(st.sampled_from(("x", "y"))),
            state=draw(st.sampled_from((S.FAILED, S.RECONNECTING, S.CONNECTED))),
            jump=draw(st.sampled_from((None, "jump-1", "jump-2"))),
            address=draw(st.sampled_from(("192.0.2.1", "2001:db8::1", "name"))),
            sampled_at=draw(st.sampled_from((None, NOW - 1, NOW - 2, NOW - 2 - TOGETHER - 1))),
        )
        for number in range(draw(st.integers(0, 25)))
    ]


@given(fleets())
def test_each_host_in_trouble_is_under_one_cause_that_is_its_own(rows: list[HostRow]) -> None:
    by_id = {row.id: row for row in rows}
    causes = causes_of(rows)
    listed = [host for each in causes for host in each.hosts]
    assert sorted(listed) == sorted(row.id for row in rows if ill(row) is not None)
    assert len({each.key for each in causes}) == len(causes), "each has a key of its own"
    for each in causes:
        for host in each.hosts:
            trouble = ill(by_id[host])
            assert trouble is not None and (each.causes > 1 or trouble.why == each.why)
            assert each.jump in (None, by_id[host].jump)
            assert each.subnet in (None, subnet_of(by_id[host].address))
