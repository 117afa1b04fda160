"""Conditions among the targets: their algebra with names, what is not known, and where a mistake stands."""

from __future__ import annotations

from collections.abc import Mapping

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from atp_tui.executor.certain import Certain
from atp_tui.executor.targets import Decided, Targets
from atp_tui.model.errors import ConfigError
from atp_tui.model.fact import Fact
from atp_tui.model.host import HostInfo

IDS = tuple(f"kvm{n:02}" for n in range(1, 9))
HOSTS = tuple(HostInfo(name, "192.0.2.1", tags=("prod", "rack1" if name < "kvm05" else "rack2")) for name in IDS)


class FixedFacts:
    """Conditions whose answers are written down."""

    def __init__(self, facts: Mapping[str, Fact]) -> None:
        self.facts = facts

    def term(self, text: str) -> Fact | None:
        if text.startswith("nosuch:"):
            raise ConfigError("unknown field nosuch", key="filter", hint="write state:")
        return self.facts.get(text)

    def near(self, name: str) -> str | None:
        return f"state:{name}" if f"state:{name}" in self.facts else None


FACTS = FixedFacts(
    {
        "state:failed": Fact(frozenset({"kvm02", "kvm06"})),
        "cpu>80": Fact(frozenset({"kvm01", "kvm05"}), frozenset({"kvm02", "kvm06"})),
        "site:north": Fact(frozenset(IDS[::2])),
    }
)
FLEET = Targets(HOSTS, FACTS)


@pytest.mark.parametrize(
    ("expression", "hosts"),
    [
        ("state:failed", "kvm02 kvm06"),
        ("@state:failed", "kvm02 kvm06"),
        ("@rack1&state:failed", "kvm02"),
        ("@rack1!state:failed", "kvm01 kvm03 kvm04"),
        ("@rack1,state:failed", "kvm01 kvm02 kvm03 kvm04 kvm06"),
        ("@rack1^state:failed", "kvm01 kvm03 kvm04 kvm06"),
        ("@rack1 & site:north", "kvm01 kvm03"),
        ("@rack1&!site:north", "kvm02 kvm04"),
        ("!site:north&@rack2", "kvm06 kvm08"),
        ("@!site:north!state:failed", "kvm04 kvm08"),
        ("kvm[01-02],kvm08&!state:failed", "kvm01 kvm08"),
        ("cpu>80", "kvm01 kvm05"),
        ("@rack1!cpu>80", "kvm03 kvm04"),
        ("kvm02,cpu>80", "kvm01 kvm02 kvm05"),
        ("@rack1^cpu>80", "kvm03 kvm04 kvm05"),
        ("!cpu>80", "kvm03 kvm04 kvm07 kvm08"),
        ("cpu>80&state:failed,kvm01", "kvm01"),
    ],
)
def test_conditions_stand_with_every_sign(expression: str, hosts: str) -> None:
    assert FLEET.resolve(expression) == tuple(hosts.split())


def test_a_host_of_which_it_is_not_known_is_told_and_left_out() -> None:
    assert FLEET.decide("@rack1&cpu>80") == Decided(("kvm01",), ("kvm02",))
    assert FLEET.decide("@rack1!cpu>80") == Decided(("kvm03", "kvm04"), ("kvm02",))
    assert FLEET.decide("kvm02,cpu>80").undecided == ("kvm06",), "its name is enough"
    with pytest.raises(ConfigError, match=r"no host is left by 'kvm02&cpu>80'; not known, and so left out: kvm02"):
        FLEET.resolve("kvm02&cpu>80")
    with pytest.raises(ConfigError, match="the conditions hold for none of these hosts now"):
        FLEET.resolve("kvm03&state:failed")


@pytest.mark.parametrize(
    ("expression", "column", "said"),
    [
        ("kvm01,kvm9", 7, "no such host: kvm9"),
        ("kvm01, @rak1", 8, "no such tag: @rak1"),
        ("@prod&kvm[04-01]", 11, "runs backwards"),
        ("kvm[01-02,5_6]", 11, "no range"),
        ("@rack1!nosuch:x", 8, "unknown field nosuch"),
        ("@rack1&&kvm01", 8, "a name is missing"),
        ("kvm01,", 6, "a name is missing"),
        ("kvm01,kvm[02", 10, "bracket"),
        ("kvm01,root@kvm02", 7, "a user"),
        ("kvm01,kvm０2", 10, "FULLWIDTH"),
        ("kvm01,kvm{2,3}", 10, "braces"),
        ("kvm[01 02]", 7, "a blank"),
        ("@prod&failed", 7, "no such host: failed"),
    ],
)
def test_a_mistake_has_its_column(expression: str, column: int, said: str) -> None:
    with pytest.raises(ConfigError) as caught:
        FLEET.resolve(expression)
    assert (caught.value.column, caught.value.key) == (column, "targets")
    assert said in caught.value.message
    assert caught.value.hint
    assert f"(column {column})" in str(caught.value)


