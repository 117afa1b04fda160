"""The view of the answers of one job."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ..spec import ViewSpec

if TYPE_CHECKING:
    from ..view import View, ViewServices


def _make(services: ViewServices) -> View:
    from .view import AnswersView

    return AnswersView(services)


ANSWERS = ViewSpec(
    "answers",
    "answers",
    "6",
    "the answers of the job that is shown, or of another one: answers 3",
    _make,
    inside="jobs",
    searched=False,
)
