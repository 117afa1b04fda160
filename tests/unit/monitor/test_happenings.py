"""The log of what has happened: what it notes of the fleet's events, how much it keeps, and its pages."""

from __future__ import annotations

import copy
import pickle
import time
from dataclasses import replace

import pytest

from atp_tui.model.causes import Cause, Remedy, Trouble
from atp_tui.model.connection import ConnectionState, HostStatus, Standing
from atp_tui.model.errors import HostUnknown
from atp_tui.model.events import (
    ConfigReloaded,
    Event,
    EventsLost,
    HostAdded,
    HostChanged,
    HostNoted,
    HostRemoved,
    HostSampled,
    HostUpdated,
    SampleFailed,
)
from atp_tui.model.host import HostInfo
from atp_tui.model.message import text, told
from atp_tui.model.node import DomainReading, DomainState, NodeReading, Oddity
from atp_tui.model.problem import Problem
from atp_tui.model.reload import Reload
from atp_tui.model.say import Say
from atp_tui.model.settings import SshSettings
from atp_tui.monitor.fleet import FleetView
from atp_tui.monitor.happening import (
    AnsweredAgain,
    DayLine,
    DomainMoved,
    FellSilent,
    FileRead,
    Gathered,
    GatheredLine,
    Happening,
    HappeningKind,
    HappeningLine,
    HappeningPage,
    HappeningQuery,
    HostMove,
    HostMoved,
    NewsLost,
    Noted,
    StateMoved,
    What,
)
from atp_tui.monitor.happenings import Happenings

S, D = ConnectionState, DomainState
NOON = time.mktime((2026, 11, 28, 12, 0, 0, 0, 0, -1))
NODE = NodeReading("kvm", "QEMU", 9_000_000, 9_000_000, 4, 1 << 20, 1 << 19, 1, 1)
KEY_CHANGED = Trouble(Cause.KEY_CHANGED, "", Remedy.TRUST_KEY, "ssh")
LOST = Trouble(Cause.LOST, "", Remedy.RETRY, "virt")


class Fleet:
    """Some hosts, whose events go to a view and to the log as the follower brings them."""

    def __init__(self, *hosts: HostInfo, most: int = 5_000) -> None:
        self.infos = {host.id: host for host in hosts}
        self.statuses: dict[str, HostStatus] = {}
        self.now = NOON
        self.view = FleetView(self, interval=2.0)
        self.log = Happenings(self, self.view, most)

    def list_hosts(self) -> tuple[HostInfo, ...]:
        return tuple(self.infos.values())

    def host_state(self, host_id: str) -> HostStatus:
        if host_id not in self.infos:
            raise HostUnknown(f"no host {host_id}", host=host_id)
        return self.statuses.get(host_id) or HostStatus(Standing(S.DISCONNECTED, None, 0.0, 0, None, True), host_id)

    def hear(self, *news: Event) -> None:
        for event in news:
            self.view.apply(event)
            self.log.hear(event)

    def pass_time(self, seconds: float) -> None:
        self.now += seconds
        self.log.look(self.view.grow_old(self.now), self.now)

    def move(
        self,
        host: str,
        state: ConnectionState,
        trouble: Trouble | None = None,
        attempt: int = 0,
        jump: str | None = None,
    ) -> None:
        why = text(trouble.cause) if trouble is not None else None
        status = HostStatus(Standing(state, why, self.now, attempt, None, True, trouble), host, jump=jump)
        self.statuses[host] = status
        self.hear(HostChanged(self.now, status))

    def sample(self, host: str, *domains: DomainReading, odd: Oddity | None = None) -> None:
        self.hear(HostSampled(self.now, host, NODE, domains, 0.001, 1.0, 0.0, None, odd))

    def page(self, filter: str = "", **more: object) -> HappeningPage:
        return self.log.page(HappeningQuery(filter, **more), self.now)  # type: ignore[arg-type]

    def told(self, filter: str = "", **more: object) -> list[What]:
        """What happened, oldest first."""
        page = self.page(filter, newest_first=False, count=1000, **more)
        return [line.happening.what for line in page.lines if isinstance(line, HappeningLine)]


