"""The view of the jobs and their answers."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ..spec import ViewSpec

if TYPE_CHECKING:
    from ..view import View, ViewServices


def _make(services: ViewServices) -> View:
    from .view import JobsView

    return JobsView(services)


JOBS = ViewSpec(
    "jobs", "jobs", "5", "the jobs and their answers on the whole screen; commands go to the job's hosts", _make
)
