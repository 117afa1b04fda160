"""Pages and sums that are kept up to date by what changed are those that would be made anew."""

from __future__ import annotations

import time
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, rule

from atp_tui.model.connection import ConnectionState
from atp_tui.model.errors import CredentialWanted, HostKeyRejected
from atp_tui.model.message import text
from atp_tui.monitor.arrangement import Arrangement
from atp_tui.monitor.freshness import Freshness
from atp_tui.monitor.orders import Sort
from atp_tui.monitor.query import CauseLine, GroupLine, HostLine, Page, Query, RollUp, TroubleLine, group_key, host_key
from atp_tui.monitor.rows import DomainCounts, HostRow, Known
from atp_tui.monitor.tally import Summary, Tally
from atp_tui.ui.widgets.host_words import brief_of
from tests.ui.rows import NOW, host_row

S = ConnectionState
TROUBLES = (None, HostKeyRejected("x", fingerprint="SHA256:x").trouble, CredentialWanted("x").trouble)
FILTERS = ("", "state:failed", "cpu>50", "!tag:rack2", "kvm1", "latency>5")
SORTS = (Sort.TROUBLE, Sort.NAME, "errors", Sort.DOMAINS, "cpu")
GROUPS = ((), ("tag",), ("state",), ("site",), ("tag:rack", "site"), ("site", "state"))
IDS = tuple(f"kvm{number}" for number in range(1, 16))
TAGS: tuple[tuple[str, ...], ...] = ((), ("rack1",), ("rack2", "rack1"), ("rack10",))
FOLDS = (
    (),
    ("group rack1",),
    ("group rack1", "group "),
    ("trouble", "group site:par", "group state:failed"),
    ("group site:par\nstate:connected", "group tag:rack:rack1"),
)


class Fleet:
    def __init__(self) -> None:
        self.known: dict[str, HostRow] = {}

    def rows(self) -> tuple[HostRow, ...]:
        return tuple(self.known.values())

    def row(self, host_id: str) -> HostRow | None:
        return self.known.get(host_id)

    def look(self, host_id: str) -> Known | None:
        return self.row(host_id)


@st.composite
def looks(draw: st.DrawFn) -> dict[str, object]:
    state = draw(st.sampled_from(S))
    down = state is not S.CONNECTED
    return {
        "state": state,
        "cause": text(draw(st.sampled_from(("refused", "silent")))) if down else None,
        "trouble": draw(st.sampled_from(TROUBLES)) if down else None,
        "cpu": draw(st.sampled_from((None, 0.1, 0.6, 0.9))),
        "freshness": draw(st.sampled_from(Freshness)),
        "silent_since": NOW - 5 if not down and draw(st.booleans()) else None,
        "sample_error": "nonsense" if draw(st.booleans()) else None,
        "vms": draw(st.sampled_from((None, DomainCounts(3, 1), DomainCounts(crashed=2)))),
        "requests_per_second": draw(st.sampled_from((None, 0.0, 2.5))),
        "errors_per_second": draw(st.sampled_from((None, 0.0, 2.5))),
        "sampled_at": draw(st.sampled_from((None, NOW - 9, NOW - 8, NOW - 1))),
        "jump": draw(st.sampled_from((None, "jump-2"))),
        "metadata": draw(st.sampled_from(((), (("site", "par"),), (("Site", "lon"), ("rack", "1"))))),
    }


