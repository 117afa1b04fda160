"""The decorator of our plain data: the standard library's `dataclass`, with methods that cost a third to make.

The standard library compiles each method of a class from a text of its own: six of them, a third of a millisecond,
for a frozen class with five fields (Python 3.11). A verb makes some 200 classes before it does anything, the screen
more. Here it is `__init__` alone; `__eq__` and `__hash__` follow when they are first needed, and all classes share the
others. An object of a frozen class is made in less time, too: its slots are filled directly, not by
`object.__setattr__`.
`python -m tests.bench.bench_data_class` has both sides.

What is made is a dataclass: `fields`, `replace`, `asdict`, `match` and type checkers take it as any other. It takes the
options that we use, and `field` but for `kw_only`.
"""

from __future__ import annotations

import dataclasses
import sys
from collections.abc import Callable, Iterable
from dataclasses import MISSING, FrozenInstanceError, fields
from reprlib import recursive_repr
from typing import TYPE_CHECKING, Any, NoReturn

__all__ = ["dataclass"]

if TYPE_CHECKING:
    from dataclasses import dataclass
else:

    def dataclass(*, frozen: bool = False, slots: bool, eq: bool = True) -> Callable[[type], type]:
        """As dataclasses.dataclass."""

        def made(plain: type) -> type:
            # not frozen=True: that compiles two methods more
            cls = dataclasses.dataclass(init=False, repr=False, eq=False, slots=slots)(plain)
            methods = {"__init__": _init(cls, frozen), "__repr__": _repr}
            if eq:
                methods |= {"__eq__": _eq(cls), "__hash__": _hash(cls) if frozen else None}
            if frozen:
                methods |= _FROZEN
            for name, method in methods.items():
                if name not in plain.__dict__ or (name == "__hash__" and plain.__dict__[name] is None):
                    setattr(cls, name, method)  # Python itself makes `__hash__` None beside an `__eq__`
            return cls

        return made


def _init(cls: type, frozen: bool) -> Callable[..., None]:
    """`__init__`. Its text has the names of the fields; what else it needs stands in `seen` by the names for it."""
    seen: dict[str, object] = {"_absent": MISSING}
    given, done, hints = [], [], dict[str, object]()
    for each in fields(cls):
        name = value = each.name
        if each.kw_only:
            raise TypeError(f"{cls.__name__}.{name}: kw_only is not made here")
        if each.default_factory is not MISSING:
            seen[f"_make_{name}"] = each.default_factory
            value = f"_make_{name}() if {name} is _absent else {name}" if each.init else f"_make_{name}()"
            given += [f"{name}=_absent"] if each.init else []
        elif each.default is not MISSING:
            seen[f"_default_{name}"] = each.default
            value = name if each.init else f"_default_{name}"
            given += [f"{name}=_default_{name}"] if each.init else []
        elif each.init:
            given.append(name)
        else:
            continue  # `__post_init__` sets it
        hints |= {name: each.type} if each.init else {}
        if frozen:
            seen[f"_set_{name}"] = getattr(cls, name).__set__
        done.append(f"_set_{name}(self, {value})" if frozen else f"self.{name} = {value}")
    if hasattr(cls, "__post_init__"):
        done.append("self.__post_init__()")
    init = _compiled(cls, f"__init__(self, {', '.join(given)})", done or ["pass"], seen)
    init.__annotations__ = hints | {"return": None}
    return init


def _compiled(cls: type, head: str, lines: Iterable[str], seen: dict[str, object]) -> Callable[..., Any]:
    """A method of that class, which sees the names of `seen` and those of the module in which the class stands."""
    name = head.partition("(")[0]
    body = "\n  ".join(lines)
    found: dict[str, Any] = {}
    text = f"def _made({', '.join(seen)}):\n def {head}:\n  {body}\n return {name}"
    exec(text, sys.modules[cls.__module__].__dict__, found)
    method: Callable[..., Any] = found["_made"](**seen)
    method.__qualname__ = f"{cls.__qualname__}.{name}"
    return method


def _eq(cls: Any) -> Callable[[Any, object], bool]:
    """`__eq__` of a class, which compiles the real one when it is first called: most are never compared."""

    def compare(self: Any, other: object) -> bool:
        own, others = (_tuple(of, [each.name for each in fields(cls) if each.compare]) for of in ("self", "other"))
        lines = "if other.__class__ is self.__class__:", f" return {own} == {others}", "return NotImplemented"
        cls.__eq__ = _compiled(cls, "__eq__(self, other)", lines, {})
        return cls.__eq__(self, other)  # type: ignore[no-any-return]

    return compare


def _hash(cls: Any) -> Callable[[Any], int]:
    """`__hash__` of a frozen class, in the same way."""

    def compute(self: Any) -> int:
        names = [each.name for each in fields(cls) if (each.compare if each.hash is None else each.hash)]
        cls.__hash__ = _compiled(cls, "__hash__(self)", [f"return hash({_tuple('self', names)})"], {})
        return cls.__hash__(self)  # type: ignore[no-any-return]

    return compute


def _tuple(of: str, names: Iterable[str]) -> str:
    return f"({''.join(f'{of}.{name}, ' for name in names)})"


@recursive_repr()
def _repr(self: Any) -> str:
    told = (f"{each.name}={getattr(self, each.name)!r}" for each in fields(self) if each.repr)
    return f"{type(self).__qualname__}({', '.join(told)})"


def _no_setattr(self: object, name: str, value: object) -> NoReturn:
    raise FrozenInstanceError(f"cannot assign to field {name!r}")


def _no_delattr(self: object, name: str) -> NoReturn:
    raise FrozenInstanceError(f"cannot delete field {name!r}")


def _getstate(self: Any) -> list[object]:
    return [getattr(self, each.name) for each in fields(self)]


def _setstate(self: Any, state: Iterable[object]) -> None:
    for each, value in zip(fields(self), state, strict=True):
        object.__setattr__(self, each.name, value)


_FROZEN: dict[str, Callable[..., object]] = {
    "__setattr__": _no_setattr,
    "__delattr__": _no_delattr,
    "__getstate__": _getstate,
    "__setstate__": _setstate,
}
"""What a frozen class has besides; copy and pickle would otherwise fill it by `setattr`."""