def hosts(count: int, jump: str | None = None) -> list[HostInfo]:
    ssh = SshSettings(proxy_jump=jump) if jump else SshSettings()
    return [HostInfo(f"kvm{n:02}", f"192.0.2.{n}", tags=("rack1",), ssh=ssh) for n in range(1, count + 1)]


def domain(name: str, state: DomainState, reason: str | None = None) -> DomainReading:
    return DomainReading(name, f"uuid-{name}", state, 1, 1 << 20, 1 << 20, 1, 0, 0, reason)


@pytest.fixture
def fleet() -> Fleet:
    return Fleet(*hosts(3))


def test_a_change_of_state_is_told_with_its_cause_and_how_long_it_was_otherwise(fleet: Fleet) -> None:
    fleet.move("kvm01", S.CONNECTING)
    fleet.move("kvm01", S.CONNECTED)
    fleet.now += 90
    fleet.move("kvm01", S.RECONNECTING, LOST, attempt=1)
    fleet.now += 8
    fleet.move("kvm01", S.RECONNECTING, LOST, attempt=2)
    fleet.move("kvm01", S.CONNECTED)
    assert fleet.told() == [
        StateMoved(None, S.CONNECTED, None, None, 0, None),
        StateMoved(S.CONNECTED, S.RECONNECTING, text("connection lost"), LOST, 1, 90.0),
        StateMoved(S.RECONNECTING, S.CONNECTED, None, None, 0, 8.0),
    ]


def test_attempts_in_vain_are_no_news(fleet: Fleet) -> None:
    fleet.move("kvm01", S.FAILED, LOST)
    for _ in range(5):
        fleet.move("kvm01", S.CONNECTING)
        fleet.move("kvm01", S.FAILED, LOST)
    assert len(fleet.told()) == 1


def test_a_refusal_is_told_once_and_has_a_kind_of_its_own(fleet: Fleet) -> None:
    fleet.move("kvm01", S.FAILED, LOST)
    fleet.move("kvm01", S.FAILED, KEY_CHANGED)
    fleet.move("kvm01", S.CONNECTING)
    fleet.move("kvm01", S.FAILED, KEY_CHANGED)
    (refused,) = fleet.told("kind:refusal")
    assert isinstance(refused, StateMoved) and refused.trouble == KEY_CHANGED
    assert len(fleet.told()) == 2


def test_silence_and_its_end_are_told(fleet: Fleet) -> None:
    fleet.move("kvm01", S.CONNECTED)
    fleet.sample("kvm01")
    fleet.pass_time(5)
    fleet.pass_time(1)
    fleet.sample("kvm01")
    assert fleet.told("kind:silence") == [FellSilent(NOON), AnsweredAgain(6.0)]


def test_an_answer_that_is_an_error_ends_the_silence_and_a_lost_connection_has_its_own_line(fleet: Fleet) -> None:
    for host in ("kvm01", "kvm02"):
        fleet.move(host, S.CONNECTED)
        fleet.sample(host)
    fleet.pass_time(5)
    fleet.hear(SampleFailed(fleet.now, "kvm01", text("no support"), True, 1.0, 1.0))
    fleet.move("kvm02", S.RECONNECTING, LOST)
    fleet.move("kvm02", S.CONNECTED)
    assert fleet.told("kind:silence host:kvm01") == [FellSilent(NOON), AnsweredAgain(5.0)]
    assert fleet.told("kind:silence host:kvm02") == [FellSilent(NOON)]


def test_the_life_of_domains_is_told_by_two_samples(fleet: Fleet) -> None:
    fleet.sample("kvm01", domain("web", D.RUNNING), domain("db", D.RUNNING))
    fleet.sample("kvm01", domain("web", D.SHUTOFF, "crashed"), domain("db", D.RUNNING))
    fleet.sample("kvm01", domain("web", D.RUNNING, "booted"), domain("new", D.PAUSED, "migration"))
    assert fleet.told("kind:vm") == [
        DomainMoved("web", "uuid-web", D.RUNNING, D.SHUTOFF, "crashed"),
        DomainMoved("web", "uuid-web", D.SHUTOFF, D.RUNNING, "booted"),
        DomainMoved("new", "uuid-new", None, D.PAUSED, "migration"),
        DomainMoved("db", "uuid-db", D.RUNNING, None, None),
    ]


