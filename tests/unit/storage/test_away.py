"""What waits for hosts that were away: on the disk, claimed once, called off, dropped at its date."""

from __future__ import annotations

import asyncio
import json
import os
import signal
import sqlite3
import subprocess
import sys
import time
from contextlib import closing
from dataclasses import replace
from itertools import pairwise
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from atp_tui.executor.away import FIRST_PAUSE, LONGEST_PAUSE, SKEW, Pauses, PickUp, WhenBack, may_run
from atp_tui.executor.log import JobState
from atp_tui.model.outcome import Outcome
from atp_tui.model.target import TargetId, on_hosts
from atp_tui.storage.jobs import JobStore

from .processes import ROOT
from .records import ending, job

FLEET = "/somewhere/hosts.toml"
DAY = 86_400.0


def unexpected(words: str) -> None:
    raise AssertionError(words)


def keep(store: JobStore, name: str, within: float = DAY, asked_at: float | None = None, fleet: str = FLEET) -> None:
    """A job of four hosts, of which h1, h2 and h3 were away."""
    asked_at = time.time() if asked_at is None else asked_at
    store.begun(replace(job(name, asked_at, hosts=4), when_back=WhenBack(within, fleet, agreed=True)))
    away = [replace(ending(f"h{n}", outcome=Outcome.UNREACHABLE, at=asked_at), away=True) for n in (1, 2, 3)]
    store.ended(name, [ending("h0", at=asked_at), *away], [])
    store.finished(name, asked_at + 1)


async def waiting(store: JobStore, fleet: str | None = None) -> list[str]:
    return [f"{each.job}/{each.target}" for each in await store.waiting(fleet)]


async def test_what_waits_is_claimed_once_and_outlives_its_program(tmp_path: Path) -> None:
    path = tmp_path / "jobs.sqlite3"
    async with JobStore(path, unexpected) as store:
        keep(store, "first")
        keep(store, "other", fleet="/elsewhere")
        assert (await store.spec("first") or job("x")).when_back == WhenBack(DAY, FLEET, agreed=True)
    async with JobStore(path, unexpected) as one, JobStore(path, unexpected) as two:
        assert await waiting(one, FLEET) == ["first/h1", "first/h2", "first/h3"]
        (record,) = await one.find("1")
        assert (record.state, record.waiting) == (JobState.WAITING, 3)
        wanted = on_hosts("h1", "h2", "h0", "h9")
        taken = await asyncio.gather(one.take("first", wanted), two.take("first", wanted))
        assert sorted(taken, key=len) == [(), on_hosts("h1", "h2")]
        assert await waiting(two, FLEET) == ["first/h3"]
        two.begun(job("second", time.time()))
        two.ran("first", on_hosts("h1"), "second")
        assert await two.take("first", on_hosts("h3"), cancelled=True) == on_hosts("h3")
        assert await waiting(one, FLEET) == []
        ran, taken_now, off = [replace(each, at=0.0) for each in await two.pickups("first")]
        assert (ran, taken_now) == (PickUp(TargetId("h1"), 0.0, ran_in=3), PickUp(TargetId("h2"), 0.0, taken=True))
        assert off == PickUp(TargetId("h3"), 0.0, cancelled=True)
        two.ran("first", on_hosts("h1", "h2", "h3"), None)
        assert await waiting(two, FLEET) == ["first/h2"], "nothing was begun there: it waits again, and no other"
        assert (await one.find("first"))[0].state is JobState.WAITING


async def test_what_a_killed_program_had_claimed_is_unknown_and_never_runs_again(tmp_path: Path) -> None:
    path = tmp_path / "jobs.sqlite3"
    program = f"""
import asyncio
from pathlib import Path
from atp_tui.model.target import on_hosts
from atp_tui.storage.jobs import JobStore
async def main():
    async with JobStore(Path({str(path)!r}), print) as store:
        print(len(await store.take("first", on_hosts("h1"))), flush=True)
        await asyncio.sleep(60)
asyncio.run(main())
"""
    async with JobStore(path, unexpected) as store:
        keep(store, "first")
        assert len(await waiting(store)) == 3
        words = [sys.executable, "-c", program]
        with subprocess.Popen(words, cwd=ROOT, stdout=subprocess.PIPE) as process:  # noqa: ASYNC220 - it is at once
            assert process.stdout is not None
            assert await asyncio.to_thread(process.stdout.readline) == b"1\n"
            (found,) = await store.pickups("first")
            assert found.taken
            os.kill(process.pid, signal.SIGKILL)
        (found,) = await store.pickups("first")
        assert (found.taken, found.cancelled, found.ran_in) == (False, False, None)
        assert await waiting(store) == ["first/h2", "first/h3"]
        assert await store.take("first", on_hosts("h1")) == ()


