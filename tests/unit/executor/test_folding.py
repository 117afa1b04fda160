"""Folded names against ClusterShell, which is the judge of what they mean."""

from __future__ import annotations

import pytest
from ClusterShell.NodeSet import RESOLVER_NOGROUP, NodeSet
from hypothesis import example, given, settings
from hypothesis import strategies as st

from atp_tui.executor.folding import LONGEST_NUMBER, SLICE, fold_names, folding, parts_of

numbers = st.one_of(st.integers(0, 30), st.integers(95, 105)).flatmap(
    lambda number: st.sampled_from([str(number), f"{number:02}", f"{number:03}"])
)

plain = st.builds(lambda head, number, tail: head + number + tail, st.sampled_from(["kvm", "a-", ""]), numbers,
                  st.sampled_from(["", "x", "-ilo"]))  # fmt: skip

irregular = st.builds(
    lambda dc, row, unit, node: f"dc{dc}-r{row}-u{unit}{node}",
    st.integers(1, 3), numbers, numbers, st.sampled_from(["", "-n1", "-n2", ".example.org"]),
)  # fmt: skip


def meant(folded: str) -> set[str]:
    return set(NodeSet(folded, resolver=RESOLVER_NOGROUP))


def clustershell(names: set[str]) -> str:
    return str(NodeSet.fromlist(sorted(names), resolver=RESOLVER_NOGROUP))


@given(st.sets(plain, min_size=1, max_size=40))
@example({"9", "10", "11"})
@example({"kvm09", "kvm10", "kvm99", "kvm100"})
@example({"kvm0", "kvm1", "kvm00", "kvm01"})
@example({"a-00", "a-99", "a-100", "kvm0"})
def test_names_with_one_number_are_written_as_clustershell_writes_them(names: set[str]) -> None:
    """But for a range from two digits to three beside names with a 0 in front: 99-100, where it has 99,100."""
    folded, judged = fold_names(names), clustershell(names)
    assert folded == judged or (meant(folded) == names and len(folded) <= len(judged))


@settings(max_examples=200)
@given(st.sets(st.one_of(plain, irregular), min_size=1, max_size=60))
def test_no_name_is_lost_and_none_added(names: set[str]) -> None:
    folded = fold_names(names)
    assert meant(folded) == names


@given(st.lists(irregular, max_size=30))
def test_order_and_repetition_do_not_matter(names: list[str]) -> None:
    assert meant(fold_names(names)) == meant(fold_names(reversed(names + names))) == set(names)


@pytest.mark.parametrize(
    ("names", "folded"),
    [
        ([], ""),
        (["kvm07/web1", "kvm08/web1"], "kvm[07-08]/web1"),
        (["c", "a", "b10"], "a,b10,c"),
        ([f"r{row}-n{node:02}" for row in (1, 2, 3) for node in range(1, 17)], "r[1-3]-n[01-16]"),
        (["kvm" + "1" * (LONGEST_NUMBER + 1), "kvm" + "1" * LONGEST_NUMBER], ""),
    ],
)
def test_examples(names: list[str], folded: str) -> None:
    assert fold_names(names) == (folded or ",".join(sorted(names)))


def test_it_pauses_between_slices() -> None:
    names = [f"dc{n % 3}-r{n % 37}-u{n % 41:02}-n{n}" for n in range(20 * SLICE)]
    assert sum(1 for _ in folding(names)) >= 20


@given(st.sets(st.one_of(plain, irregular), max_size=40))
def test_the_parts_of_folded_names_say_how_many_they_are(names: set[str]) -> None:
    parts = parts_of(fold_names(names))
    assert ",".join(part for part, _ in parts) == fold_names(names)
    assert [number for _, number in parts] == [len(meant(part)) for part, _ in parts]
    assert sum(number for _, number in parts) == len(names)