def test_the_first_sample_and_an_outage_make_no_domain_appear(fleet: Fleet) -> None:
    fleet.sample("kvm01", domain("web", D.RUNNING))
    fleet.move("kvm01", S.FAILED, LOST)
    fleet.hear(HostSampled(fleet.now, "kvm01", None, (), 0.1, 1.0, 0.0))
    fleet.move("kvm01", S.CONNECTED)
    fleet.sample("kvm01", domain("web", D.RUNNING))
    assert fleet.told("kind:vm") == []


def test_a_domain_whose_figures_are_nonsense_has_not_vanished(fleet: Fleet) -> None:
    fleet.sample("kvm01", domain("web", D.RUNNING), domain("db", D.RUNNING))
    fleet.sample("kvm01", domain("web", D.PAUSED), odd=Oddity(1, "state.state is a text"))
    fleet.sample("kvm01", domain("web", D.PAUSED))
    told = fleet.told("kind:vm")
    assert [(each.name, each.after) for each in told if isinstance(each, DomainMoved)] == [
        ("web", D.PAUSED),
        ("db", None),
    ]


def test_hosts_that_come_go_and_change_are_told_with_their_tags(fleet: Fleet) -> None:
    fleet.infos["new"] = new = HostInfo("new", "new.example.org", tags=("lab",))
    fleet.hear(HostAdded(fleet.now, new), HostUpdated(fleet.now, replace(new, tags=("lab", "old"))))
    del fleet.infos["new"]
    fleet.hear(HostRemoved(fleet.now, "new"), HostRemoved(fleet.now, "nowhere"))
    assert fleet.told("tag:lab") == [HostMoved(move) for move in (HostMove.ADDED, HostMove.CHANGED, HostMove.REMOVED)]
    assert len(fleet.told("tag:old")) == 2, "a host that has gone is found by the tags that it had"


def test_a_host_that_is_disabled_or_enabled_has_neither_gone_nor_come(fleet: Fleet) -> None:
    info, there = fleet.infos["kvm01"], len(fleet.told())
    status = HostStatus(Standing(S.DISABLED, None, fleet.now, 0, None, False), "kvm01")
    for fleet.statuses["kvm01"] in (status, replace(status, standing=replace(status.standing, state=S.CONNECTING))):
        fleet.hear(HostRemoved(fleet.now, "kvm01"), HostAdded(fleet.now, info))
    assert fleet.told()[there:] == [HostMoved(HostMove.DISABLED), HostMoved(HostMove.ENABLED)]


def test_after_lost_events_what_differs_is_told(fleet: Fleet) -> None:
    fleet.move("kvm01", S.CONNECTED)
    standing = Standing(S.FAILED, text("gone"), fleet.now, 3, None, True, LOST)
    fleet.statuses["kvm01"] = HostStatus(standing, "kvm01")
    del fleet.infos["kvm03"]
    fleet.infos["kvm04"] = HostInfo("kvm04", "192.0.2.4")
    fleet.hear(EventsLost(fleet.now, 17))
    lost, *others = fleet.told()[1:]
    assert lost == NewsLost(17)
    assert HostMoved(HostMove.REMOVED) in others and HostMoved(HostMove.ADDED) in others
    assert any(isinstance(each, StateMoved) and each.after is S.FAILED for each in others)


def test_a_file_of_hosts_that_was_changed_is_told(fleet: Fleet) -> None:
    fine, wrong = Reload(1, added=2), Reload(2, problem=Problem(text("no value"), hint="write one"))
    fleet.hear(ConfigReloaded(fleet.now, fine), ConfigReloaded(fleet.now, wrong))
    assert fleet.told("kind:file") == [FileRead(fine), FileRead(wrong)]
    assert fleet.told("value") == [FileRead(wrong)]


