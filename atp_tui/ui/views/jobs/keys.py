"""The keys of the list of all jobs."""

from __future__ import annotations

from ...binding import bind

JOBS = (
    bind("jobs.open", "enter", "open", "answers", "the answers of the job, with all the room", shown=True),
    bind("jobs.mark", "space", "toggle_mark", "mark", "mark the hosts of the job", shown=True),
    bind("jobs.rerun", "r", "rerun", "rerun failed", "run the job again where it failed", shown=True),
    bind("jobs.pause", "p", "pause", "pause", "begin on no further host of the job; :resume goes on", shown=True),
    bind("jobs.copy", "y", "copy", "copy", "copy the command of the job", shown=True),
    bind("jobs.unmark", "u", "unmark", "unmark all"),
)
