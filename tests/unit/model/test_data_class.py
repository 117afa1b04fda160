"""Our decorator of plain data against the standard library's: what both make is told apart by nothing but its cost."""

from __future__ import annotations

import copy
import dataclasses
import inspect
import pickle
import subprocess
import sys
import typing
from collections.abc import Callable
from typing import Any, ClassVar, Generic, TypeVar

import pytest
from hypothesis import given
from hypothesis import strategies as st

from atp_tui.model.data_class import dataclass as ours

T = TypeVar("T")
Decorator = Callable[..., Any]
CHANGES: list[Callable[[Any], object]] = [lambda one: setattr(one, "host", "b"), lambda one: delattr(one, "host")]


class Kinds(typing.NamedTuple):
    """Classes that one of both decorators has made."""

    plain: Any
    odd: Any
    below: Any
    of: Any
    mutable: Any
    empty: Any


def kinds(decorator: Decorator, made: str) -> Kinds:
    class Plain:
        """Fields with defaults of each kind."""

        KNOWN: ClassVar[int] = 3
        host: str
        at: float = 0.0
        names: tuple[str, ...] = ()
        counts: dict[str, int] = dataclasses.field(default_factory=dict, hash=False)
        secret: str = dataclasses.field(default="", repr=False)
        note: str = dataclasses.field(default="", compare=False)

        def upper(self) -> str:
            return self.host.upper()

    class Odd:
        """Fields that no argument fills, and a check."""

        low: int
        high: int = dataclasses.field(init=False)
        seen: list[int] = dataclasses.field(init=False, default_factory=list, hash=False)
        step: int = dataclasses.field(init=False, default=2, repr=False)

        def __post_init__(self) -> None:
            if self.low < 0:
                raise ValueError("below 0")
            object.__setattr__(self, "high", self.low + 10)

        def __str__(self) -> str:
            return "odd"

    class Of(Generic[T]):
        """A generic class."""

        value: T

    class Mutable:
        """Not frozen."""

        lines: list[str] = dataclasses.field(default_factory=list)
        number: int = 0

    class Empty:
        """Without a field."""

    found = [decorator(frozen=True, slots=True)(each) for each in (Plain, Odd, Of, Empty)]

    class Below(found[0]):  # type: ignore[valid-type, misc]
        """A class with the fields of another one before its own."""

        more: int = 7

    found += [decorator(frozen=True, slots=True)(Below), decorator(slots=True)(Mutable)]
    for each in found:  # where pickle finds it
        each.__qualname__ = each.__name__ = f"{made}{each.__name__}"
        globals()[each.__name__] = each
    plain, odd, of, empty, below, mutable = found
    return Kinds(plain, odd, below, of, mutable, empty)


OURS = kinds(ours, "Ours")
STANDARD = kinds(dataclasses.dataclass, "Standard")
BOTH = pytest.mark.parametrize("made", [OURS, STANDARD], ids=["ours", "standard"])

VALUES = st.tuples(
    st.sampled_from(["a", "b"]),
    st.sampled_from([0.0, 1.5]),
    st.sampled_from([(), ("x",)]),
    st.sampled_from([{}, {"n": 1}]),
    st.sampled_from(["", "s"]),
    st.sampled_from(["", "note"]),
)


@given(VALUES, VALUES)
def test_what_is_equal_and_what_it_says_of_itself_is_as_the_standard_librarys(one: Any, other: Any) -> None:
    (a, b), (c, d) = (OURS.plain(*one), OURS.plain(*other)), (STANDARD.plain(*one), STANDARD.plain(*other))
    assert (a == b, hash(a) == hash(b)) == (c == d, hash(c) == hash(d))
    assert repr(a).removeprefix("Ours") == repr(c).removeprefix("Standard")
    assert dataclasses.asdict(a) == dataclasses.asdict(c)
    assert {a: 1}[OURS.plain(*one)] == 1


@BOTH
def test_another_class_with_the_same_fields_is_not_equal(made: Kinds) -> None:
    assert made.below("a") != made.plain("a")
    assert made.plain("a") != ("a", 0.0, (), {}, "", "") and made.plain("a") != None  # noqa: E711 - that is the point
    assert made.below("a") == made.below("a") and made.below("a") != made.below("a", more=8)


