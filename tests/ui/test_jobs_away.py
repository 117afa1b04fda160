"""Jobs that wait for hosts that were away, and go on by themselves: in the list, told, and called off."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Mapping
from dataclasses import replace

import pytest

from atp_tui.actions.action import Invocation
from atp_tui.engine.went_on import WentOn
from atp_tui.model.message import told
from atp_tui.model.outcome import Outcome
from atp_tui.model.ring import JobsSettings, Ring
from atp_tui.model.say import Say
from atp_tui.model.target import on_hosts
from atp_tui.ui.ringing import Ringing

from .conftest import open_app
from .fleet_services import FleetServices, rack
from .test_jobs import row, rows, run


async def test_a_job_that_waits_is_told_and_goes_on_aside() -> None:
    fakes = FleetServices(rack(4))
    news: asyncio.Queue[WentOn] = asyncio.Queue()
    waiting: dict[str, int] = {}

    async def went_on() -> AsyncIterator[WentOn]:
        while True:
            yield await news.get()

    async def call_off(job: str) -> int:
        return waiting.pop(job)

    fakes.fleet.went_on = went_on
    fakes.fleet.call_off = call_off
    fakes.fleet.waits = lambda job: waiting.get(job, 0)
    async with open_app(fakes) as opened:
        first = await run(opened, "@kvm[01-02] --when-back 24h uname -r")
        second = await run(opened, "@kvm03 id")
        assert opened.screen.jobs.jobs[1].asked.arguments["when_back"] == 86_400.0
        waiting[first.id] = 1
        first.end("kvm01", out=b"6.1\n")
        first.end("kvm02", Outcome.UNREACHABLE, None)
        await opened.until(lambda: "waiting" in row(opened, 1) and opened.has("#1 uname -r: "))  # its end is told
        invocation = Invocation("run", on_hosts("kvm02"), {"command": "uname -r"}, "somebody")
        news.put_nowait(WentOn(1, invocation, problem=told(Say.WAITS_FOR_A_WORD)))
        await opened.until(lambda: opened.has("#1 still waits: a person has to agree"))
        again = fakes.jobs.start(("kvm02",), "uname -r")
        news.put_nowait(WentOn(1, invocation, again.id, "uname -r", again.started_at))
        await opened.until(lambda: opened.has("#1 goes on as #3 on kvm02"))
        assert len(rows(opened)) == 3 and opened.screen.jobs.is_shown(second.id), "it takes nobody's place"
        again.end("kvm02", out=b"6.1\n")
        await opened.until(lambda: "done" in row(opened, 3))
        await opened.press("pagedown")
        assert opened.screen.jobs.is_shown(first.id)
        await opened.press("ctrl+c")
        await opened.until(lambda: opened.has("#1 uname -r waits no longer"))
        await opened.until(lambda: "failed" in row(opened, 1))
        assert waiting == {}


async def test_a_command_that_rings_is_told_how_the_job_ended_and_its_failure_is_told_once() -> None:
    rung: list[dict[str, str]] = []

    async def run_it(facts: Mapping[str, str]) -> str:
        rung.append(dict(facts))
        return "it ended with exit status 1"

    fakes = FleetServices(rack(4))
    settings = JobsSettings(ring_after=0.0, ring_command=("it",))
    fakes.services = replace(fakes.services, ring=settings, ring_command=run_it)
    async with open_app(fakes) as opened:
        job = await run(opened, "@kvm[01-02] id")
        job.end("kvm01", out=b"x")
        job.end("kvm02", Outcome.TIMEOUT, None)
        await opened.until(lambda: opened.has("the ring_command of [jobs] fails: it ended with exit status 1"))
        opened.screen.tell("something else")
        (await run(opened, "@kvm03 id")).end("kvm03", out=b"x")
        await opened.until(lambda: len(rung) == 2)
        await opened.pilot.pause()
        assert not opened.has("the ring_command"), "once"
    assert (rung[0]["ATP_JOB"], rung[0]["ATP_STATE"], rung[0]["ATP_HOSTS"]) == ("1", "failed", "2")
    assert (rung[0]["ATP_OK"], rung[0]["ATP_TIMEOUT"], rung[0]["ATP_FAILED"]) == ("1", "1", "0")
    assert rung[1]["ATP_STATE"] == "ok"


async def test_the_end_of_a_long_job_rings_with_no_word_of_a_host(monkeypatch: pytest.MonkeyPatch) -> None:
    rung: list[str] = []
    monkeypatch.setattr(Ringing, "write", lambda self, text: rung.append(text))
    monkeypatch.delenv("TMUX", raising=False)
    fakes = FleetServices(rack(4))
    fakes.services = replace(fakes.services, ring=JobsSettings(Ring.OSC9, 30.0))
    async with open_app(fakes) as opened:
        for number, before in ((1, 0.0), (2, 60.0)):
            job = await run(opened, "@kvm01 id")
            ticket = opened.screen.jobs.jobs[0].model.job
            opened.screen.jobs.jobs[0].model.job = replace(ticket, started_at=ticket.started_at - before)
            job.end("kvm01", out=b"\x1b]9;evil\a")
            await opened.until(lambda: not opened.screen.jobs.running)
            assert len(opened.screen.jobs.jobs) == number
        await opened.until(lambda: rung)
    assert rung == ["\x1b]9;atp-tui: job 2 on 1 host has ended: all went well\a"]
