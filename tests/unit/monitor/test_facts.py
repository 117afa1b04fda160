"""What is known of hosts, as the target language and the filter ask for it."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from atp_tui.executor.targets import Targets
from atp_tui.model.connection import ConnectionState
from atp_tui.model.errors import ConfigError
from atp_tui.model.fact import Fact
from atp_tui.model.host import HostInfo
from atp_tui.monitor.facts import HostFacts
from atp_tui.monitor.host_filter import filter_of
from atp_tui.monitor.needs import Needs

from ...ui.rows import NOW, host_row

ROWS = (
    host_row("web1", tags=("prod",), metadata=(("site", "north"), ("Rack", "1")), cpu=0.9, memory=0.8, rtt=0.001),
    host_row("web12", tags=("production",), metadata=(("site", "north-2"), ("Rack", "12")), cpu=0.2, running=0),
    host_row("db1", tags=("test",), metadata=(("owner", "ops@example.org"),), state=ConnectionState.FAILED, cpu=0.99),
    host_row("db2", silent_since=NOW - 9, sampled_at=NOW - 9, cpu=0.95),
    host_row("db3", cpu=None),
)


@pytest.mark.parametrize(
    ("text", "holds", "unknown"),
    [
        ("cpu>80", "web1", "db1 db2 db3"),
        ("cpu<=90%", "web1 web12", "db1 db2 db3"),
        ("mem>=80", "web1", "db1 db2"),
        ("rtt<1.1ms", "web1", "db1 db2"),
        ("vms>0", "web1 db3", "db1 db2"),
        ("CPU>80", "web1", "db1 db2 db3"),
        ("state:failed", "db1", ""),
        ("state:conn", "web1 web12 db3", ""),
        ("state:silent", "db2", ""),
        ("tag:prod", "web1", ""),
        ("tag:pro", "web1 web12", ""),
        ("id:db", "db1 db2 db3", ""),
        ("id:web1", "web1", ""),
        ("site:north", "web1", ""),
        ("site:nor", "web1 web12", ""),
        ("rack:1", "web1", ""),
        ("RACK:12", "web12", ""),
        ("owner:ops@example.org", "db1", ""),
    ],
)
def test_conditions(text: str, holds: str, unknown: str) -> None:
    assert HostFacts(ROWS).term(text) == Fact(frozenset(holds.split()), frozenset(unknown.split()))


@pytest.mark.parametrize(
    "text",
    ["web1", "kvm[01-03]", "root@web1", "web1:22", "qemu+ssh://web1/", "root:SECRET@web1", "tag:SECRET:x@y", "a1:b"],
)
def test_what_is_no_condition_is_left_to_the_names(text: str) -> None:
    assert HostFacts(ROWS).term(text) is None


@pytest.mark.parametrize(
    ("text", "said", "hint"),
    [
        ("site:noth", "no host has that site", "did you mean site:north or site:north-2?"),
        ("tag:prodd", "no host has that tag", "tag:prod"),
        ("id:www", "no host has that id", "id:db1"),
        ("sate:failed", "unknown field sate", "did you mean state?"),
        ("sites:north", "unknown field sites", "did you mean site?"),
        ("latency>5", "unknown field latency", "owner:, rack: and site: take a text"),
        ("state:fial", "no state begins with fial", "reconnecting"),
        ("state:", "state: wants a text", "write state:"),
        ("site:", "site: wants a text", "write site:north"),
        ("cpu>", "wants a number", "write cpu>80"),
        ("cpu>８０", "is no number", "write cpu>80"),
        ("cpu>80ms", "no unit of cpu", "write cpu>80%"),
        ("cpu:80", "is compared with", "write cpu>80"),
        ("root:SECRET", "unknown field root", "state:"),
        ("site:SECRET", "no host has that site", "site:north"),
    ],
)
def test_a_condition_that_no_host_can_fulfil_is_answered(text: str, said: str, hint: str) -> None:
    with pytest.raises(ConfigError) as caught:
        HostFacts(ROWS).term(text)
    assert said in caught.value.message
    assert hint in (caught.value.hint or "")
    assert "secret" not in str(caught.value).casefold()


def test_a_key_of_the_metadata_hides_no_word_of_the_language() -> None:
    rows = (host_row("a", metadata=(("state", "mine"), ("cpu", "amd"))),)
    assert HostFacts(rows).term("state:connected") == Fact(frozenset({"a"}))
    assert HostFacts(rows).term("cpu>1") == Fact(frozenset({"a"}))
    with pytest.raises(ConfigError, match="cpu is compared with"):
        HostFacts(rows).term("cpu:amd")


def test_hosts_that_were_not_asked_are_unknown_but_for_what_the_file_says() -> None:
    facts = HostFacts(ROWS, unasked={"web1", "db1"})
    needs = [facts.needs]
    assert facts.term("tag:prod") == Fact(frozenset({"web1"}))
    needs.append(facts.needs)
    assert facts.term("state:failed") == Fact(frozenset(), frozenset({"web1", "db1"}))
    needs.append(facts.needs)
    assert facts.term("mem<100") == Fact(frozenset({"web12", "db3"}), frozenset({"web1", "db1", "db2"}))
    needs.append(facts.needs)
    assert facts.term("cpu>10") == Fact(frozenset({"web12"}), frozenset({"web1", "db1", "db2", "db3"}))
    needs.append(facts.needs)
    assert needs == [Needs.NOTHING, Needs.NOTHING, Needs.STATE, Needs.SAMPLE, Needs.SAMPLES]


def test_the_target_language_takes_them() -> None:
    targets = Targets([HostInfo(row.id, row.address, tags=row.tags) for row in ROWS], HostFacts(ROWS))
    assert targets.resolve("id:web!site:north") == ("web12",)
    assert targets.resolve("@all!state:connected") == ("db1", "db2")
    assert targets.decide("@all!cpu>80").ids == ("web12",)
    with pytest.raises(ConfigError, match=r"did you mean state:silent\?"):
        targets.resolve("@all&silent")


FLEET = Targets([HostInfo(row.id, row.address, tags=row.tags) for row in ROWS], HostFacts(ROWS))
SIGNS = st.sampled_from(
    [*"@,!&^[]-*:<>=% .01x０＞", "cpu", "rtt", "state", "failed", "site", "tag", "prod", "web1", "80"]
)


@settings(max_examples=500, deadline=None)
@given(st.lists(SIGNS, max_size=12).map("".join) | st.text(max_size=30))
def test_any_text_is_a_set_of_hosts_or_a_message_with_a_hint_and_a_place(expression: str) -> None:
    try:
        found = FLEET.decide(expression)
    except ConfigError as error:
        assert error.hint
        assert error.column is None or 1 <= error.column <= max(1, len(expression))
        return
    assert not set(found.ids) & set(found.undecided)
    assert {*found.ids, *found.undecided} <= {row.id for row in ROWS}


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("site:north", "web1 web12"),
        ("rack:1 cpu>80", "web1"),
        ("rack: 12", "web12"),
        ("!site:north", "db1 db2 db3"),
        ("!cpu>80", "web12 db1 db2 db3"),
        ("owner:OPS@", "db1"),
    ],
)
def test_the_filter_takes_the_same_conditions(text: str, found: str) -> None:
    wanted = filter_of(text, ROWS)
    assert wanted is not None
    assert [row.id for row in ROWS if wanted(row)] == found.split()


@pytest.mark.parametrize(
    ("text", "column"),
    [("latency>5", 1), ("web  @rack1", 6), ("tag: prod cpu > x", 11), ("a !b c*", 6), ("site:x !", 8)],
)
def test_a_mistake_in_the_filter_has_its_column(text: str, column: int) -> None:
    with pytest.raises(ConfigError) as caught:
        filter_of(text, ROWS)
    assert (caught.value.column, caught.value.key) == (column, "filter")
