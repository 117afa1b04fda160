"""Hosts by how they ended in an earlier job, in the language of targets."""

from __future__ import annotations

import pytest

from atp_tui.executor.earlier import WAYS, Earlier, EarlierJob, names_in
from atp_tui.executor.kept import GROUPS
from atp_tui.executor.targets import Targets
from atp_tui.model.errors import ConfigError
from atp_tui.model.host import HostInfo
from atp_tui.model.outcome import Outcome

JOB = EarlierJob(
    17,
    (
        ("a", Outcome.OK, 0),
        ("b", Outcome.FAILED, 3),
        ("c", Outcome.UNREACHABLE, None),
        ("d", Outcome.TIMEOUT, None),
        ("e", Outcome.NOTRUN, None),
        ("f", Outcome.UNKNOWN, None),
        ("gone", Outcome.FAILED, 3),
        ("off", Outcome.OK, 0),
    ),
    frozenset({"c", "gone"}),
)
LAST = EarlierJob(18, (("a", Outcome.FAILED, 1), ("b", Outcome.OK, 0)))
EARLIER = Earlier({"17": JOB, "last": LAST}, newest=18)
HOSTS = [HostInfo(name, "192.0.2.1", tags=("t",)) for name in "abcdefg"]
FLEET = Targets(HOSTS, None, EARLIER)


@pytest.mark.parametrize(
    ("expression", "ids"),
    [
        ("@job.17", "abcdef"),
        ("@job.17.ok", "a"),
        ("@job.17.failed", "bcd"),
        ("@job.17.timeout", "d"),
        ("@job.17.unreachable", "c"),
        ("@job.17.notrun", "e"),
        ("@job.17.unknown", "f"),
        ("@job.17.exit=3", "b"),
        ("@job.17.waiting", "c"),
        ("@job.17.failed!@job.17.waiting", "bd"),
        ("@last.failed", "a"),
        ("@last", "ab"),
        ("@t!@job.17", "g"),
        ("@job.17.failed&b", "b"),
        ("@job.17.failed , @last", "abcd"),
        ("@job.17.failed^@last", "acd"),
        ("@t&!@job.17.failed", "aefg"),
    ],
)
def test_hosts_are_named_by_how_they_ended(expression: str, ids: str) -> None:
    assert FLEET.resolve(expression) == tuple(ids)


@pytest.mark.parametrize(
    ("expression", "column", "words"),
    [
        ("@t&@job.99.failed", 4, "there is no job 99; the newest is 18"),
        ("@job.17.faild", 1, "no host ends so: 'faild'; did you mean @job.17.failed"),
        ("a,@last.", 3, "no host ends so: ''; write @last.failed, ok,"),
        ("@job.17.exit=x", 1, "no host ends so: 'exit=x'"),
        ("@job.17.wating", 1, "no host ends so: 'wating'; did you mean @job.17.waiting"),
        ("@last.waiting", None, "no host is left by '@last.waiting'; no host ended so"),
        (
            "@job.17.cancelled",
            None,
            "no host is left by '@job.17.cancelled'; no host ended so, or hosts.toml",
        ),
    ],
)
def test_mistakes_are_told_at_their_column(expression: str, column: int | None, words: str) -> None:
    with pytest.raises(ConfigError) as caught:
        FLEET.resolve(expression)
    assert (caught.value.column, f"{caught.value.message}; {caught.value.hint}".startswith(words)) == (column, True), (
        str(caught.value)
    )


def test_a_tag_of_that_very_name_goes_before_the_job() -> None:
    hosts = [HostInfo("x", "192.0.2.1", tags=("last", "job.17.failed"))]
    targets = Targets([*HOSTS, *hosts], None, EARLIER)
    assert targets.resolve("@last") == targets.resolve("@job.17.failed") == ("x",)


def test_hosts_that_are_there_no_more_are_named() -> None:
    ids = {host.id for host in HOSTS}
    assert EARLIER.gone(["@job.17.failed,a", "@last"], ids) == ("gone",)
    assert EARLIER.gone(["@job.17"], ids) == ("gone", "off")
    assert EARLIER.gone(["@t"], ids) == ()


def test_without_a_log_it_is_said() -> None:
    with pytest.raises(ConfigError, match=r"there is no job yet.*no job is kept here"):
        Targets(HOSTS, None, Earlier(kept=False)).resolve("@last.failed")
    with pytest.raises(ConfigError, match=r"there is no job 3.*none is kept"):
        Targets(HOSTS, None, Earlier()).resolve("@job.3")


def test_the_jobs_to_read_are_found() -> None:
    assert names_in(["@job.17.failed,@last", "@rack1!@job.17", "@lastly,@job.x-y,kvm@last"]) == ("17", "last")
    assert names_in(["@job.", "@jobs.17"]) == ()


def test_each_way_that_completion_offers_is_one() -> None:
    for way in WAYS:
        assert EARLIER.hosts(f"@job.17.{way}{'3' * way.endswith('=')}") is not None


def test_every_outcome_is_in_a_group() -> None:
    assert frozenset(Outcome) == GROUPS["ok"] | GROUPS["failed"] | GROUPS["notrun"] | GROUPS["unknown"]
