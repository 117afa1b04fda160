"""What is remembered of a host's domains: whatever they do, no rate is negative or larger than what was moved."""

from __future__ import annotations

import math
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from atp_tui.model.connection import ConnectionState, HostStatus, Standing
from atp_tui.model.events import HostSampled
from atp_tui.model.node import DomainReading, DomainState
from atp_tui.monitor.domain_history import DOMAIN_HISTORY
from atp_tui.monitor.domain_record import CPU, DISK, GONE_FOR, NET, HostDomains
from atp_tui.monitor.hearing import Hearing
from atp_tui.monitor.rows import OFF, DomainRow

SECOND = 10**9
UP = HostStatus(Standing(ConnectionState.CONNECTED, None, 0.0, 0, None, True), "a")


def guest(name: str, moved: int | None, **changes: Any) -> DomainReading:
    """A domain of two processors that has used so many seconds, and moved as many bytes on each way."""
    reading = DomainReading(
        name, f"uuid-{name}", DomainState.RUNNING, 2, 1024, 2048, None if moved is None else moved * SECOND,
        moved, moved, None, moved, moved,
    )  # fmt: skip
    return reading._replace(**changes)


def bare(name: str, moved: int) -> DomainReading:
    """As `guest`, in a sample that has not asked for the disks."""
    return guest(name, moved, read_bytes=None, written_bytes=None)


class Host:
    """A host whose samples a test gives, two seconds apart."""

    def __init__(self) -> None:
        self.domains = HostDomains(Hearing(2.0, UP, DOMAIN_HISTORY))
        self.now = 0.0

    def says(self, *domains: DomainReading, after: float = 2.0, disks: bool = True) -> None:
        self.now += after
        self.domains.take(HostSampled(self.now, "a", None, domains, 0.001, 0, 0, disks=disks))

    def row(self, name: str) -> DomainRow:
        return next(row for row in self.domains.rows() if row.reading.name == name)


def test_a_domain_s_figures_are_what_its_counters_gained() -> None:
    host = Host()
    host.says(guest("web", 0))
    assert (host.row("web").cpu, host.row("web").read_rate) == (None, None)
    host.says(guest("web", 2))
    row = host.row("web")
    assert (row.cpu, row.rx_rate, row.tx_rate, row.read_rate, row.write_rate, row.at) == (0.5, 1, 1, 1, 1, 4.0)
    assert row.memory == 0.5
    assert [host.domains.rates(which) for which in (CPU, NET, DISK)] == [[0.5], [2.0], [2.0]]
    series = host.domains.series("uuid-web")
    assert {name: values[-1] for name, values in series.items()} == {"cpu": 0.5, "memory": 1024, "disk": 2, "net": 2}


def test_a_domain_that_begins_anew_keeps_its_last_figures_until_there_are_others() -> None:
    host = Host()
    for moved in (0, 2, 1):
        host.says(guest("web", moved))
    row = host.row("web")
    assert (row.cpu, row.read_rate, row.kept, row.kept_at, row.gone) == (0.5, 1.0, ("cpu", "net", "disk"), 4.0, False)
    assert (row.at, row.oldest) == (6.0, 4.0)
    assert host.domains.rates(CPU) == [0.5] and math.isnan(host.domains.series("uuid-web")["net"][-1])
    host.says(guest("web", 2))
    assert (host.row("web").cpu, host.row("web").oldest, host.row("web").kept) == (0.25, 8.0, ())


def test_a_domain_that_is_locked_keeps_the_figures_that_it_lacks_with_their_age() -> None:
    host = Host()
    host.says(guest("web", 0))
    host.says(guest("web", 2))
    locked = {"read_bytes": None, "written_bytes": None, "state": DomainState.PAUSED, "reason": "migration"}
    for moved in (3, 3, 3):
        host.says(guest("web", moved, **locked))
        row = host.row("web")
        assert (row.read_rate, row.kept, row.kept_at) == (1.0, ("disk",), 4.0)
        assert row.at == host.now and row.cpu is not None, "what it does not lack is of now"
        assert row.reading.reason == "migration", "what is known of now is told"
    host.says(guest("web", 5))
    assert host.row("web").kept_at == 4.0, "a rate needs two answers"
    host.says(guest("web", 6))
    assert (host.row("web").read_rate, host.row("web").oldest) == (0.5, host.now)


def test_a_domain_that_is_shut_off_has_no_figures() -> None:
    host = Host()
    host.says(guest("web", 0))
    host.says(guest("web", 2))
    host.says(guest("web", None, state=DomainState.SHUTOFF))
    row = host.row("web")
    assert (row.cpu, row.read_rate, row.memory, row.at) == (None, None, None, host.now)


