"""Names that may have been meant."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from atp_tui.model.near import COMPARED, nearest

THOUSAND = [f"kvm{n:04}" for n in range(1000)]


@pytest.mark.parametrize(
    ("name", "first"),
    [
        ("kvm0999x", "kvm0999"),
        ("kwm0007", "kvm0007"),
        ("vkm0500", "kvm0500"),
        ("kvm00421", "kvm0042"),
        ("km0042", "kvm0042"),
    ],
)
def test_a_slip_finds_its_name_among_a_thousand_alike(name: str, first: str) -> None:
    assert first in nearest(name, THOUSAND)


def test_what_is_like_nothing_finds_nothing() -> None:
    assert nearest("zzz", THOUSAND) == []
    assert nearest("kvm01", []) == []


@given(st.lists(st.text("abc01", min_size=1, max_size=6), max_size=COMPARED, unique=True), st.text("abc01", max_size=6))
def test_few_candidates_are_all_compared(candidates: list[str], name: str) -> None:
    from difflib import get_close_matches

    found = nearest(name, candidates)
    assert len(found) == len(get_close_matches(name, candidates, 2))
    assert set(found) <= set(candidates)
