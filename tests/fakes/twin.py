"""A fleet that is reached through bytes: each value that crosses the port is packed and unpacked on its way.

What is not plain data cannot cross. The classes that may are found by walking the signatures of the port.
"""

from __future__ import annotations

import inspect
import sys
import types
from collections.abc import AsyncIterator, Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import fields, is_dataclass
from enum import Enum
from typing import Any, Literal, Union, cast, get_args, get_origin

import msgpack  # type: ignore[import-untyped]

from atp_tui.engine.fleet import Fleet
from atp_tui.model.credential import Secret

from .hints import hints_of

SIMPLE = (type(None), bool, int, float, str, bytes)
CONTAINERS = (tuple, frozenset, list, dict, AsyncIterator, Collection, Sequence, Mapping)


def port_methods() -> dict[str, Callable[..., Any]]:
    """The port's methods by name."""
    found = {name: method for each in reversed(Fleet.__mro__) for name, method in vars(each).items()}
    return {name: method for name, method in found.items() if not name.startswith("_") and callable(method)}


def crossing() -> dict[str, type]:
    """Every class of which a value can cross the port, by name. Raises TypeError for a type that cannot cross."""
    found: dict[str, type] = {}
    for method in port_methods().values():
        for hint in hints_of(method).values():
            for each in _classes(hint, found):
                assert found[each.__name__] is each, f"two classes are called {each.__name__}"
    return found


def _classes(hint: Any, found: dict[str, type]) -> Iterator[type]:
    origin = get_origin(hint)
    if origin in {Union, types.UnionType} or origin in CONTAINERS:
        for each in get_args(hint):
            yield from () if each is Ellipsis else _classes(each, found)
    elif origin is Literal:
        yield from _classes(type(get_args(hint)[0]), found)
    elif hint in SIMPLE or hint is None:
        pass
    elif not isinstance(hint, type) or not (is_dataclass(hint) or issubclass(hint, (Enum, tuple, Secret))):
        raise TypeError(f"{hint!r} cannot cross the port")
    elif hint.__name__ not in found:
        found[hint.__name__] = hint
        yield hint
        for below in hint.__subclasses__():
            if getattr(sys.modules[below.__module__], below.__name__) is below:  # else the one before it got its slots
                yield from _classes(below, found)
        if not issubclass(hint, (Enum, Secret)):
            for name, part in hints_of(hint).items():
                if get_origin(part) is None or "ClassVar" not in str(part):
                    assert not name.startswith("__")
                    yield from _classes(part, found)


CLASSES = crossing()


def packed(value: object) -> bytes:
    """The value as bytes."""
    data = msgpack.packb(_plain(value))
    assert isinstance(data, bytes)
    return data


def unpacked(data: bytes) -> Any:
    """The value again."""
    return _value(msgpack.unpackb(data, strict_map_key=False))


def _plain(value: object) -> object:
    name = type(value).__name__
    if isinstance(value, Secret):
        return ["secret", value.reveal()]  # to cross is the one thing for which it is written
    if isinstance(value, Enum):
        return ["enum", name, value.name] if name in CLASSES else value.value
    if is_dataclass(value) and not isinstance(value, type):
        return ["data", name, {f.name: _plain(getattr(value, f.name)) for f in fields(value) if f.init}]
    if isinstance(value, tuple):
        return ["tuple", name, [_plain(each) for each in value]]
    if isinstance(value, frozenset | list | set):
        return ["set" if not isinstance(value, list) else "list", name, [_plain(each) for each in value]]
    if isinstance(value, Mapping):
        return ["map", name, [[_plain(key), _plain(each)] for key, each in value.items()]]
    if type(value) in SIMPLE:
        return value
    raise TypeError(f"{value!r} cannot cross the port")


def _value(found: Any) -> Any:
    match found:
        case ["secret", text]:
            return Secret(text)
        case ["enum", name, member]:
            return CLASSES[name][member]  # type: ignore[index]  # it is an Enum's name
        case ["data", name, parts]:
            return CLASSES[name](**{key: _value(each) for key, each in parts.items()})
        case ["tuple", "tuple", parts]:
            return tuple(map(_value, parts))
        case ["tuple", name, parts]:
            return CLASSES[name](*map(_value, parts))
        case ["set", _, parts]:
            return frozenset(map(_value, parts))
        case ["list", _, parts]:
            return list(map(_value, parts))
        case ["map", _, parts]:
            return {_value(key): _value(each) for key, each in parts}
        case _:
            return found


class _Twin:
    def __init__(self, fleet: Fleet) -> None:
        self.fleet = fleet
        self.crossed = 0
        """Bytes that have gone either way."""

    def across(self, value: Any) -> Any:
        data = packed(value)
        self.crossed += len(data)
        return unpacked(data)


def _reached(name: str, method: Callable[..., Any]) -> Callable[..., Any]:
    if inspect.iscoroutinefunction(method):

        async def asked(self: _Twin, *given: Any, **named: Any) -> Any:
            sent = self.across([list(given), dict(named)])
            return self.across(await getattr(self.fleet, name)(*sent[0], **sent[1]))

        return asked
    if get_origin(hints_of(method)["return"]) is AsyncIterator:

        async def streamed(self: _Twin, *given: Any, **named: Any) -> AsyncIterator[Any]:
            sent = self.across([list(given), dict(named)])
            async for each in getattr(self.fleet, name)(*sent[0], **sent[1]):
                yield self.across(each)

        return streamed

    def read(self: _Twin, *given: Any, **named: Any) -> Any:
        sent = self.across([list(given), dict(named)])
        return self.across(getattr(self.fleet, name)(*sent[0], **sent[1]))

    return read


for _name, _method in port_methods().items():
    setattr(_Twin, _name, _reached(_name, _method))


def twin_of(fleet: Fleet) -> Fleet:
    """The same fleet behind bytes."""
    return cast(Fleet, _Twin(fleet))
