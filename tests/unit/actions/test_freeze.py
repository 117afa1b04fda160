"""What a freeze holds back, for how long, and what does not hold it back."""

from __future__ import annotations

import contextlib
import time
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from atp_tui.actions.action import Invocation
from atp_tui.actions.freeze import FARTHEST, moment_of, reason_of
from atp_tui.actions.held import held_by, in_sets, named_now
from atp_tui.actions.policy import Facts, Policy
from atp_tui.actions.registry import ACTIONS, find
from atp_tui.model.errors import ActionFailed, ConfigError, ReadOnly
from atp_tui.model.freeze import ALL, Freeze, Frozen
from atp_tui.model.host import HostInfo
from atp_tui.model.sets import NamedSet
from atp_tui.model.target import on_hosts

HOSTS = (
    HostInfo("kvm01", "192.0.2.1", tags=("prod",)),
    HostInfo("kvm02", "192.0.2.2", tags=("prod", "rack1")),
    HostInfo("kvm03", "192.0.2.3"),
)
NOON = datetime(2026, 12, 1, 12, 0, tzinfo=UTC).timestamp()


def freeze(words: str, *hosts: str, who: str = "ada") -> Freeze:
    return Freeze(words, hosts, NOON, "the release", who, NOON - 9)


def frozen(*freezes: Freeze, unreadable: str = "") -> Facts:
    return Facts(held=held_by(Frozen(freezes), HOSTS), unreadable=unreadable)


def invocation(name: str, *hosts: str) -> Invocation:
    return Invocation(name, on_hosts(*hosts), {"set": ALL} if name == "thaw" else {}, "bob")


@pytest.mark.parametrize("action", ACTIONS, ids=lambda action: str(action.name))
def test_a_freeze_of_the_fleet_and_one_that_cannot_be_read_hold_back_all_that_changes_something(action: object) -> None:
    act = find(str(action.name))  # type: ignore[attr-defined]
    asked = invocation(act.name, *("kvm03",) * act.needs_hosts)
    held = act.changes and act.name not in ("freeze", "thaw")
    for facts, why in ((frozen(freeze(ALL)), "ada has frozen the whole fleet"), (frozen(unreadable="torn"), "torn")):
        if held:
            with pytest.raises(ReadOnly, match=why):
                Policy(asks=True).allow(act, asked, facts)
        else:
            Policy(asks=True).allow(act, asked, facts)


def test_a_freeze_of_a_set_holds_back_what_is_about_its_hosts_and_names_them() -> None:
    facts = frozen(freeze("@prod"))
    for name in ("run", "tag-host", "trust-key"):
        with pytest.raises(ReadOnly, match=r"ada has frozen kvm0[1-2].*\(set @prod\): the release") as caught:
            Policy().allow(find(name), invocation(name, "kvm01", "kvm03"), facts)
        assert "kvm03" not in str(caught.value)
        Policy().allow(find(name), invocation(name, "kvm03"), facts)
    Policy().allow(find("add-host"), invocation("add-host"), facts)


def test_hosts_stay_frozen_that_left_the_set_and_are_frozen_that_came_to_it() -> None:
    (held,) = held_by(Frozen((freeze("@prod,kvm09,gone[1-2]", "kvm03", "kvm09"),)), HOSTS)
    assert held.hosts == {"kvm01", "kvm02", "kvm03", "kvm09"}, "kvm03 was in it when it was frozen"
    (held,) = held_by(Frozen((freeze("kvm[01,03]"),)), HOSTS)
    assert held.hosts == {"kvm01", "kvm03"}, "a comma in brackets parts nothing"


@pytest.mark.parametrize("words", ["@prod&@rack1", "@all!kvm01", "cpu>80", "@nosuch", "kvm09", "", "kvm[01"])
def test_a_set_that_takes_away_is_unknown_or_hangs_on_what_hosts_do_is_not_frozen(words: str) -> None:
    with pytest.raises(ConfigError):
        named_now(words, HOSTS)


SETS = (NamedSet("edge", "@prod&!kvm01"), NamedSet("north", "site:north,@gone"), NamedSet("busy", "@edge&cpu>80"))


