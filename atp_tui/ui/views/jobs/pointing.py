"""The hosts that commands go to where jobs are looked at. Pure."""

from __future__ import annotations

from ....engine.fleet import Fleet
from ...job_control import WatchedJob
from ...marks import Marks
from ..view import Pointed


def pointed_at(fleet: Fleet, marks: Marks, job: WatchedJob | None) -> Pointed:
    """Those of a job's hosts that are marked, else all of them: marks on other hosts mean nothing here."""
    if job is None:
        return Pointed()
    marked = tuple(host for host in marks.known(fleet) if host in job.hosts) if marks.hosts else ()
    return Pointed(marked, fleet.known(job.hosts))
