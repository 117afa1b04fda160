"""The main screen, as far as forms and the person's editor need it."""

from __future__ import annotations

from collections.abc import Coroutine
from typing import Protocol, runtime_checkable

from textual.app import App


class FormSurface(Protocol):
    """What opens over the screen, runs beside it and is told on it."""

    @property
    def app(self) -> App[object]: ...
    def spawn(self, work: Coroutine[None, None, None]) -> None: ...
    def tell(self, text: str, *, wrong: bool = False) -> None: ...
    def ask_for(self, command: str) -> None: ...


@runtime_checkable
class MayStay(Protocol):
    """A screen in which something may have been typed."""

    def may_be_left(self) -> bool:
        """Whether it can be left now; where not, it says so, and the second time it can."""
        ...