def test_a_named_set_is_frozen_as_it_is_and_as_it_was() -> None:
    assert named_now("@edge,kvm03", HOSTS, SETS) == ("kvm02", "kvm03")
    (held,) = held_by(Frozen((freeze("@edge", "kvm01"),)), HOSTS, SETS)
    assert held.hosts == {"kvm01", "kvm02"}, "kvm01 was in it when it was frozen"
    (held,) = held_by(Frozen((freeze("@edge", "kvm01"),)), HOSTS)
    assert held.hosts == {"kvm01"}, "the file has the set no more"
    sited = (*HOSTS, HostInfo("kvm04", "192.0.2.4", metadata={"site": "north"}))
    (held,) = held_by(Frozen((freeze("@north,kvm03"),)), sited, SETS)
    assert held.hosts == {"kvm03", "kvm04"}, "a name that stands for nothing adds none"


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ("@busy", "cannot hang on cpu>80 of the set @busy"),
        ("kvm01,state:failed", "cannot hang on state:failed"),
        ("@last.failed", "cannot hang on @last.failed"),
        ("@north", "in the set @north: no such"),
        ("@prod!kvm01", "takes hosts out of others"),
    ],
)
def test_a_set_that_hangs_on_the_moment_is_not_frozen(words: str, said: str) -> None:
    hosts = (*HOSTS, HostInfo("kvm04", "192.0.2.4", metadata={"site": "north"}))
    with pytest.raises(ConfigError, match=said):
        named_now(words, hosts, SETS)


def test_hosts_are_in_the_sets_that_guard_names_and_all_in_one_that_cannot_be_read() -> None:
    sets = (*SETS, NamedSet("torn", "kvm01,,kvm02"))
    assert in_sets(["edge", "prod", "edge"], HOSTS, sets) == {"kvm02": ("edge",)}
    assert in_sets(["torn", "edge"], HOSTS, sets) == {
        "kvm01": ("torn",), "kvm02": ("torn", "edge"), "kvm03": ("torn",),
    }  # fmt: skip
    assert in_sets(["prod"], HOSTS, sets) == {}


def test_the_freeze_of_another_person_is_thawed_with_a_word_and_a_person_s_own_without() -> None:
    policy, thaw = Policy(asks=True), find("thaw")
    wanted = policy.wants(thaw, invocation("thaw"), frozen(freeze(ALL)))
    assert wanted is not None and not wanted.typed
    assert [str(why).startswith("ada has frozen @all on ") for why in wanted.reasons] == [True]
    assert policy.wants(thaw, invocation("thaw"), frozen(freeze(ALL, who="bob"))) is None
    assert policy.wants(thaw, invocation("thaw"), frozen(freeze("@prod"))) is None, "another set"


@pytest.mark.parametrize(
    ("words", "at"),
    [
        ("2026-12-01T12:00Z", NOON),
        ("2026-12-01T12:00:00+00:00", NOON),
        ("2026-12-01T14:00+02:00", NOON),
        ("2026-12-01 13:00+0100", NOON),
    ],
)
def test_a_moment_with_its_zone_is_that_instant(words: str, at: float) -> None:
    assert moment_of(words, NOON - 1) == at


def test_a_moment_without_a_zone_is_of_this_machine_and_the_later_one_where_it_comes_twice(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("TZ", "Europe/Berlin")
    time.tzset()
    try:
        assert moment_of("2026-12-01T13:00", NOON - 1) == NOON
        twice = datetime(2026, 10, 25, 1, 30, tzinfo=UTC).timestamp()  # 02:30 CET, an hour after 02:30 CEST
        assert moment_of("2026-10-25T02:30", twice - 9_000) == twice
    finally:
        monkeypatch.undo()
        time.tzset()


@pytest.mark.parametrize(
    "words",
    ["", "tomorrow", "2026-12-01", "12:00", "2026-12-01T11:59Z", "2026-13-01T12:00", "2026-12-01T25:00",
     "2062-12-01T12:00", "2026-12-01T12:00 Z", "٢٠٢٦-12-01T12:00", "9999-12-31T23:59-14:00"],
)  # fmt: skip
def test_what_is_no_moment_to_come_is_refused(words: str) -> None:
    with pytest.raises(ActionFailed, match="freeze cannot be done so"):
        moment_of(words, NOON)


@given(st.text(max_size=30), st.integers(0, 2**40))
def test_whatever_is_written_is_refused_or_a_moment_within_a_year(words: str, now: int) -> None:
    with contextlib.suppress(ActionFailed):
        assert now < moment_of(words, now) <= now + FARTHEST


def test_a_reason_is_one_line() -> None:
    assert reason_of("  the release ") == "the release"
    for wrong in ("", " ", "a\nb", "\x1b[2J", "x" * 201):
        with pytest.raises(ActionFailed, match="the reason is to be one line"):
            reason_of(wrong)
