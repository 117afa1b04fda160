"""What a person has to agree to, and what never passes. Pure."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from atp_tui.actions.action import Invocation
from atp_tui.actions.at_work import JobAtWork
from atp_tui.actions.policy import Agreement, Facts, Policy
from atp_tui.actions.registry import ACTIONS, find
from atp_tui.model.delivery import Delivery
from atp_tui.model.errors import ConfirmationWanted, ReadOnly
from atp_tui.model.guard import GuardSettings
from atp_tui.model.host import HostInfo
from atp_tui.model.say import Say
from atp_tui.model.target import on_hosts

LINES = ("uname -r", "reboot", "sudo rm -rf /etc; true")
NUMBERS = st.integers(0, 12)


@st.composite
def settings(draw: st.DrawFn) -> GuardSettings:
    low, high = sorted((draw(NUMBERS), draw(NUMBERS)))
    names = st.lists(st.sampled_from(["prod", "lab", "h1", "h2"]), max_size=2, unique=True).map(tuple)
    return GuardSettings((), draw(st.booleans()), draw(names), draw(names), low, high)


@st.composite
def facts(draw: st.DrawFn) -> Facts:
    tags = st.lists(st.sampled_from(["prod", "lab"]), max_size=2, unique=True).map(tuple)
    hosts = st.integers(0, 12).map("h{}".format)
    return Facts(draw(st.dictionaries(hosts, tags)), draw(st.dictionaries(hosts, st.integers(0, 9))))


def asked(number: int, line: str = "uname -r", action: str = "run", confirmed: int | None = None) -> Invocation:
    given = {"command": line} if action == "run" else {}
    return Invocation(action, on_hosts(*(f"h{each}" for each in range(number))), given, confirmed=confirmed)


def reasons(agreement: Agreement | None) -> list[Say]:
    return [] if agreement is None else [Say(why.id) for why in agreement.reasons]


@given(
    settings(), facts(), st.integers(1, 12), st.sampled_from(LINES), st.sampled_from([each.name for each in ACTIONS])
)
def test_the_laws_of_what_is_asked(guard: GuardSettings, known: Facts, number: int, line: str, name: str) -> None:
    action, invocation = find(name), asked(number, line, name)
    policy = Policy(asks=True, guard=guard)
    found = policy.wants(action, invocation, known)
    assert policy.wants(action, replace(invocation, confirmed=number), known) is None, "it was agreed to"
    assert replace(policy, asks=False).wants(action, invocation, known) is None, "nobody is there"
    if number > guard.count_above and name not in ("trust-key", "log-in"):
        assert found is not None and found.typed
    if found is None:
        assert number <= guard.preview_above or not action.changes
        policy.require_confirmation(action, invocation, known)
        return
    assert found.number == number and found.reasons
    assert not (found.typed and number == 1 and guard.count_above), (
        "a number is typed where there is something to count"
    )
    with pytest.raises(ConfirmationWanted):
        policy.require_confirmation(action, invocation, known)
    for wrong in (number - 1, number + 1):
        assert policy.wants(action, replace(invocation, confirmed=wrong), known) == found
    more = policy.wants(action, asked(number + 1, line, name), known)
    assert more is not None and more.typed >= found.typed, "with more hosts never less"


@given(settings(), facts(), st.integers(1, 12))
def test_hosts_that_may_only_be_watched_are_refused_whoever_agrees(
    guard: GuardSettings, known: Facts, number: int
) -> None:
    run = find("run")
    only = [host for host in asked(number).hosts if {host, *known.tags.get(host, ())} & set(guard.read_only)]
    for asks in (True, False):
        policy = Policy(asks=asks, guard=guard)
        invocation = asked(number, confirmed=number)
        if only:
            with pytest.raises(ReadOnly, match=r"read_only of \[guard\] in hosts.toml names (prod|lab|h1|h2)"):
                policy.allow(run, invocation, known)
        else:
            policy.allow(run, invocation, known)
        policy.allow(find("retry"), asked(number, action="retry"), known)
        policy.allow(find("tag-host"), asked(number, action="tag-host"), known)  # hosts.toml is no host


def limits(low: int, high: int, protected: Iterable[str] = ()) -> Policy:
    return Policy(asks=True, guard=GuardSettings(preview_above=low, count_above=high, protected=tuple(protected)))


PROD = Facts({f"h{each}": ("prod",) for each in range(3)}, {"h0": 4, "h1": 2})


@pytest.mark.parametrize(
    ("number", "line", "policy", "typed", "why"),
    [
        (5, "id", limits(5, 50), None, []),
        (6, "id", limits(5, 50), False, [Say.ASKS_MANY]),
        (51, "id", limits(5, 50), True, [Say.ASKS_MANY]),
        (1, "reboot", limits(5, 50), False, [Say.ASKS_DANGER]),
        (2, "reboot; halt", limits(5, 50), True, [Say.ASKS_DANGER, Say.ASKS_DANGER]),
        (1, "id", limits(5, 50, ["prod"]), False, [Say.ASKS_PROTECTED]),
        (2, "id", limits(5, 50, ["prod", "lab"]), True, [Say.ASKS_PROTECTED]),
        (6, "reboot", limits(5, 50, ["prod"]), True, [Say.ASKS_MANY, Say.ASKS_PROTECTED, Say.ASKS_DANGER]),
    ],
)
def test_how_and_why_a_person_is_asked(
    number: int, line: str, policy: Policy, typed: bool | None, why: list[Say]
) -> None:
    found = policy.wants(find("run"), asked(number, line), Facts(PROD.tags))
    assert (None if found is None else found.typed) is typed and reasons(found) == why


def test_the_reasons_name_what_they_are_about() -> None:
    found = limits(1, 50, ["prod"]).wants(find("run"), asked(4, "uptime; reboot"), PROD)
    assert found is not None and found.spans == ((8, 14),)
    assert [str(why) for why in found.reasons] == [
        "4 hosts are more than 1",
        "protected by the tag prod: h[0-2]",
        "on the list of dangers: reboot",
        "VMs that run there: 6, without those of hosts that have not said (2)",
    ]
    alone = limits(1, 50).wants(find("run"), asked(2, "id"), PROD)
    assert alone is not None and str(alone.reasons[-1]) == "VMs that run there: 6"
    with pytest.raises(ReadOnly, match=r"run changes something, and h\[0-2\] may only be watched"):
        Policy(guard=GuardSettings(read_only=("prod",))).allow(find("run"), asked(4), PROD)


def test_a_set_that_guard_names_is_as_a_tag_is() -> None:
    known = Facts(PROD.tags, sets={"h1": ("edge",), "h3": ("edge", "lab")})
    found = limits(9, 50, ["edge"]).wants(find("run"), asked(4), known)
    assert found is not None and found.typed
    assert [str(why) for why in found.reasons] == ["protected by the set @edge: h[1,3]"]
    with pytest.raises(ReadOnly, match=r"h3 may only be watched: read_only of \[guard\] in hosts.toml names lab"):
        Policy(guard=GuardSettings(read_only=("lab",))).allow(find("run"), asked(4), known)


def test_what_changes_no_host_is_asked_about_by_its_number_alone() -> None:
    policy = limits(1, 3, ["prod"])
    for name, number, why in (("retry", 3, []), ("retry", 4, [Say.ASKS_MANY]), ("tag-host", 2, [Say.ASKS_MANY])):
        assert reasons(policy.wants(find(name), asked(number, action=name), Facts(PROD.tags))) == why


def test_domains_on_their_way_are_named_where_a_person_is_asked_anyway() -> None:
    moving = Facts(under_way={"h1": tuple((f"web{each}", "migration") for each in range(7))})
    assert limits(5, 50).wants(find("run"), asked(2), moving) is None
    found = limits(1, 50).wants(find("run"), asked(2), moving)
    assert found is not None
    assert str(found.reasons[-1]) == (
        "VMs there that are on their way (7): h1/web0 (migration), h1/web1 (migration), h1/web2 (migration),"
        " h1/web3 (migration), h1/web4 (migration) and 2 more"
    )


def test_what_a_script_does_and_a_placeholder_comes_to_is_looked_at() -> None:
    policy, meant = limits(5, 50), asked(2, "{meta.todo} now")
    hosts = {
        f"h{n}": HostInfo(f"h{n}", f"192.0.2.{n}", metadata={"todo": each}) for n, each in enumerate(("id", "reboot"))
    }
    assert policy.wants(find("run"), meant) is None
    found = policy.wants(find("run"), meant, Facts(hosts=hosts))
    assert found is not None and [str(why) for why in found.reasons] == ["on the list of dangers: reboot"]
    found = policy.wants(find("run"), asked(2, "reboot {host}"), Facts(hosts=hosts))
    assert found is not None and [str(why) for why in found.reasons] == ["on the list of dangers: reboot"]
    script = replace(asked(1, "tidy.sh"), delivery=Delivery(script="tidy.sh", text="#!/bin/sh\ncd /\nrm -rf /\n"))
    found = policy.wants(find("run"), script)
    assert found is not None and found.spans == ()
    assert [str(why) for why in found.reasons] == ["on the list of dangers, in the script tidy.sh: rm -rf /"]


def at_work(*hosts: str, number: int | None = 17) -> JobAtWork:
    return JobAtWork(frozenset(hosts), "ada", 1e9, "apt-get upgrade", number)


def test_a_job_of_another_program_is_a_reason_and_one_of_this_program_is_told_beside_others() -> None:
    run, policy = find("run"), limits(5, 50)
    found = policy.wants(run, asked(3), Facts(jobs=(at_work("h0", "h2", "h9"),)))
    assert found is not None and not found.typed, "a yes is enough"
    (why,) = map(str, found.reasons)
    assert why.startswith("job 17 of ada in another program works on h[0,2] since 2001-09-09 ")
    assert why.endswith(": apt-get upgrade")
    assert policy.wants(run, asked(3), Facts(jobs=(at_work("h9"),))) is None
    assert policy.wants(find("retry"), asked(3, action="retry"), Facts(jobs=(at_work("h0"),))) is None
    assert policy.wants(run, asked(3), Facts(jobs=(at_work("h0", number=None),))) is None
    quiet = replace(policy, guard=replace(policy.guard, running_jobs=False))
    assert quiet.wants(run, asked(3), Facts(jobs=(at_work("h0"),))) is None
    both = Facts(jobs=(at_work("h0", number=None), *(at_work("h1", number=each) for each in range(5))))
    told = quiet.wants(run, asked(6), both)
    assert told is not None
    assert [Say(each.id) for each in told.reasons] == [
        Say.ASKS_MANY, *[Say.ASKS_JOB] * 3, Say.ASKS_MORE_JOBS, Say.ASKS_OWN_JOB,
    ]  # fmt: skip
