"""Frozen dataclasses as JSON and back, by the types of their fields: a new kind of work needs no line here.

A field that is left out of the repr holds a secret: it is never written, and comes back as its default.
"""

from __future__ import annotations

import base64
import types
from collections.abc import Mapping
from dataclasses import fields, is_dataclass
from enum import Enum
from typing import Any, TypeVar, Union, get_args, get_origin, get_type_hints

T = TypeVar("T")


def to_plain(value: object) -> Any:
    """Data that json can write. Raises TypeError for a value of a type that has no way back."""
    if value is None or isinstance(value, (bool, int, float)) or type(value) is str:
        return value
    if isinstance(value, Enum):
        return to_plain(value.value)
    if isinstance(value, bytes):
        return base64.b64encode(value).decode("ascii")
    if isinstance(value, tuple):
        return [to_plain(item) for item in value]
    if is_dataclass(value) and not isinstance(value, type):
        return {field.name: to_plain(getattr(value, field.name)) for field in fields(value) if field.repr}
    raise TypeError(f"{type(value).__name__} cannot be kept")


def from_plain(wanted: type[T], found: object) -> T:
    """The value of that type. A field that is missing gets its default, one that is not known is left out.

    Raises ValueError and TypeError for data that fits the type in no way.
    """
    value: T = _from(wanted, found)
    return value


def _from(wanted: Any, found: Any) -> Any:
    origin = get_origin(wanted)
    if origin in {Union, types.UnionType}:
        return _from_union(get_args(wanted), found)
    if origin is tuple:
        return _from_tuple(get_args(wanted), found)
    if wanted is None or wanted is type(None):
        return _checked(type(None), found)
    if is_dataclass(wanted):
        return _from_fields(wanted, found)
    if issubclass(wanted, Enum):
        return wanted(found)
    if wanted is bytes:
        return base64.b64decode(str(_checked(str, found)), validate=True)
    if wanted is float and type(found) is int:
        return found  # equal to the float that it stands for
    return _checked(wanted, found)


def _checked(wanted: type, found: object) -> object:
    if wanted not in {str, int, float, bool, type(None)} or type(found) is not wanted:
        raise TypeError(f"{found!r} is no {wanted.__name__}")
    return found


def _from_union(choices: tuple[Any, ...], found: object) -> object:
    for choice in choices:
        try:
            return _from(choice, found)
        except (TypeError, ValueError):
            continue
    raise TypeError(f"{found!r} is of no type that is possible here")


def _from_tuple(items: tuple[Any, ...], found: object) -> tuple[object, ...]:
    if not isinstance(found, list):
        raise TypeError(f"{found!r} is no list")
    if len(items) == 2 and items[1] is Ellipsis:
        return tuple(_from(items[0], item) for item in found)
    return tuple(_from(wanted, item) for wanted, item in zip(items, found, strict=True))


def _from_fields(wanted: Any, found: object) -> object:
    if not isinstance(found, Mapping):
        raise TypeError(f"{found!r} is no {wanted.__name__}")
    hints = get_type_hints(wanted)
    known = [field for field in fields(wanted) if field.init and field.repr and field.name in found]
    return wanted(**{field.name: _from(hints[field.name], found[field.name]) for field in known})