@BOTH
def test_frozen_is_frozen(made: Kinds) -> None:
    for change in CHANGES:
        with pytest.raises(dataclasses.FrozenInstanceError, match="host"):
            change(made.plain("a"))
    with pytest.raises((dataclasses.FrozenInstanceError, AttributeError, TypeError)):
        made.plain("a").other = 1
    one = made.mutable()
    one.number += 1
    assert one == made.mutable(number=1) and made.mutable.__hash__ is None


@BOTH
def test_fields_that_no_argument_fills_are_filled(made: Kinds) -> None:
    one = made.odd(1)
    assert (one.high, one.seen, one.step, str(one)) == (11, [], 2, "odd")
    assert made.odd(1).seen is not one.seen
    with pytest.raises(ValueError, match="below 0"):
        made.odd(-1)
    with pytest.raises(TypeError, match="high"):
        made.odd(1, high=2)


@BOTH
def test_each_object_has_its_own_of_what_a_default_makes(made: Kinds) -> None:
    assert made.mutable().lines is not made.mutable().lines
    assert made.plain("a", counts={"n": 1}).counts == {"n": 1}


@BOTH
def test_arguments_that_do_not_fit_are_told(made: Kinds) -> None:
    with pytest.raises(TypeError, match=r"__init__\(\) missing 1 required positional argument: 'host'"):
        made.plain()
    with pytest.raises(TypeError, match="unexpected keyword argument 'hots'"):
        made.plain("a", hots=1)


@BOTH
def test_copies_and_pickles_are_equal(made: Kinds) -> None:
    for one in (made.plain("a", 1.0, ("x",), {"n": 1}), made.below("a", more=9), made.odd(3), made.of(5), made.empty()):
        for again in (copy.copy(one), copy.deepcopy(one), pickle.loads(pickle.dumps(one))):
            assert again == one and type(again) is type(one)


@BOTH
def test_what_looks_at_dataclasses_takes_it_for_one(made: Kinds) -> None:
    one = dataclasses.replace(made.below("a", secret="s"), at=2.0, more=8)
    assert (one.host, one.at, one.secret, one.more, one.upper()) == ("a", 2.0, "s", 8, "A")
    match one:
        case made.plain(host, at):
            assert (host, at) == ("a", 2.0)
        case _:
            pytest.fail("it has no __match_args__")
    assert not hasattr(one, "__dict__") and made.plain.KNOWN == 3
    assert typing.get_type_hints(made.plain.__init__)["names"] == tuple[str, ...]
    assert list(inspect.signature(made.plain).parameters) == ["host", "at", "names", "counts", "secret", "note"]
    assert made.plain.__init__.__qualname__.endswith("Plain.__init__")


@pytest.mark.parametrize("decorator", [ours, dataclasses.dataclass], ids=["ours", "standard"])
def test_what_a_class_says_itself_of_its_equality_stays_and_may_ask_the_class_above_it(decorator: Decorator) -> None:
    @decorator(frozen=True, slots=True)
    class Above:
        """Compared by its field."""

        host: str

    @decorator(frozen=True, slots=True)
    class Own(Above):
        """Its note tells nothing apart."""

        note: str = ""

        def __eq__(self, other: object) -> bool:
            return Above.__eq__(self, other)

        def __hash__(self) -> int:
            return Above.__hash__(self)

    @decorator(frozen=True, slots=True)
    class Alike:
        """Equal to everything, by a method of its own; the hash is made."""

        host: str

        def __eq__(self, other: object) -> bool:
            return True

    own: Any = Own
    alike: Any = Alike
    for _ in range(2):  # what is compiled at the first comparison changes nothing for the next
        assert own("a", "x") == own("a", "y") and hash(own("a", "x")) == hash(own("a", "y"))
        assert own("a") != own("b")
        assert alike("a") == alike("b") and hash(alike("a")) == hash(alike("a"))


def test_a_keyword_alone_is_refused_where_the_class_is_made() -> None:
    class Wanted:
        """One field."""

        host: str = dataclasses.field(kw_only=True)

    with pytest.raises(TypeError, match=r"Wanted\.host"):
        ours(frozen=True, slots=True)(Wanted)


def test_a_class_that_is_never_compared_compiles_no_comparison() -> None:
    code = """
from atp_tui.model.target import TargetId
one = TargetId("kvm01")
names = lambda: (TargetId.__dict__["__eq__"].__name__, TargetId.__dict__["__hash__"].__name__)
assert names() == ("compare", "compute")
assert one == TargetId("kvm01") and hash(one) == hash(TargetId("kvm01")) and one != TargetId("kvm02")
assert names() == ("__eq__", "__hash__")
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 0, done.stderr