def test_what_a_person_should_know_of_a_host_is_told_of_that_host(fleet: Fleet) -> None:
    ends = told(Say.CERTIFICATE_ENDS, file="/home/me/key-cert.pub", at="16:00")
    fleet.hear(HostNoted(fleet.now, "kvm01", ends))
    assert fleet.told("kind:note") == fleet.told("key-cert.pub") == [Noted(ends)]
    assert fleet.told("host:kvm02 kind:note") == []


@pytest.mark.parametrize("whose", ["hosts.toml", "ssh_config"])
def test_many_hosts_behind_one_jump_host_are_one_line_that_unfolds(whose: str) -> None:
    found = "jump-2:22" if whose == "ssh_config" else None
    fleet = Fleet(*hosts(41, jump=None if found else "jump-2"))
    for host in fleet.infos:
        fleet.now += 0.01
        fleet.move(host, S.RECONNECTING, LOST, jump=found)
        known = fleet.view.look(host)
        assert known is not None and known.jump == "jump-2"
    page = fleet.page()
    (line,) = page.lines
    assert isinstance(line, GatheredLine) and (line.count, len(line.hosts)) == (41, 41)
    assert line.last.place == "behind jump-2" and line.why is Gathered.SHARED
    unfolded = fleet.page(unfolded=frozenset({line.key}), find="event 1")
    assert unfolded.total == 42 and unfolded.place == 41, "the newest stands first, below the line of all"
    assert all(isinstance(each, HappeningLine) and each.inside for each in unfolded.lines[1:])
    assert fleet.page(find="event 1").place == 0, "folded, it is found at the line of all"
    (alone,) = fleet.page("host:kvm07").lines
    assert isinstance(alone, HappeningLine) and not alone.inside


def test_hosts_without_a_jump_host_share_their_subnet() -> None:
    fleet = Fleet(*hosts(3), *(HostInfo(f"b{n}", f"198.51.100.{n}") for n in range(3)))
    for host in fleet.infos:
        fleet.move(host, S.FAILED, LOST)
    places = {line.last.place for line in fleet.page().lines if isinstance(line, GatheredLine)}
    assert places == {"192.0.2.0/24", "198.51.100.0/24"}


def test_so_many_are_kept_and_the_rest_is_counted() -> None:
    fleet = Fleet(*hosts(1), most=50)
    for number in range(120):
        fleet.now += 90
        fleet.move("kvm01", S.CONNECTED if number % 2 else S.FAILED)
    page = fleet.page(count=1000)
    events = [line for line in page.lines if isinstance(line, HappeningLine)]
    assert (page.kept, page.dropped, page.newest, len(events)) == (50, 70, 120, 50)
    assert events[0].happening.number == 120
    assert len(fleet.told(host="kvm01")) == 50


def test_pages_are_cut_from_one_list_in_either_order(fleet: Fleet) -> None:
    for number in range(150):
        fleet.now += 20
        fleet.hear(EventsLost(fleet.now, number))
    for newest_first in (True, False):
        whole = fleet.page(newest_first=newest_first, count=1000).lines
        cut = [fleet.page(newest_first=newest_first, first=n, count=64) for n in (0, 64, 128)]
        assert [line for page in cut for line in page.lines] == list(whole)
        numbers = [line.happening.number for line in whole if isinstance(line, HappeningLine)]
        assert numbers == sorted(numbers, reverse=newest_first)
    assert fleet.page(first=1000).lines == ()


def test_later_ones_are_counted_from_a_number_on(fleet: Fleet) -> None:
    fleet.move("kvm01", S.CONNECTED)
    seen = fleet.page().newest
    assert fleet.page(since=seen).newer == 0
    fleet.move("kvm01", S.FAILED, LOST)
    fleet.move("kvm02", S.FAILED, LOST)
    assert fleet.page(since=seen).newer == 2
    assert fleet.page("host:kvm02", since=seen).newer == 1


