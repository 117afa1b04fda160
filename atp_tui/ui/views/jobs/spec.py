"""The view of the jobs of this session."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ..spec import ViewSpec
from .keys import JOBS as KEYS

if TYPE_CHECKING:
    from ..view import View, ViewServices


def _make(services: ViewServices) -> View:
    from .view import JobsView

    return JobsView(services)


JOBS = ViewSpec(
    "jobs",
    "jobs",
    "5",
    "all jobs: command, hosts, times, how they ended; Enter shows the answers",
    _make,
    KEYS,
    searched=False,
)
