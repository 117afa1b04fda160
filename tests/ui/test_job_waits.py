"""A job that is paused, or waits for a person between two waves, on the engine itself with the demo's hosts."""

from __future__ import annotations

from collections.abc import Collection
from pathlib import Path

import pytest

from atp_tui.actions.door import JobAct, NoAudit
from atp_tui.drivers.sources import DemoOptions, DemoSource
from atp_tui.model.connection import ConnectionState
from atp_tui.model.outcome import Outcome
from atp_tui.model.target import TargetId

from .test_real_engine import Seen, opened
from .test_real_engine import temporary as temporary  # noqa: PLC0414 - the fixture, used by name


class Notes(NoAudit):
    """What a person did to jobs, and to how many hosts each time."""

    def __init__(self) -> None:
        self.noted: list[tuple[str, int]] = []

    def steered(self, act: JobAct, job: str, targets: Collection[TargetId]) -> None:
        self.noted.append((str(act), len(targets)))


HOSTS = ("kvm01", "kvm02", "kvm03", "kvm04")


async def entered(seen: Seen, line: str) -> None:
    """A line that was typed behind `@…`, once all of its hosts can take it."""
    await seen.until(lambda: set(HOSTS) <= seen.ids(ConnectionState.CONNECTED))
    await seen.pilot.press("exclamation_mark")
    pane = seen.screen.pane
    await seen.until(lambda: pane.line.has_focus)
    pane.line.value = f"@kvm[01-04] {line}"
    await seen.until(lambda: "(4) ❯" in seen.text)
    await seen.pilot.press("enter")
    await seen.until(lambda: seen.engine.jobs.jobs)


async def typed(seen: Seen, command: str) -> None:
    await seen.pilot.press("escape", "colon")
    await seen.until(lambda: seen.screen.pane.line.has_focus)
    seen.screen.pane.line.value = command
    await seen.pilot.press("enter")


def ended(seen: Seen) -> list[Outcome]:
    return [result.outcome for _, result in seen.results()]


async def test_a_job_waits_for_a_person_between_two_waves_and_is_shown_as_paused(temporary: Path) -> None:
    async with opened(DemoSource(DemoOptions(hosts=4, faults=False, seed=1))) as seen:
        audit = seen.engine.door.audit = Notes()
        await entered(seen, "--canary 1 --wave 2 --pause ask hostname")
        await seen.until(lambda: "1/4 done · 1 ok · waves over: 1 of 3 · paused" in seen.text)
        assert "wave 1 of 3 is over: :resume goes on with the next, :cancel leaves the others out" in seen.text
        await typed(seen, "resume")
        await seen.until(lambda: "3/4 done · 3 ok · waves over: 2 of 3 · paused" in seen.text)
        await seen.pilot.press("escape", "5")
        await seen.until(lambda: "paused  " in seen.text and "3 ok · 1 waiting" in seen.text)
        await seen.pilot.press("p")
        await seen.until(lambda: "it is paused already: :resume lets it go on" in seen.text)
        assert len(ended(seen)) == 3, "a single key began the next wave"
        await typed(seen, "resume")
        await seen.until(lambda: ended(seen) == [Outcome.OK] * 4)
        await seen.pilot.press("5")
        await seen.until(lambda: "done  " in seen.text and "paused  " not in seen.text)
        await typed(seen, "resume")
        await seen.until(lambda: "the job that is shown is not paused" in seen.text)
        await typed(seen, "pause")
        await seen.until(lambda: "no job runs that is shown" in seen.text)
        assert audit.noted == [("next wave", 3), ("next wave", 1)], "what changed nothing is on no record"


async def test_a_paused_job_begins_on_no_further_host_until_it_goes_on(temporary: Path) -> None:
    async with opened(DemoSource(DemoOptions(hosts=4, faults=False, seed=1))) as seen:
        audit = seen.engine.door.audit = Notes()
        await entered(seen, "--fanout 1 sleep 2")
        await typed(seen, "pause")
        await seen.until(lambda: "is paused: what runs goes on, and :resume begins on the others" in seen.text)
        (job,) = seen.engine.jobs.jobs
        assert job.paused
        begun = len(job.results) + 1
        await seen.until(lambda: len(job.results) == begun or job.done)
        await seen.until(lambda: f"{begun}/4 done · {begun} ok · paused" in seen.text)
        await typed(seen, "pause")
        await seen.until(lambda: "it is paused already: :resume lets it go on" in seen.text)
        assert len(job.results) == begun < 4
        await typed(seen, "cancel")
        await seen.until(lambda: job.done)
        assert ended(seen).count(Outcome.NOTRUN) == 4 - begun
        assert [act for act, _ in audit.noted] == ["pause", "cancel"] and audit.noted[1][1] == 4 - begun


async def test_the_end_of_the_program_is_on_record_for_each_job_that_it_ends(temporary: Path) -> None:
    async with opened(DemoSource(DemoOptions(hosts=4, faults=False, seed=1))) as seen:
        audit = seen.engine.door.audit = Notes()
        await entered(seen, "sleep 60")
        (job,) = seen.engine.jobs.jobs
        left = len(job.targets)
    assert audit.noted == [("quit", left)]


@pytest.mark.parametrize(("options", "told"), [("--wave 0", "--wave"), ("--gate-run true", "between waves")])
async def test_options_of_waves_that_make_no_sense_are_told_on_the_screen(
    temporary: Path, options: str, told: str
) -> None:
    async with opened(DemoSource(DemoOptions(hosts=4, faults=False, seed=1))) as seen:
        await seen.until(lambda: set(HOSTS) <= seen.ids(ConnectionState.CONNECTED))
        await seen.pilot.press("exclamation_mark")
        seen.screen.pane.line.value = f"@kvm[01-04] {options} true"
        await seen.pilot.press("enter")
        await seen.until(lambda: told in seen.text.splitlines()[-1])
        assert not seen.engine.jobs.jobs
