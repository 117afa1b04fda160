"""What a person hears of the log of jobs."""

from __future__ import annotations

from functools import partial

import pytest

from atp_tui.cli.job_log import LONGEST_TITLE, cut_short_words, user_log
from atp_tui.executor.log import JobRecord, JobState
from atp_tui.model.outcome import Outcome
from atp_tui.storage import place
from tests.unit.storage.records import job


def record(number: int, title: str) -> JobRecord:
    counts = ((Outcome.OK, 48),)
    return JobRecord(f"id{number}", number, "me", title, 1.0, None, 60, "kvm[01-60]", counts, JobState.INTERRUPTED)


def test_a_job_that_was_cut_short_is_told_with_what_shows_it() -> None:
    words = cut_short_words((record(17, "uname -r"),))
    assert words == "job 17 `uname -r` was cut short: 12 of 60 hosts had not answered: atp-tui jobs show 17"
    long = cut_short_words((record(17, "a" * 100 + "\nb"),))
    assert f"`{'a' * (LONGEST_TITLE - 1)}…`" in long
    assert cut_short_words((record(19, "x"), record(17, "y"))) == "2 jobs were cut short, job 19 the last: atp-tui jobs"


async def test_a_file_system_without_a_write_ahead_log_is_no_warning(monkeypatch: pytest.MonkeyPatch) -> None:
    told: list[str] = []
    monkeypatch.setattr(place, "Place", partial(place.Place, is_local=lambda _: False))
    log = user_log(told.append)
    assert log is not None
    async with log:
        log.begun(job("a"))
        assert [record.id for record in await log.jobs()] == ["a"]
    assert told == []
