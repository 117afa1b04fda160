"""Dataclasses as JSON and back: every type that work may be made of, and no secret."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from enum import Enum
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from atp_tui.storage.plain import from_plain, to_plain

from .drawn import texts


class Colour(Enum):
    RED = "r"
    NONE = 0


@dataclass(frozen=True)
class Inner:
    data: bytes
    colour: Colour


@dataclass(frozen=True)
class Outer:
    name: str
    count: int | None
    share: float
    sure: bool
    pair: tuple[str, int]
    inners: tuple[Inner, ...] = ()
    other: Inner | None = None
    secret: str = field(default="", repr=False)


inners = st.builds(Inner, data=st.binary(max_size=9), colour=st.sampled_from(Colour))
outers = st.builds(
    Outer,
    name=texts,
    count=st.none() | st.integers(),
    share=st.floats(allow_nan=False),
    sure=st.booleans(),
    pair=st.tuples(texts, st.integers()),
    inners=st.lists(inners, max_size=3).map(tuple),
    other=st.none() | inners,
)


@given(outers)
def test_a_value_comes_back_equal_and_of_its_types(value: Outer) -> None:
    found = from_plain(Outer, json.loads(json.dumps(to_plain(value))))
    assert repr(found) == repr(value)


def test_a_secret_is_left_out_and_comes_back_as_its_default() -> None:
    plain = to_plain(Outer("a", 1, 1.0, True, ("b", 2), secret="hunter2"))
    assert "hunter2" not in json.dumps(plain)
    assert from_plain(Outer, plain).secret == ""
    assert from_plain(Outer, plain | {"secret": "planted"}).secret == ""


def test_a_missing_field_gets_its_default_and_an_unknown_field_is_left_out() -> None:
    plain = {"name": "a", "count": 1, "share": 2, "sure": False, "pair": ["b", 2], "newer": {}}
    assert from_plain(Outer, plain) == Outer("a", 1, 2.0, False, ("b", 2))


@pytest.mark.parametrize(
    "change",
    [
        {"name": 1},
        {"name": None},
        {"count": "1"},
        {"count": True},
        {"sure": 1},
        {"pair": ["a"]},
        {"pair": ["a", 1, 2]},
        {"pair": "ab"},
        {"inners": [{}]},
        {"inners": [{"data": "!", "colour": "r"}]},
        {"inners": [{"data": "", "colour": "blue"}]},
        {"other": 5},
    ],
)
def test_data_of_other_types_is_refused(change: dict[str, Any]) -> None:
    plain = to_plain(Outer("a", 1, 1.0, True, ("b", 2)))
    with pytest.raises((TypeError, ValueError)):
        from_plain(Outer, plain | change)


@pytest.mark.parametrize("value", [object(), {"a": 1}, Outer, lambda: None])
def test_what_has_no_way_back_is_refused(value: object) -> None:
    with pytest.raises(TypeError):
        to_plain(value)
