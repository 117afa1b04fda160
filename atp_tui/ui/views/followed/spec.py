"""The view of what a job follows."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from ..spec import ViewCommand, ViewSpec
from .keys import FOLLOWED as KEYS

if TYPE_CHECKING:
    from ....engine.fleet import Fleet
    from ..view import View, ViewServices


def _make(services: ViewServices) -> View:
    from .view import FollowedView

    return FollowedView(services)


def _files(_fleet: Fleet) -> Iterable[str]:
    return ("followed.log",)


FOLLOWED = ViewSpec(
    "followed",
    "followed",
    "7",
    "the lines that a job follows, of all its hosts by time: followed 3",
    _make,
    KEYS,
    inside="jobs",
    commands=(
        ViewCommand("save-lines", "save lines", "save the lines that are shown: save-lines out.log", _files, asks=True),
    ),
)
