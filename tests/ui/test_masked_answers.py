"""`x` in the answers: those that differ in what is masked only are one group, marked as such, until `x` once more."""

from __future__ import annotations

from .conftest import open_app
from .fleet_services import FleetServices


async def test_masked_answers_are_one_group_until_the_key_is_pressed_again(fakes: FleetServices) -> None:
    async with open_app(fakes) as opened:
        await opened.press("a", "exclamation_mark", *"ls", "enter")
        (job,) = fakes.jobs.started
        for number, host in enumerate(job.hosts):
            job.end(host, out=f"{host} since 10:00:0{number}\n".encode())
        await opened.until(lambda: opened.has("4/4 done · 4 ok"))
        assert len(opened.screen.answers.lines) == 4
        opened.screen.answers.focus()
        await opened.press("x")
        await opened.until(lambda: opened.has("masked: 4 answers  <name> since <time>"))
        assert opened.has("kvm[01-04]") and len(opened.screen.answers.lines) == 1
        assert opened.screen.answers._hosts_of(opened.screen.answers.lines[0]) == set(job.hosts)
        await opened.press("x")
        await opened.until(lambda: len(opened.screen.answers.lines) == 4)
        assert not opened.has("<name>")


async def test_answers_that_come_while_it_is_on_are_masked_too(fakes: FleetServices) -> None:
    async with open_app(fakes) as opened:
        await opened.press("a", "exclamation_mark", *"ls", "enter")
        (job,) = fakes.jobs.started
        opened.screen.answers.focus()
        await opened.press("x")
        for host in job.hosts:
            job.end(host, out=f"{host} ok\n".encode())
        await opened.until(lambda: opened.has("masked: 4 answers  <name> ok"))
