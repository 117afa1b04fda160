"""A mapping that nobody changes, and that can be copied, pickled and written as JSON like any dict."""

from __future__ import annotations

from typing import Any, NoReturn, TypeVar

K = TypeVar("K")
V = TypeVar("V")


class FrozenDict(dict[K, V]):
    """A dict whose content is that of its making. types.MappingProxyType can be neither pickled nor deep-copied.

    Raises TypeError for whatever would change it.
    """

    __slots__ = ()

    def __reduce__(self) -> tuple[Any, ...]:
        return type(self), (dict(self),)

    def _unchangeable(self, *_: object, **__: object) -> NoReturn:
        raise TypeError("this mapping is not to be changed")

    __setitem__ = __delitem__ = clear = pop = popitem = setdefault = update = __ior__ = _unchangeable