def test_a_domain_that_is_gone_is_told_of_for_a_minute() -> None:
    host = Host()
    host.says(guest("web", 0), guest("db", 0))
    host.says(guest("web", 2), guest("db", 2))
    listed = host.domains.listed
    host.says(guest("db", 4))
    assert host.domains.listed is not listed
    (gone,) = host.domains.gone.values()
    assert (gone.reading.name, gone.cpu, gone.at, gone.gone) == ("web", 0.5, 4.0, True)
    assert [row.reading.name for row in host.domains.rows()] == ["db"]
    host.says(guest("db", 5), guest("web", 9))
    assert not host.domains.gone and host.row("web").cpu is None
    host.says(guest("db", 6))
    host.says(guest("db", 7), after=GONE_FOR)
    assert not host.domains.gone


def test_counters_whose_sum_has_more_than_63_bits_have_rates_all_the_same() -> None:
    host = Host()
    for _ in range(2):
        host.says(guest("web", 0)._replace(read_bytes=2**63 - 1, written_bytes=1, rx_bytes=2**63 - 1, tx_bytes=1))
    assert host.domains.rates(DISK) == [0] and host.row("web").read_rate == 0
    assert host.domains.rates(NET) == [0] and host.row("web").rx_rate == 0


def test_between_two_readings_of_the_disks_the_last_rates_stand() -> None:
    host = Host()
    host.says(guest("web", 0), guest("db", 0), after=1)
    for number in (1, 2, 3):
        host.says(bare("web", number), bare("db", number), after=1, disks=False)
        assert host.row("web").read_rate is None, "one reading is no rate yet"
    host.says(guest("web", 8), guest("db", 8), after=1)
    read = host.row("web").read_rate
    assert read is not None and read > 0
    for number in (9, 10):
        host.says(bare("web", number), bare("db", number), after=1, disks=False)
        assert host.row("web").read_rate == read and host.row("web").kept == ()
        assert host.domains.rates(DISK)[0] == host.domains.rates(DISK)[1] > 0
    assert host.domains.series(host.row("web").reading.uuid)["disk"][-3:] == (host.domains.rates(DISK)[0],) * 3
    off = bare("db", 10)._replace(state=DomainState.SHUTOFF)
    host.says(bare("web", 11), off, after=1, disks=False)
    assert host.row("db").read_rate is None and host.row("web").read_rate == read, "what is off moves nothing"
    host.says(guest("web", 1), guest("db", 1), after=1)
    row = host.row("web")
    assert row.read_rate == read and "disk" in row.kept, "counters that begin anew have no negative rate"


def test_a_rename_is_another_list() -> None:
    host = Host()
    host.says(guest("web", 0))
    listed = host.domains.listed
    host.says(guest("web", 0))
    assert host.domains.listed is listed
    host.says(guest("web", 0)._replace(name="web2"))
    assert host.domains.listed is not listed and host.row("web2").cpu == 0.0


def test_samples_that_did_not_come_leave_their_places_empty() -> None:
    host = Host()
    host.says(guest("web", 0))
    host.says(guest("web", 2))
    host.says(guest("web", 4), after=6.0)
    for values in host.domains.series("uuid-web").values():
        assert [math.isnan(value) for value in values] == [False, True, True, False]
    assert host.domains.series("uuid-nobody") == {}


COUNTS = st.sampled_from([None, 0, 1, 5, 2**61])


@st.composite
def guests(draw: st.DrawFn) -> DomainReading:
    name = draw(st.sampled_from(["a", "b", "c"]))
    small, moved = st.integers(0, 3), [draw(COUNTS) for _ in range(5)]
    return DomainReading(
        name, f"uuid-{name}", draw(st.sampled_from(DomainState)), draw(small), draw(small), draw(small), moved[0],
        moved[1], moved[2], None, moved[3], moved[4],
    )  # fmt: skip


SAMPLES = st.tuples(
    st.lists(guests(), max_size=3, unique_by=lambda each: each.uuid), st.sampled_from([0.0, 0.5, 2.0, 9.0])
)


@given(st.lists(SAMPLES, max_size=6))
def test_whatever_comes_no_rate_is_negative_and_all_ways_of_reading_agree(
    samples: list[tuple[list[DomainReading], float]],
) -> None:
    host = Host()
    for domains, after in samples:
        host.says(*domains, after=after)
        rates = [host.domains.rates(which) for which in (CPU, NET, DISK)]
        shares = host.domains.memory_shares()
        for place, row in enumerate(host.domains.rows()):
            told = (row.cpu, row.rx_rate, row.tx_rate, row.read_rate, row.write_rate)
            assert all(rate is None or 0 <= rate < math.inf for rate in told)
            assert row.at <= host.now and row.cpu in (None, pytest.approx(rates[CPU][place]))
            both = None if None in told[3:] else sum(told[3:])  # type: ignore[arg-type]
            assert both is None or row.kept or both == pytest.approx(rates[DISK][place])
            assert (row.memory is None and math.isnan(shares[place])) or row.memory == shares[place]
            assert row.reading.state not in OFF or not row.kept
        for uuid, row in host.domains.gone.items():
            assert row.gone and uuid not in {domain.uuid for domain in domains}
            assert replace(row, gone=False) is not None and host.now - row.at < GONE_FOR
