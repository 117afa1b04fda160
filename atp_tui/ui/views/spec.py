"""What is known of a view before it is opened: its name, its keys, and how it is made. Loads no widget."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from textual.binding import Binding

if TYPE_CHECKING:
    from .view import View, ViewServices


@dataclass(frozen=True, slots=True)
class ViewSpec:
    """One view. `name` is what `:` opens, `key` the Textual name of its key, None for none.

    `keys` are those of the list that has its focus, as the key line and the help tell them. `needs` says in a word what
    it is of ("host"); "" where it is of all. `make` gives its widget: called once, when it is first opened.
    """

    name: str
    title: str
    key: str | None
    help: str
    make: Callable[[ViewServices], View]
    keys: tuple[Binding, ...] = ()
    needs: str = ""