def test_a_line_says_where_another_day_begins(fleet: Fleet) -> None:
    fleet.move("kvm01", S.CONNECTED)
    fleet.now += 86_400
    fleet.move("kvm02", S.CONNECTED)
    newest_first = fleet.page().lines
    assert [type(line) for line in newest_first] == [HappeningLine, DayLine, HappeningLine]
    day = newest_first[1]
    assert isinstance(day, DayLine) and time.localtime(day.at)[:3] == (2026, 11, 28)
    assert [type(line) for line in fleet.page(newest_first=False).lines] == [
        DayLine,
        HappeningLine,
        DayLine,
        HappeningLine,
    ]
    fleet.now += 86_400
    assert isinstance(fleet.page().lines[0], DayLine), "nothing has happened today"


@pytest.mark.parametrize(
    ("filter", "found"),
    [
        ("kvm01", 1), ("kvm0", 2), ("!kvm01", 1), ("lost", 2), ("virt:", 0), ("tag:rack kvm02", 1), ("kind:state", 2),
        ("kind:vm", 0), ("host:kvm02 connection", 1), ("192.0.2.0/24", 2), ("KVM01", 1), ("id:kvm02", 1),
    ],
)  # fmt: skip
def test_the_filter_finds_by_host_tag_kind_and_word(fleet: Fleet, filter: str, found: int) -> None:
    fleet.move("kvm01", S.FAILED, LOST)
    fleet.move("kvm02", S.FAILED, LOST)
    assert len(fleet.told(filter)) == found


@pytest.mark.parametrize(
    ("filter", "column", "hint"),
    [("kind:wm", 1, "the kinds are"), ("kvm01 colour:red", 7, "host:, tag:, kind:"), ("a !", 3, "in front")],
)
def test_a_filter_that_nothing_could_pass_says_what_to_write(fleet: Fleet, filter: str, column: int, hint: str) -> None:
    fleet.move("kvm01", S.FAILED, LOST)
    page = fleet.page(filter)
    assert page.problem is not None and page.problem.column == column and hint in (page.problem.hint or "")
    assert page.lines == () and page.kept == 1


def test_what_is_told_is_plain_data(fleet: Fleet) -> None:
    fleet.move("kvm01", S.FAILED, KEY_CHANGED)
    fleet.sample("kvm01", domain("web", D.RUNNING))
    fleet.sample("kvm01")
    page = fleet.page()
    assert [line.happening.kind for line in page.lines if isinstance(line, HappeningLine)] == [
        HappeningKind.DOMAIN,
        HappeningKind.REFUSAL,
    ]
    assert copy.deepcopy(page) == page == pickle.loads(pickle.dumps(page))


def test_what_one_event_makes_go_wrong_costs_its_own_line(fleet: Fleet, caplog: pytest.LogCaptureFixture) -> None:
    unsayable = told(Say.NO_SUCH_HOST)  # without the parameter that its sentence needs
    broken = HostStatus(Standing(S.FAILED, unsayable, fleet.now, 1, None, True), "kvm01")
    fleet.hear(HostChanged(fleet.now, broken))
    fleet.sample("kvm02", DomainReading(*domain("web", D.RUNNING)[:1], [], D.RUNNING, 1, 1, 1, 1, 1, 1))  # type: ignore
    fleet.sample("kvm02", domain("web", D.RUNNING))
    assert "cannot be told" in caplog.text
    fleet.move("kvm01", S.CONNECTED)
    fleet.move("kvm02", S.CONNECTED)
    assert [each.after for each in fleet.told("kind:state") if isinstance(each, StateMoved)] == [S.CONNECTED] * 2
    fleet.sample("kvm02", domain("web", D.PAUSED))
    assert len(fleet.told("kind:vm")) == 1


def test_a_happening_knows_the_tags_of_its_moment(fleet: Fleet) -> None:
    fleet.move("kvm01", S.CONNECTED)
    line = fleet.page().lines[0]
    assert isinstance(line, HappeningLine)
    assert line.happening == Happening(
        1, NOON, HappeningKind.STATE, "kvm01", ("rack1",), "192.0.2.0/24",
        StateMoved(None, S.CONNECTED, None, None, 0, None),
    )  # fmt: skip