async def test_a_claim_for_which_nobody_waits_any_more_is_given_back(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with JobStore(tmp_path / "jobs.sqlite3", lambda _: None) as store:
        keep(store, "first")
        left = await waiting(store)
        claim = asyncio.create_task(store.take("first", on_hosts("h1")))
        await asyncio.sleep(0)
        claim.cancel()
        await asyncio.wait([claim])
        assert claim.cancelled() and await waiting(store) == left
        off = asyncio.create_task(store.take("first", on_hosts("h1"), cancelled=True))
        await asyncio.sleep(0)
        off.cancel()
        await asyncio.wait([off])
        assert await waiting(store) == left[1:], "a person wanted it to wait no longer"
        with monkeypatch.context() as patch:
            patch.setattr("atp_tui.storage.thread.ANSWER_LIMIT", 0.0)
            assert await store.take("first", on_hosts("h2")) == ()
        assert await waiting(store) == left[1:]


async def test_what_waits_is_dropped_at_its_date_and_goes_with_its_job(tmp_path: Path) -> None:
    path = tmp_path / "jobs.sqlite3"
    now = time.time()
    async with JobStore(path, unexpected) as store:
        keep(store, "over", within=DAY, asked_at=now - DAY - 1)
        keep(store, "late", within=DAY, asked_at=now - DAY + 3600)
        assert await waiting(store) == ["late/h1", "late/h2", "late/h3"]
        assert await store.take("over", on_hosts("h1")) == ()
        assert (await store.find("over"))[0].state is JobState.ENDED
        await store.take("late", on_hosts("h1"))
        await store.prune(now + 1)
        assert await waiting(store) == []
    with closing(sqlite3.connect(path)) as db:
        assert db.execute("SELECT count(*) FROM pickups").fetchone() == (0,)


async def test_nothing_is_claimed_in_memory_where_no_other_program_would_see_it() -> None:
    async with JobStore(None, unexpected) as store:
        keep(store, "first")
        assert (await waiting(store), await store.take("first", on_hosts("h1"))) == ([], ())


async def test_nothing_is_claimed_in_a_file_that_another_one_has_taken_the_place_of(tmp_path: Path) -> None:
    path = tmp_path / "jobs.sqlite3"
    told: list[str] = []
    async with JobStore(path, told.append) as store:
        keep(store, "first")
        assert len(await waiting(store)) == 3
        os.rename(path, tmp_path / "aside")  # as a person does, or a backup that is put back
        for each in os.listdir(tmp_path):
            if each.startswith("jobs.sqlite3-"):
                os.unlink(tmp_path / each)
        assert await store.take("first", on_hosts("h1")) == (), "a program that has the new file would not know of it"
        keep(store, "second")
        assert await store.take("second", on_hosts("h1")) == on_hosts("h1")
    with closing(sqlite3.connect(path)) as db:
        assert db.execute("SELECT job FROM pickups").fetchall() == [("second",)]


def test_a_job_of_a_program_that_knows_of_no_waiting_is_read_as_before() -> None:
    from atp_tui.storage.specs import decode_spec, encode_spec

    plain = json.loads(encode_spec(job("x")))
    del plain["when_back"]
    assert decode_spec(json.dumps(plain)).when_back is None


@given(st.floats(0, 1e10), st.floats(1, 1e6), st.floats(-1e10, 1e10))
def test_a_clock_that_leaps_runs_nothing_outside_of_its_time(asked_at: float, within: float, leap: float) -> None:
    runs = may_run(asked_at, asked_at + within, asked_at + leap)
    assert not (runs and (leap < -SKEW - 1 or leap > within + 1))
    assert may_run(asked_at, asked_at + within, asked_at)


def test_a_host_that_takes_no_command_is_tried_less_and_less() -> None:
    pauses, now, tries = Pauses(), 0.0, []
    while now < 6 * LONGEST_PAUSE:
        if pauses.may_try("a", now):
            pauses.tried("a", now)
            tries.append(now)
        now += 10.0
    gaps = [after - before for before, after in pairwise(tries)]
    assert gaps[0] == FIRST_PAUSE and gaps[-1] == LONGEST_PAUSE and gaps == sorted(gaps)
    assert pauses.may_try("b", 0.0)
    pauses.keep(["b"])
    assert pauses.may_try("a", now)