class KeptUpToDate(RuleBasedStateMachine):
    """Hosts come, go and change in any order; now and then somebody looks.

    One arrangement a run: of many, each would be looked at so seldom that nothing had been followed before.
    """

    def __init__(self) -> None:
        super().__init__()
        self.fleet = Fleet()
        self.tally = Tally(self.fleet)

    @initialize(
        text=st.sampled_from(FILTERS),
        sort=st.sampled_from(SORTS),
        hosts=st.sets(st.sampled_from(IDS)),
        group=st.sampled_from(GROUPS),
        reverse=st.booleans(),
    )
    def begins(self, text: str, sort: str, hosts: set[str], group: tuple[str, ...], reverse: bool) -> None:
        self.fleet.known = {host: host_row(host, tags=TAGS[len(host) % 2]) for host in sorted(hosts)}
        self.query = Query(text, sort, group=group, reverse=reverse)
        self.kept = self.anew()

    def anew(self) -> Arrangement:
        asked = self.query
        return Arrangement(self.fleet, asked.filter, asked.sort, asked.group, asked.reverse)

    def note(self, *hosts: str, described: bool = False) -> None:
        for each in (self.kept, self.tally):
            each.note(None if described else hosts)

    @rule(host=st.sampled_from(IDS), tags=st.sampled_from(TAGS), look=looks())
    def comes(self, host: str, tags: tuple[str, ...], look: dict[str, object]) -> None:
        if len(self.fleet.known) > len(IDS) // 2:
            return  # what comes has all made anew, and there would be little else
        self.fleet.known[host] = host_row(host, tags=tags, **look)
        self.note(described=True)

    @rule(host=st.sampled_from(IDS))
    def goes(self, host: str) -> None:
        if self.fleet.known.pop(host, None):
            self.note(described=True)

    @rule(changes=st.dictionaries(st.sampled_from(IDS), looks(), max_size=15))
    def change(self, changes: dict[str, dict[str, object]]) -> None:
        there = {host: look for host, look in changes.items() if host in self.fleet.known}
        for host, look in there.items():
            self.fleet.known[host] = replace(self.fleet.known[host], **look)  # type: ignore[arg-type]
        self.note(*there)

    @rule(
        folded=st.sampled_from(FOLDS), marked=st.frozensets(st.sampled_from(IDS)), size=st.integers(1, 9)
    )  # fmt: skip
    def looked_at(self, folded: tuple[str, ...], marked: frozenset[str], size: int) -> None:
        kept, anew = self.kept, self.anew()
        causes = [each.key for each in anew.page(self.query, NOW).lines if isinstance(each, CauseLine)]
        opened = frozenset(causes[: size // 2])
        query = replace(self.query, folded=frozenset(folded), marked=marked, count=1000, opened=opened)
        whole = same(kept.page(query, NOW))
        assert whole == same(anew.page(query, NOW))
        assert kept.hosts() == anew.hosts()
        if whole.problem is not None:
            assert not whole.lines and not kept.hosts()
            return
        assert len(whole.lines) == whole.total
        pages = [kept.page(replace(query, first=at, count=size), NOW) for at in range(0, whole.total, size)]
        assert tuple(line for page in map(same, pages) for line in page.lines) == whole.lines
        for number, line in enumerate(whole.lines):
            assert kept.place(line.key, query) == number
            assert isinstance(line, TroubleLine | CauseLine) or line.key.startswith("lost ") == (number < whole.pinned)
            if isinstance(line, HostLine):
                stands = kept.group_of(line.row.id) == line.group
                assert (stands or line.group in opened) and line.marked == (line.row.id in marked)
                continue
            inside, sums = kept.hosts(line.key), kept.sums(line.key)
            assert len(inside) == line.hosts > 0 and line.marked == len(marked.intersection(inside))
            assert sums is not None and sums.hosts == line.hosts == sum(number for _, number in sums.states)
            if isinstance(line, GroupLine):
                assert sorted(line.counts) == sorted(sums.states) and rounded(line.figures) == rounded(sums.figures)
        self.steps(query, whole)

    def steps(self, query: Query, whole: Page) -> None:
        """From line to line, as `n`, `N` and `v` go."""
        kept, keys = self.kept, [line.key for line in whole.lines]
        hosts = [line.row.id for line in whole.lines if isinstance(line, HostLine) and line.key.startswith("host ")]
        if not keys:
            return
        assert set(kept.between(query, keys[0], keys[-1])) >= set(hosts)
        assert kept.between(query, keys[-1], keys[0]) == kept.between(query, keys[0], keys[-1])
        forth, back = [kept.following(query, key, 1) for key in keys], [kept.following(query, key, -1) for key in keys]
        stops = {each for each in forth if each is not None}
        assert stops == {each for each in back if each is not None}
        for key, ahead in zip(keys, forth, strict=True):
            assert ahead is None or kept.following(query, ahead, -1) in (key, *stops)

    @rule()
    def sums_are_those_made_anew(self) -> None:
        assert in_order(self.tally.summary()) == in_order(Tally(self.fleet).summary())
        assert self.tally.waiting() == Tally(self.fleet).waiting()


def same(page: Page) -> Page:
    """Versions tell pages of one arrangement apart, and the order of counts means nothing."""
    lines = tuple(
        replace(line, counts=tuple(sorted(line.counts)), cause=None, figures=rounded(line.figures))
        if isinstance(line, GroupLine)
        else line
        for line in page.lines
    )
    return replace(page, version=0, lines=lines)


def rounded(figures: RollUp) -> RollUp:
    """Means of the same figures, which were added up in another order."""
    cpu, memory = (None if each is None else round(each, 9) for each in (figures.cpu, figures.memory))
    return replace(figures, cpu=cpu, memory=memory)


def in_order(summary: Summary) -> Summary:
    groups = sorted((replace(each, states=tuple(sorted(each.states))) for each in summary.groups), key=repr)
    return replace(summary, states=tuple(sorted(summary.states)), groups=tuple(groups))


TestKeptUpToDate = KeptUpToDate.TestCase
TestKeptUpToDate.settings = settings(max_examples=80, stateful_step_count=25, deadline=None)


@given(st.lists(st.sampled_from(IDS), min_size=1, unique=True), st.integers(0, 40), st.integers(1, 5))
def test_a_page_beyond_the_end_is_empty_and_says_where_the_end_is(ids: list[str], first: int, count: int) -> None:
    fleet = Fleet()
    fleet.known = {host: host_row(host) for host in ids}
    page = Arrangement(fleet).page(Query(first=first, count=count), NOW)
    assert page.total == len(ids) + 1 and page.pinned == 0
    assert page.first == min(first, page.total) and len(page.lines) == max(0, min(count, page.total - first))


@pytest.mark.parametrize("lost", [40, 90, 200, 400])
def test_many_hosts_that_are_lost_at_once_are_in_their_places(lost: int) -> None:
    """A few are moved one by one, and from some number on all are sorted anew."""
    fleet = Fleet()
    fleet.known = {f"kvm{number}": host_row(f"kvm{number}", tags=(f"rack{number % 7}",)) for number in range(400)}
    kept = Arrangement(fleet)
    kept.hosts()
    gone = [f"kvm{number}" for number in range(lost)]
    for host in gone:
        fleet.known[host] = replace(fleet.known[host], state=S.FAILED, cause=text("refused"))
    kept.note(gone)
    query = Query(count=1000)
    assert same(kept.page(query, NOW)) == same(Arrangement(fleet).page(query, NOW))
    assert kept.hosts() == Arrangement(fleet).hosts()


def test_lines_have_another_version_only_where_places_change() -> None:
    fleet = Fleet()
    fleet.known = {host: host_row(host) for host in ("kvm1", "kvm2")}
    kept = Arrangement(fleet)
    before = kept.page(Query(), NOW).version
    fleet.known["kvm1"] = host_row("kvm1", cpu=0.9)
    kept.note(["kvm1"])
    assert kept.page(Query(), NOW).version == before, "another figure moves nothing"
    fleet.known["kvm2"] = host_row("kvm2", state=S.FAILED)
    kept.note(["kvm2"])
    assert kept.page(Query(), NOW).version != before
    assert keys(kept) == [group_key(None), host_key("kvm2"), host_key("kvm1")]


def keys(kept: Arrangement, query: Query | None = None) -> list[str]:
    page = kept.page(query or Query(), NOW)
    return [line.key for line in page.lines[page.pinned :]]


def test_news_that_come_before_anybody_looks_count_together() -> None:
    fleet = Fleet()
    fleet.known = {host: host_row(host) for host in ("kvm1", "kvm2", "kvm3")}
    kept = Arrangement(fleet)
    kept.page(Query(), NOW)
    for host in ("kvm3", "kvm2"):
        fleet.known[host] = host_row(host, state=S.FAILED)
        kept.note([host])
    assert keys(kept) == [group_key(None), host_key("kvm2"), host_key("kvm3"), host_key("kvm1")]


def test_a_group_whose_last_host_passes_the_filter_no_more_has_no_line() -> None:
    fleet = Fleet()
    fleet.known = {"kvm1": host_row("kvm1", tags=("rack1",), state=S.FAILED), "kvm2": host_row("kvm2", state=S.FAILED)}
    kept = Arrangement(fleet, "state:failed")
    filtered = Query("state:failed")
    assert len(keys(kept, filtered)) == 4
    fleet.known["kvm1"] = host_row("kvm1", tags=("rack1",))
    kept.note(["kvm1"])
    assert keys(kept, filtered) == [group_key(None), host_key("kvm2")]
    assert kept.place(group_key("rack1"), filtered) is None


def test_the_only_host_of_a_group_stays_where_its_state_moves_it_nowhere() -> None:
    fleet = Fleet()
    fleet.known = {"kvm1": host_row("kvm1", state=S.DISCONNECTED)}
    for sort in (Sort.NAME, Sort.TROUBLE):
        kept = Arrangement(fleet, sort=sort)
        query = Query(sort=sort)
        for state in (S.DISCONNECTED, S.CONNECTED, S.DISCONNECTED):
            fleet.known["kvm1"] = host_row("kvm1", state=state)
            kept.note(["kvm1"])
            assert keys(kept, query) == [group_key(None), host_key("kvm1")]
            assert kept.hosts() == ("kvm1",)


def test_no_version_comes_twice_whatever_was_made_anew() -> None:
    fleet = Fleet()
    fleet.known = {host: host_row(host) for host in ("kvm1", "kvm2")}
    kept = Arrangement(fleet)
    before = kept.page(Query(), NOW).version
    del fleet.known["kvm1"]
    kept.note(None)
    after = kept.page(Query(), NOW).version
    assert after != before
    assert Arrangement(fleet).page(Query(), NOW).version not in (before, after), (
        "another one took the place of the first"
    )


def test_ten_thousand_causes_cost_no_more_each_than_a_thousand() -> None:
    def spent(hosts: int) -> float:
        fleet = Fleet()
        fleet.known = {f"kvm{number}": host_row(f"kvm{number}") for number in range(hosts)}
        kept = Arrangement(fleet)
        kept.page(Query(), NOW)
        for round_ in range(2):
            for number, host in enumerate(fleet.known):
                fleet.known[host] = host_row(host, state=S.FAILED, cause=f"refused {round_} by {number}")
            kept.note(fleet.known.keys())
            began = time.process_time()
            kept.page(Query(), NOW)
            took = time.process_time() - began
        return took

    assert min(spent(8000) for _ in range(2)) < 20 * min(spent(1000) for _ in range(4))


def test_the_folded_group_tells_its_most_frequent_cause() -> None:
    fleet = Fleet()
    down = {"state": S.FAILED, "trouble": TROUBLES[1]}
    fleet.known = {host: host_row(host, cause="refused", **down) for host in ("kvm1", "kvm2", "kvm3")}
    fleet.known["kvm9"] = host_row("kvm9", state=S.FAILED, cause="gone")
    kept = Arrangement(fleet)
    query = Query(folded=frozenset({"group ", "trouble"}))

    def cause() -> tuple[int, str]:
        _, line = kept.page(query, NOW).lines
        assert isinstance(line, GroupLine) and line.cause is not None
        return line.cause.number, brief_of(line.cause)

    assert cause() == (3, "key unknown")
    for host in ("kvm1", "kvm2"):
        fleet.known[host] = host_row(host, state=S.FAILED, cause="gone")
    kept.note(["kvm1", "kvm2"])
    assert cause() == (3, "gone")


REVOKED = HostKeyRejected("x", known=True).trouble
UNKNOWN, PASSWORD = TROUBLES[1:]


def test_the_most_dangerous_cause_is_told_first_and_each_remedy_has_one_host() -> None:
    fleet = Fleet()
    for host, trouble in (
        ("kvm1", PASSWORD),
        ("kvm2", UNKNOWN),
        ("kvm3", UNKNOWN),
        ("kvm4", REVOKED),
        ("kvm0", PASSWORD),
    ):
        fleet.known[host] = host_row(host, state=S.FAILED, cause="x", trouble=trouble)
    tally = Tally(fleet)
    assert [each.host_id for each in tally.waiting()] == ["kvm4", "kvm2", "kvm3", "kvm0", "kvm1"]
    assert [each.host_id for each in tally.summary().calls] == ["kvm2", "kvm0"], "nobody can answer for a revoked key"
    fleet.known["kvm2"] = host_row("kvm2")
    tally.note(["kvm2"])
    assert [each.host_id for each in tally.summary().calls] == ["kvm3", "kvm0"]


def test_a_summary_names_the_worst_hosts_and_none_that_is_well_again() -> None:
    fleet = Fleet()
    for number in range(9):
        state = (S.CONNECTED, S.RECONNECTING, S.FAILED)[number % 3]
        fleet.known[f"kvm{number}"] = host_row(f"kvm{number}", state=state)
    tally = Tally(fleet)
    assert [row.id for row in tally.summary().worst] == ["kvm2", "kvm5", "kvm8", "kvm1", "kvm4"]
    for host in ("kvm2", "kvm1"):
        fleet.known[host] = host_row(host)
        tally.note([host])
    assert [row.id for row in tally.summary().worst] == ["kvm5", "kvm8", "kvm4", "kvm7"]


@pytest.mark.parametrize("number", [1, 2, 10, 11, 12, 30])
def test_nine_ids_of_ten_have_room_in_the_usual_width(number: int) -> None:
    fleet = Fleet()
    fleet.known = {name: host_row(name) for name in (f"k{'x' * at}" for at in range(number))}
    page = Arrangement(fleet).page(Query(), NOW)
    lengths = sorted(map(len, fleet.known))
    assert page.longest == lengths[-1]
    assert page.usual == (lengths[-1 - -(-number // 10)] if number > 1 else lengths[-1])
