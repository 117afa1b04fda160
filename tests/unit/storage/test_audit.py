"""The audit of the door: what is recorded of an act, and that nothing is done without."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import pytest

from atp_tui.actions.action import Action, Context, Invocation, Subject
from atp_tui.actions.door import Door, JobAct, NoAudit
from atp_tui.actions.policy import Policy
from atp_tui.config.fleet import AuditMode, FleetConfig
from atp_tui.executor.job import Job
from atp_tui.model.errors import ActionFailed, ReadOnly
from atp_tui.model.outcome import CommandResult, Outcome
from atp_tui.model.target import on_hosts
from atp_tui.storage.audit import FileAudit, Person, audit_of
from atp_tui.storage.audit_file import AuditFile

CONTEXT = cast(Context, None)


class Painted:
    def __init__(self) -> None:
        self.done: list[tuple[str, ...]] = []
        self.fails: Exception | None = None

    async def run(self, context: Context, invocation: Invocation) -> Job | None:
        self.done.append(invocation.hosts)
        if self.fails is not None:
            raise self.fails
        return None

    def action(self, *, changes: bool = True) -> Action:
        from atp_tui.actions.action import Argument

        words = (Argument("command", "words", required=False, rest=True),)
        return Action("paint", "paint", None, "paint it", Subject.HOSTS, changes, self.run, arguments=words)


def audit_in(folder: Path, warned: list[str] | None = None) -> FileAudit:
    person = Person.here("ada", {"SUDO_USER": "bob", "SSH_CONNECTION": "192.0.2.7 50000 192.0.2.1 22"})
    return FileAudit(AuditFile(folder, patience=0.1), person, (warned if warned is not None else []).append)


def all_of(folder: Path) -> list[Path]:
    return list(folder.iterdir())


def recorded(folder: Path) -> list[dict[str, Any]]:
    return list(AuditFile(folder).records())


async def test_an_act_is_recorded_before_it_is_done_and_its_end_after(tmp_path: Path) -> None:
    painted = Painted()
    async with audit_in(tmp_path) as audit:
        door = Door(CONTEXT, audit=audit, actions=(painted.action(),))
        await door.perform(Invocation("paint", on_hosts("a", "b"), {"command": "red"}))
        painted.fails = ActionFailed("no paint")
        with pytest.raises(ActionFailed, match="no paint"):
            await door.perform(Invocation("paint", on_hosts("c")))
    _, asked, ended, again, failed = recorded(tmp_path)
    assert (asked["act"], asked["targets"], asked["arguments"]) == ("paint", ["a", "b"], {"command": "red"})
    assert asked["by"].items() >= {"user": "ada", "sudo_user": "bob", "address": "192.0.2.7"}.items()
    assert (ended["of"], ended["outcome"]) == (asked["n"], "done")
    assert (failed["of"], failed["outcome"], failed["why"]) == (again["n"], "failed", "no paint")
    assert AuditFile(tmp_path).verify().holds


async def test_what_is_refused_is_recorded_and_what_changes_nothing_is_not(tmp_path: Path) -> None:
    painted = Painted()
    async with audit_in(tmp_path) as audit:
        door = Door(CONTEXT, Policy(read_only=True), audit, (painted.action(),))
        with pytest.raises(ReadOnly):
            await door.perform(Invocation("paint", on_hosts("a")))
        looks = Door(CONTEXT, audit=audit, actions=(painted.action(changes=False),))
        await looks.perform(Invocation("paint", on_hosts("a")))
    kinds = [(record["kind"], record.get("why", "")) for record in recorded(tmp_path)]
    assert [kind for kind, _ in kinds] == ["began", "refused"] and "--read-only" in kinds[1][1]
    assert painted.done == [("a",)]


def no_folder(folder: Path) -> None:
    folder.write_text("a file is in the way")


def unwritable(folder: Path) -> None:
    folder.mkdir()
    os.symlink("/dev/full", folder / "audit.jsonl")


@pytest.mark.parametrize("spoil", [no_folder, unwritable])
async def test_nothing_is_done_where_it_cannot_be_recorded(tmp_path: Path, spoil: Callable[[Path], None]) -> None:
    painted, warned = Painted(), list[str]()
    spoil(tmp_path / "state")
    async with audit_in(tmp_path / "state", warned) as audit:
        door = Door(CONTEXT, audit=audit, actions=(painted.action(),))
        with pytest.raises(ActionFailed, match=r'cannot be recorded in .*audit\.jsonl .*audit = "off"'):
            await door.perform(Invocation("paint", on_hosts("a")))
    assert painted.done == []


async def test_an_end_that_cannot_be_recorded_is_told_once(tmp_path: Path) -> None:
    painted, warned = Painted(), list[str]()
    async with audit_in(tmp_path / "state", warned) as audit:
        record = await audit.asked(painted.action(), Invocation("paint", on_hosts("a")))
        (tmp_path / "state").rename(tmp_path / "gone")
        no_folder(tmp_path / "state")
        audit.ended(record, None)
        audit.ended(record, None)
        await asyncio.sleep(0)
    assert len(warned) == 1 and "how acts end, and cancels, are not recorded" in warned[0]


async def test_what_may_be_a_secret_is_not_recorded(tmp_path: Path) -> None:
    painted = Painted()
    async with audit_in(tmp_path) as audit:
        door = Door(CONTEXT, audit=audit, actions=(painted.action(),))
        await door.perform(Invocation("paint", on_hosts("a"), {"command": "mysql --password=geheim -e 'x'"}))
    asked = recorded(tmp_path)[1]
    assert (asked["arguments"], asked["masked"]) == ({}, ["command"])
    assert not any(b"geheim" in each.read_bytes() for each in all_of(tmp_path))


async def test_the_command_of_a_gate_is_taken_as_a_command_is(tmp_path: Path) -> None:
    async with audit_in(tmp_path) as audit:
        for gate in ("test $(uptime) != no && echo {host} >> /tmp/gates", "check --password=geheim"):
            await audit.asked(Painted().action(), Invocation("paint", on_hosts("a"), {"gate_run": gate}))
    _, kept, masked = recorded(tmp_path)
    assert "masked" not in kept and kept["arguments"]["gate_run"].startswith("test ")
    assert (masked["masked"], masked["arguments"]) == (["gate_run"], {})


async def test_the_end_of_a_job_is_recorded_with_its_counts(tmp_path: Path) -> None:
    calls: list[Callable[[], None]] = []
    results = {
        host: CommandResult(host, outcome, None, b"", b"", 0.0, None, may_still_run=outcome is Outcome.UNKNOWN)
        for host, outcome in (("a", Outcome.OK), ("b", Outcome.OK), ("c", Outcome.UNKNOWN))
    }
    job = cast(Job, SimpleNamespace(id="j1", results=results, when_done=calls.append, gate_runs=3))
    async with audit_in(tmp_path) as audit:
        record = await audit.asked(Painted().action(), Invocation("paint", on_hosts("a", "b", "c")))
        audit.started(record, job)
        audit.steered(JobAct.PAUSE, "j1", on_hosts("b", "c"))
        calls[0]()
        audit.steered(JobAct.CALL_OFF, "j0", on_hosts("d"))
    *_, paused, ended, called_off = recorded(tmp_path)
    assert (paused["kind"], paused["act"], paused["job"]) == ("job steered", "pause", "j1")
    assert (paused["of"], paused["targets"], paused["by"]["user"]) == (record, ["b", "c"], "ada")
    assert (called_off["act"], called_off["job"], called_off.get("of")) == ("call off", "j0", None), "of no act of here"
    assert (ended["kind"], ended["of"], ended["job"]) == ("job ended", record, "j1")
    assert ended["gate_runs"] == 3
    assert (ended["counts"], ended["may_still_run"]) == ({"ok": 2, "unknown": 1}, ["c"])


def test_the_configuration_says_whether_it_is_kept(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.delenv("XDG_STATE_HOME", raising=False)
    config = FleetConfig(tmp_path / "hosts.toml")
    assert isinstance(audit_of(config, print, "run"), FileAudit)
    assert isinstance(audit_of(FleetConfig(config.path, audit=AuditMode.OFF), print, "run"), NoAudit)
    assert isinstance(audit_of(FleetConfig(), print, "run"), NoAudit), "the demo's hosts are none"
