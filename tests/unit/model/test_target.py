"""Targets of work, and natural order."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from atp_tui.model.order import natural
from atp_tui.model.target import TargetId, on_hosts

hosts = st.from_regex(r"[A-Za-z0-9]([A-Za-z0-9._-]*[A-Za-z0-9])?", fullmatch=True)


@given(hosts, st.none() | st.text(min_size=1))
def test_a_target_reads_back_what_it_writes(host: str, domain: str | None) -> None:
    target = TargetId(host, domain)
    assert TargetId.parse(str(target)) == target


@pytest.mark.parametrize("text", ["", "/web", "kvm01/"])
def test_half_a_target_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="is no target"):
        TargetId.parse(text)


def test_hosts_as_targets() -> None:
    assert on_hosts("a", "b") == (TargetId("a"), TargetId("b"))


@given(st.text(), st.text())
def test_names_that_are_not_the_same_have_an_order(one: str, other: str) -> None:
    assert (natural(one) == natural(other)) == (one == other)


def test_numbers_count_and_capitals_do_not() -> None:
    names = ["kvm10", "KVM2", "a1b", "kvm" + "9" * 5000, "", "kvm2", "kvm02"]
    assert sorted(names, key=natural) == ["", "a1b", "KVM2", "kvm02", "kvm2", "kvm10", "kvm" + "9" * 5000]