def test_a_word_of_a_condition_alone_is_answered_with_the_condition() -> None:
    with pytest.raises(ConfigError, match=r"did you mean state:failed\?"):
        FLEET.resolve("failed")


def test_a_name_in_full_is_no_condition() -> None:
    odd = HostInfo("odd", "192.0.2.1", tags=("cpu>80",))
    assert Targets([odd], FACTS).resolve("@cpu>80") == ("odd",)


def test_a_thousand_names_and_as_many_conditions_are_one_set() -> None:
    hosts = [HostInfo(f"h{n:04}", "192.0.2.1") for n in range(1000)]
    facts = FixedFacts({"state:failed": Fact(frozenset({"h0001"}))})
    expression = ",".join([*(host.id for host in hosts), *["state:failed"] * 1000])
    assert len(Targets(hosts, facts).resolve(expression)) == 1000


NAMES = {"kvm[01-04]": IDS[:4], "@rack1": IDS[:4], "@rack2": IDS[4:], "kvm05": IDS[4:5], "kvm*": IDS, "@all": IDS}
SUBSETS = st.frozensets(st.sampled_from(IDS))
OPERATORS = st.sampled_from(",&!^")


@st.composite
def expressions(draw: st.DrawFn, facts: Mapping[str, object]) -> list[tuple[str, str]]:
    """(operator, operand) from left to right."""
    operand = st.sampled_from([*NAMES, *facts])
    return [(draw(OPERATORS), draw(operand)) for _ in range(draw(st.integers(1, 8)))]


def written(parts: list[tuple[str, str]]) -> str:
    return "".join(operator + operand for operator, operand in parts)[1:]


@settings(max_examples=200, deadline=None)
@given(st.data())
def test_the_algebra_is_that_of_clustershell_with_conditions_as_opaque_sets(data: st.DataObject) -> None:
    from ClusterShell.NodeSet import RESOLVER_NOGROUP, NodeSet

    facts = {"state:failed": data.draw(SUBSETS), "cpu>80": data.draw(SUBSETS), "site:north": data.draw(SUBSETS)}
    parts = data.draw(expressions(facts))
    oracle = NodeSet(resolver=RESOLVER_NOGROUP)
    change = {",": oracle.update, "&": oracle.intersection_update, "!": oracle.difference_update}
    for number, (operator, operand) in enumerate(parts):
        ids = facts[operand] if operand in facts else NAMES[operand]
        other = NodeSet.fromlist(sorted(ids), resolver=RESOLVER_NOGROUP)
        change.get("," if number == 0 else operator, oracle.symmetric_difference_update)(other)
    targets = Targets(HOSTS, FixedFacts({text: Fact(ids) for text, ids in facts.items()}))
    assert targets.decide(written(parts)) == Decided(tuple(sorted(oracle)), ())


@settings(max_examples=200, deadline=None)
@given(st.data())
def test_what_is_sure_stays_so_however_the_unknown_turns_out(data: st.DataObject) -> None:
    known = {"state:failed": data.draw(SUBSETS), "cpu>80": data.draw(SUBSETS)}
    unknown = {text: data.draw(SUBSETS) - ids for text, ids in known.items()}
    turned_out = {text: ids | data.draw(st.frozensets(st.sampled_from(sorted(unknown[text])))) if unknown[text] else ids
                  for text, ids in known.items()}  # fmt: skip
    expression = written(data.draw(expressions(known)))
    before = Targets(HOSTS, FixedFacts({text: Fact(known[text], unknown[text]) for text in known})).decide(expression)
    after = Targets(HOSTS, FixedFacts({text: Fact(ids) for text, ids in turned_out.items()})).decide(expression)
    assert set(before.ids) <= set(after.ids) <= {*before.ids, *before.undecided}


@given(SUBSETS, SUBSETS)
def test_turning_round_twice_changes_nothing(sure: frozenset[str], more: frozenset[str]) -> None:
    found = Certain(sure, sure | more)
    assert found.turned(frozenset(IDS)).turned(frozenset(IDS)) == found
