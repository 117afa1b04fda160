"""The domains of all hosts: filter, order and groups, kept up to date by what changed as they would be made anew."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, rule

from atp_tui.model.connection import ConnectionState, HostStatus, Standing
from atp_tui.model.errors import HostUnknown
from atp_tui.model.events import DomainsDescribed, HostAdded, HostChanged, HostRemoved, HostSampled
from atp_tui.model.host import HostInfo
from atp_tui.model.node import NO_METADATA, DomainMetadata, DomainReading, DomainState
from atp_tui.monitor import domain_index
from atp_tui.monitor.border import Nonsense
from atp_tui.monitor.domain_arrangement import KEPT, SORTED_EACH, DomainArrangements
from atp_tui.monitor.domain_detail import LONGEST_XML, read_xml
from atp_tui.monitor.domain_query import (
    DomainGroupLine,
    DomainGroups,
    DomainLine,
    DomainPage,
    DomainQuery,
    DomainSort,
)
from atp_tui.monitor.domain_record import HostDomains
from atp_tui.monitor.fleet import FleetView
from atp_tui.monitor.rows import DomainCounts

S, D = ConnectionState, DomainState
TAGS: dict[str, tuple[str, ...]] = {"kvm1": ("rack1", "prod"), "kvm2": ("rack2",), "kvm10": ("rack1",), "lone": ()}


class Known:
    """What the view reads of hosts."""

    def __init__(self) -> None:
        self.states: dict[str, ConnectionState] = {}

    def list_hosts(self) -> tuple[HostInfo, ...]:
        return tuple(map(info, self.states))

    def host_state(self, host_id: str) -> HostStatus:
        if host_id not in self.states:
            raise HostUnknown(f"no host {host_id}", host=host_id)
        return HostStatus(Standing(self.states[host_id], None, 0.0, 0, None, True), host_id)


def info(host: str) -> HostInfo:
    return HostInfo(host, "192.0.2.1", tags=TAGS[host])


class Fleet:
    """Hosts whose samples a test gives; `arranged` is told what changed, as the port does it."""

    def __init__(self, *hosts: str) -> None:
        self.known = Known()
        self.view = FleetView(self.known, interval=2.0)
        self.arranged = DomainArrangements(self.view)
        self.now = 0.0
        for host in hosts:
            self.add(host)

    def add(self, host: str) -> None:
        self.known.states[host] = S.CONNECTED
        self.view.apply(HostAdded(self.now, info(host)))
        self.arranged.note(None)

    def remove(self, host: str) -> None:
        del self.known.states[host]
        self.view.apply(HostRemoved(self.now, host))
        self.arranged.note(None)

    def change(self, host: str, state: ConnectionState) -> None:
        self.known.states[host] = state
        self.view.apply(HostChanged(self.now, self.known.host_state(host)))
        self.arranged.note([host])

    def says(self, host: str, *domains: DomainReading) -> None:
        self.view.apply(HostSampled(self.now, host, None, domains, 0.001, 0, 0))
        self.arranged.note([host])

    def tells(self, host: str, name: str, about: DomainMetadata) -> None:
        self.view.apply(DomainsDescribed(self.now, host, ((f"uuid-{name}", about),)))
        self.arranged.note([host])

    def goes_on(self, seconds: float = 2.0) -> None:
        self.now += seconds
        self.arranged.note(self.view.grow_old(self.now))

    def page(self, query: DomainQuery = DomainQuery()) -> DomainPage:  # noqa: B008 - it is frozen
        return self.arranged.of(query).page(query, self.now)

    def names(self, filter: str = "", sort: DomainSort = DomainSort.NAME) -> list[str]:
        return [name_of(line) for line in self.page(DomainQuery(filter, sort)).lines]


def name_of(line: object) -> str:
    assert isinstance(line, DomainLine)
    return line.row.reading.name


def guest(
    name: str, state: DomainState = D.RUNNING, work: int = 0, memory: int = 1024, vcpus: int = 2
) -> DomainReading:
    off = state is D.SHUTOFF
    return DomainReading(
        name,
        f"uuid-{name}",
        state,
        vcpus,
        memory,
        2048,
        None if off else work * 10**9,
        work,
        work,
        None,
        work * 10,
        work,
    )


def three_hosts() -> Fleet:
    """Two samples of two hosts; the third has none yet."""
    fleet = Fleet("kvm1", "kvm10", "kvm2", "lone")
    for turn in (0, 1):
        fleet.goes_on()
        fleet.says("kvm1", guest("web10", work=4 * turn), guest("web9", work=turn, memory=2000), guest("db", D.PAUSED))
        fleet.says("kvm10", guest("old", D.SHUTOFF), guest("app", work=2 * turn), guest("bad", D.CRASHED))
        fleet.says("lone", guest("what", D.NOSTATE, vcpus=8))
    return fleet


def test_domains_stand_in_the_order_that_is_asked_for() -> None:
    fleet = three_hosts()
    assert fleet.names() == ["app", "bad", "db", "old", "web9", "web10", "what"]
    assert fleet.names(sort=DomainSort.TROUBLE) == ["bad", "db", "what", "app", "web9", "web10", "old"]
    assert fleet.names(sort=DomainSort.HOST) == ["db", "web9", "web10", "app", "bad", "old", "what"]
    assert fleet.names(sort=DomainSort.CPU)[:3] == ["web10", "app", "web9"]
    assert fleet.names(sort=DomainSort.MEMORY)[0] == "web9"
    assert fleet.names(sort=DomainSort.DISK)[:3] == fleet.names(sort=DomainSort.NET)[:3] == ["web10", "app", "web9"]
    assert fleet.names(sort=DomainSort.CPU)[-1] == "old", "what is not known comes last"


@pytest.mark.parametrize("sort", DomainSort)
def test_an_order_that_is_turned_round_leaves_what_is_not_known_at_the_end(sort: DomainSort) -> None:
    fleet = three_hosts()
    there, back = (fleet.page(DomainQuery(sort=sort, reverse=reverse)).lines for reverse in (False, True))
    assert {name_of(line) for line in there} == {name_of(line) for line in back} and there != back
    if sort is DomainSort.NAME:
        assert back == there[::-1]
    if sort is DomainSort.CPU:
        assert name_of(there[-1]) == name_of(back[-1]) == "old" and name_of(there[0]) == "web10" == name_of(back[-2])
    if sort is DomainSort.TROUBLE:
        assert name_of(there[0]) == name_of(back[-1]) == "bad"


@pytest.mark.parametrize(
    ("filter", "found"),
    [
        ("web", ["web9", "web10"]),
        ("KVM10", ["app", "bad", "old"]),
        ("state:paused", ["db"]),
        ("state:off", ["old"]),
        ("!state:running", ["bad", "db", "old", "what"]),
        ("host:kvm1 web", ["web9", "web10"]),
        ("@rack1", ["app", "bad", "db", "old", "web9", "web10"]),
        ("tag:prod !web", ["db"]),
        ("cpu>80", ["web10"]),
        ("cpu > 80%", ["web10"]),
        ("mem>=90", ["web9"]),
        ("net<1 cpu>0", ["app", "web9", "web10"]),
        ("vcpus>4", ["what"]),
        ("!cpu>80 state:off", ["old"]),
        ("name:web9", ["web9"]),
        ("uuid:uuid-app", ["app"]),
        ("nobody", []),
    ],
)
def test_a_filter_has_the_words_of_the_hosts_filter(filter: str, found: list[str]) -> None:
    assert three_hosts().names(filter) == found


@pytest.mark.parametrize(
    ("filter", "hint"),
    [
        ("web staet:paused", "did you mean state"),
        ("state:dead", "the states are"),
        ("cpu=5", "write cpu>5"),
        ("cpu>", "write cpu>80"),
        ("cpu>5ms", "write cpu>5"),
        ("latency>5", "take > >= < <="),
        (">5", "take > >= < <="),
        ("!", "in front of a term"),
    ],
)
def test_a_term_that_could_match_nothing_says_what_to_write(filter: str, hint: str) -> None:
    page = three_hosts().page(DomainQuery(filter))
    assert page.problem is not None and hint in page.problem.hint and not page.lines and page.known == 7


def test_groups_are_those_of_hosts_tags_and_states() -> None:
    fleet = three_hosts()

    def groups(by: DomainGroups) -> list[tuple[str, int]]:
        lines = fleet.page(DomainQuery(groups=by)).lines
        return [(line.name, line.domains) for line in lines if isinstance(line, DomainGroupLine)]

    assert groups(DomainGroups.HOST) == [("kvm1", 3), ("kvm10", 3), ("lone", 1)]
    assert groups(DomainGroups.TAG) == [("rack1", 6), ("", 1)]
    assert groups(DomainGroups.STATE) == [
        ("crashed", 1), ("paused", 1), ("no state", 1), ("running", 3), ("shut off", 1),
    ]  # fmt: skip
    query = DomainQuery(groups=DomainGroups.TAG, folded=frozenset({"group rack1"}), marked=frozenset({"kvm1/uuid-db"}))
    page = fleet.page(query)
    first = page.lines[0]
    assert isinstance(first, DomainGroupLine) and (first.folded, first.marked, page.total) == (True, 1, 3)
    assert first.counts == DomainCounts(up=3, paused=1, crashed=1, off=1)
    assert page.marked == 1 and fleet.page(replace(query, filter="web")).total == 3, "a search unfolds"


def test_lines_are_found_by_their_keys() -> None:
    fleet = three_hosts()
    for groups in DomainGroups:
        query = DomainQuery(groups=groups, sort=DomainSort.CPU)
        arrangement = fleet.arranged.of(query)
        for number, line in enumerate(fleet.page(query).lines):
            assert arrangement.place(query, line.key) == number
            if isinstance(line, DomainGroupLine):
                assert len(arrangement.keys(line.key)) == line.domains
        assert arrangement.place(query, "kvm1/uuid-nobody") is None
        folded = replace(query, folded=frozenset({"group kvm1", "group rack1", "group paused"}))
        assert (arrangement.place(folded, "kvm1/uuid-db") is None) == (groups is not DomainGroups.NONE)
        assert len(arrangement.keys(None)) == 7
    assert fleet.arranged.hosts(["kvm1/uuid-db", "kvm1/uuid-app", "lone/uuid-what", "lone/x"]) == {"kvm1", "lone"}


def test_a_lost_host_s_domains_stay_with_old_figures_and_sort_behind_those_of_now() -> None:
    fleet = three_hosts()
    fleet.change("kvm1", S.RECONNECTING)
    page = fleet.page(DomainQuery(sort=DomainSort.CPU))
    assert name_of(page.lines[0]) == "app" and page.known == 7
    web = next(line for line in page.lines if isinstance(line, DomainLine) and line.row.reading.name == "web10")
    assert not web.fresh and web.row.cpu == 1.0
    assert fleet.names("cpu>0") == ["app"]


def test_a_domain_that_is_gone_is_listed_until_it_is_forgotten() -> None:
    fleet = three_hosts()
    fleet.goes_on()
    fleet.says("lone")
    assert fleet.names("state:gone") == ["what"]
    fleet.goes_on(70.0)
    fleet.says("lone")
    assert fleet.names("state:gone") == [] and fleet.page().known == 6


def test_a_version_differs_where_lines_change_places_alone() -> None:
    fleet = three_hosts()
    versions = [fleet.page().version]
    fleet.goes_on()
    fleet.says("lone", guest("what", D.NOSTATE, vcpus=8))
    versions.append(fleet.page().version)
    assert versions[0] == versions[1]
    fleet.says("lone", guest("what", D.CRASHED, vcpus=8))
    assert fleet.page().version != versions[0]


def test_an_order_by_a_figure_stands_for_some_seconds_while_the_figures_go_on() -> None:
    fleet = three_hosts()
    query = DomainQuery("name:web", DomainSort.CPU)
    assert [name_of(line) for line in fleet.page(query).lines] == ["web10", "web9"]
    fleet.goes_on()
    fleet.says("kvm1", guest("web10", work=4), guest("web9", work=4), guest("db", D.PAUSED))
    lines = fleet.page(query).lines
    assert [name_of(line) for line in lines] == ["web10", "web9"]
    assert isinstance(lines[1], DomainLine) and lines[1].row.cpu == 0.75
    fleet.now += SORTED_EACH - 2.0
    assert [name_of(line) for line in fleet.page(query).lines] == ["web9", "web10"]


def test_a_large_fleet_is_taken_over_in_parts(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(domain_index, "MOST_AT_ONCE", 3)
    fleet = three_hosts()
    first = fleet.page()
    assert not first.complete and first.total < 7
    while not (page := fleet.page()).complete:
        assert len(page.lines) == page.total
    assert page.total == 7
    fleet.says("kvm1", guest("web10"))
    fleet.says("kvm2", *[guest(f"n{number}") for number in range(4)])
    assert [line.key for line in fleet.page(DomainQuery("web")).lines] == ["kvm1/uuid-web9", "kvm1/uuid-web10"]


def test_a_domain_is_found_by_its_name_before_its_uuid_and_when_it_is_gone() -> None:
    fleet = Fleet("kvm1")
    named_so = guest("uuid-web")._replace(uuid="other")
    for _ in range(2):
        fleet.goes_on()
        fleet.says("kvm1", guest("web"), named_so, guest("a/b"))

    def found(which: str) -> str | None:
        detail = fleet.arranged.detail("kvm1", which, fleet.now)
        return None if detail is None else detail.row.reading.uuid

    assert [found(which) for which in ("web", "uuid-web", "other", "a/b", "c")] == [
        "uuid-web", "other", "other", "uuid-a/b", None,
    ]  # fmt: skip
    fleet.goes_on()
    fleet.says("kvm1", guest("web"))
    gone = fleet.arranged.detail("kvm1", "a/b", fleet.now)
    assert gone is not None and gone.row.gone and not gone.fresh and gone.series == ()
    assert fleet.arranged.detail("kvm9", "web", fleet.now) is None


def test_a_description_that_is_beyond_measure_is_cut_and_one_that_is_none_is_nonsense() -> None:
    class Virt:
        def __init__(self, xml: Any) -> None:
            self.xml = xml

        def lookupByUUIDString(self, uuidstr: str) -> Virt:
            return self

        def XMLDesc(self, flags: int = 0) -> str:
            assert not flags, "no secrets are asked for"
            return self.xml  # type: ignore[no-any-return]

    assert read_xml(Virt("<domain/>"), "u") == "<domain/>"
    assert len(read_xml(Virt("x" * 2 * LONGEST_XML), "u")) == LONGEST_XML
    with pytest.raises(Nonsense):
        read_xml(Virt(5), "u")


@pytest.mark.parametrize("broken", ["row", "rates", "states"])
def test_what_a_host_makes_go_wrong_ends_with_its_own_domains(broken: str, monkeypatch: pytest.MonkeyPatch) -> None:
    fleet = three_hosts()
    ill = fleet.view.with_domains("kvm1")
    assert ill is not None
    working = getattr(HostDomains, broken)

    def breaks(self: HostDomains, *given: Any) -> Any:
        if self is ill.of_domains:
            raise ZeroDivisionError
        return working.__get__(self) if broken == "states" else working(self, *given)

    monkeypatch.setattr(HostDomains, broken, property(breaks) if broken == "states" else breaks)
    for query in (DomainQuery(sort=DomainSort.CPU), DomainQuery("cpu>=0"), DomainQuery(groups=DomainGroups.STATE)):
        names = [line.row.reading.name for line in fleet.page(query).lines if isinstance(line, DomainLine)]
        assert {"app", "bad"} <= set(names), "the others stay"
        if broken == "row":
            assert "web10" in names, "by its name alone"
            detail = fleet.arranged.detail("kvm1", "web10", fleet.now)
            assert detail is not None and detail.row.reading.name == "web10" and not detail.fresh
    monkeypatch.undo()
    fleet.goes_on()
    fleet.says("kvm1", guest("web10", work=9))
    assert "web10" in fleet.names()


def test_arrangements_that_nobody_looks_at_are_let_go() -> None:
    fleet = three_hosts()
    for number in range(KEPT + 3):
        fleet.page(DomainQuery(f"web{number}"))
    assert len(fleet.arranged._kept) == KEPT


GUESTS = st.lists(
    st.builds(guest, st.sampled_from(["a1", "a2", "a10", "B", "c"]), st.sampled_from(D), st.integers(0, 9)),
    max_size=4,
    unique_by=lambda reading: reading.uuid,
)
HOSTS = st.sampled_from(sorted(TAGS))
FILTERS = ("", "a", "state:paused", "cpu>20", "!@rack1", "disk<5")


class KeptUpToDate(RuleBasedStateMachine):
    """Hosts and domains come, go and change in any order; now and then somebody looks."""

    @initialize(
        filter=st.sampled_from(FILTERS), sort=st.sampled_from(DomainSort), groups=st.sampled_from(DomainGroups),
        reverse=st.booleans(),
    )  # fmt: skip
    def begins(self, filter: str, sort: DomainSort, groups: DomainGroups, reverse: bool) -> None:
        self.fleet = Fleet("kvm1")
        self.query = DomainQuery(filter, sort, groups, reverse=reverse)
        self.later = 0.0

    @rule(host=HOSTS)
    def comes_or_goes(self, host: str) -> None:
        if host in self.fleet.known.states:
            self.fleet.remove(host)
        else:
            self.fleet.add(host)

    @rule(host=HOSTS, domains=GUESTS)
    def answers(self, host: str, domains: list[DomainReading]) -> None:
        if host in self.fleet.known.states:
            self.fleet.says(host, *domains)

    @rule(host=HOSTS, state=st.sampled_from([S.CONNECTED, S.FAILED]))
    def changes(self, host: str, state: ConnectionState) -> None:
        if host in self.fleet.known.states:
            self.fleet.change(host, state)

    @rule(seconds=st.sampled_from([0.5, 2.0, 9.0, 61.0]))
    def time_goes_by(self, seconds: float) -> None:
        self.fleet.goes_on(seconds)

    @rule()
    def somebody_looks(self) -> None:
        later = self.later = max(self.later, self.fleet.now) + SORTED_EACH  # so that an order by a figure is due
        kept = self.fleet.arranged.of(self.query).page(self.query, later)
        anew = DomainArrangements(self.fleet.view).of(self.query).page(self.query, later)
        assert shape(kept) == shape(anew)
        assert repr(kept.lines) == repr(anew.lines)  # by repr: no NaN equals another

    def teardown(self) -> None:
        self.somebody_looks()


def shape(page: DomainPage) -> tuple[Iterable[object], ...]:
    keys = [line.key for line in page.lines]
    return keys, [page.total, page.known, page.shown, page.names, page.usual, page.hosts]


TestKeptUpToDate = KeptUpToDate.TestCase
TestKeptUpToDate.settings = settings(max_examples=60, stateful_step_count=20, deadline=None)


# What the metadata say

SHOP = DomainMetadata("Shop front", "", "debian12", "192.0.2.7", ("Web", "eu"))


def described() -> Fleet:
    fleet = Fleet("kvm1", "kvm2")
    fleet.says("kvm1", guest("web"), guest("db"))
    fleet.says("kvm2", guest("mail"))
    fleet.page()
    fleet.tells("kvm1", "web", SHOP)
    fleet.tells("kvm2", "mail", DomainMetadata("Relay", "", "rhel9.2", "10.0.0.1", ("rack1-mail",)))
    return fleet


@pytest.mark.parametrize(
    ("filter", "names"),
    [
        ("title:shop", ["web"]), ("title:front", ["web"]), ("title:ront", []), ("ront", ["web"]),
        ("os:debian", ["web"]),
        ("os:", ["db", "mail", "web"]), ("ip:192.0.2.", ["web"]), ("ip:2", []), ("tag:web", ["web"]), ("@eu", ["web"]),
        ("@rack1", ["db", "mail", "web"]), ("!os:rhel", ["db", "web"]), ("tag:rack1 title:relay", ["mail"]),
    ],
)  # fmt: skip
def test_metadata_are_terms_of_the_filter(filter: str, names: list[str]) -> None:
    found = described().page(DomainQuery(filter, sort=DomainSort.NAME))
    assert [line.row.reading.name for line in found.lines if isinstance(line, DomainLine)] == names


def test_a_filter_follows_metadata_that_come_later() -> None:
    fleet = described()
    query = DomainQuery("os:openbsd")
    assert not fleet.page(query).lines
    fleet.tells("kvm1", "db", DomainMetadata(os="openbsd7.5"))
    (line,) = fleet.page(query).lines
    assert isinstance(line, DomainLine) and line.row.about.os == "openbsd7.5"
    fleet.tells("kvm1", "db", DomainMetadata(os="linux2022"))
    assert not fleet.page(query).lines


def test_a_page_has_the_widths_of_what_is_said_and_they_only_grow() -> None:
    fleet = described()
    assert fleet.page().about == (10, 8, 9, 10)
    fleet.tells("kvm1", "web", NO_METADATA)
    assert fleet.page().about == (10, 8, 9, 10)


def test_one_that_is_gone_keeps_what_was_said_of_it() -> None:
    fleet = described()
    fleet.goes_on()
    fleet.says("kvm1", guest("db"))
    (line,) = fleet.page(DomainQuery("title:shop")).lines
    assert isinstance(line, DomainLine) and line.row.gone and line.row.about is SHOP


def test_the_same_metadata_once_more_are_no_news() -> None:
    fleet = described()
    fleet.view.changed()
    fleet.tells("kvm1", "web", DomainMetadata(*SHOP))
    assert not fleet.view.changed()
