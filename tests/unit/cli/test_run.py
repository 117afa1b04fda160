"""`run` over the real engine and a loopback driver."""

from __future__ import annotations

import asyncio
import base64
import json
import signal
from dataclasses import replace

import pytest

from atp_tui.cli.arguments import Arguments
from atp_tui.cli.interrupt import Interrupt, run_verb
from atp_tui.cli.run import run
from atp_tui.cli.words import ending
from atp_tui.config.fleet import FleetConfig
from atp_tui.drivers.sources import FileSource
from atp_tui.drivers.wiring import Drivers
from atp_tui.model.errors import AuthFailed, ConfigError, ConnectFailed
from atp_tui.model.host import HostInfo
from atp_tui.model.message import text, told
from atp_tui.model.outcome import Command, CommandResult, ExitStatus, Outcome, OutputSink
from atp_tui.model.say import Say
from atp_tui.model.settings import Channel
from tests.fakes.loopback import LoopbackDriver

HOSTS = tuple(
    HostInfo(name, "192.0.2.1", uri=uri, tags=("t",)) for name, uri in (("b", None), ("a", "test:///default"))
)


class OneDriver(Drivers):
    """Every channel is served by the loopback driver."""

    def __init__(self, driver: LoopbackDriver) -> None:
        super().__init__()
        self._driver = driver
        self.asked: list[tuple[str, str]] = []

    def __call__(self, host: HostInfo, channel: Channel) -> LoopbackDriver:
        self.asked.append((host.id, channel))
        return self._driver


def source_of(driver: LoopbackDriver) -> FileSource:
    source = FileSource(FleetConfig(hosts=HOSTS))
    source.drivers = OneDriver(driver)
    return source


async def run_on(driver: LoopbackDriver, targets: str, *, as_json: bool = True) -> int:
    arguments = Arguments("run", targets=(targets,), command="uname -r", json=as_json)
    async with asyncio.timeout(30):
        return await run(arguments, source_of(driver), Interrupt(lambda: None))


async def test_the_json_shape(capsys: pytest.CaptureFixture[str]) -> None:
    driver = LoopbackDriver()
    assert await run_on(driver, "@t") == 0
    printed = json.loads(capsys.readouterr().out)
    assert list(printed) == ["results", "truncated"]
    assert printed["truncated"] is False
    assert [entry["host"] for entry in printed["results"]] == ["a", "b"]
    entry = printed["results"][0]
    assert entry["duration"] >= 0
    assert {name: entry[name] for name in ("outcome", "exit_status", "stdout", "stderr", "error")} == {
        "outcome": "ok",
        "exit_status": 0,
        "stdout": "a: uname -r\n",
        "stderr": "",
        "error": None,
    }


async def test_only_the_ssh_connections_of_the_targets_are_opened() -> None:
    drivers = OneDriver(LoopbackDriver())
    source = FileSource(FleetConfig(hosts=HOSTS))
    source.drivers = drivers
    assert await run(Arguments("run", targets=("a",), command="true"), source, Interrupt(lambda: None)) == 0
    assert drivers.asked == [("a", "ssh")]


async def test_exit_statuses() -> None:
    async def shell(host_id: str, command: Command, output: OutputSink) -> ExitStatus:
        return ExitStatus(4 if host_id == "a" else 0)

    driver = LoopbackDriver(shell=shell)
    assert await run_on(driver, "b") == 0
    assert await run_on(driver, "@all") == 1
    driver.refuse["b"] = ConnectFailed("refused")
    assert await run_on(driver, "@all") == 3
    driver.refuse["b"] = AuthFailed("permission denied")
    assert await run_on(driver, "@all") == 3
    with pytest.raises(ConfigError, match="no such host"):
        await run_on(driver, "nosuch")


async def test_output_that_was_cut_is_told_in_json_by_status_field_and_words(
    capsys: pytest.CaptureFixture[str],
) -> None:
    async def shell(host_id: str, command: Command, output: OutputSink) -> ExitStatus:
        output("stdout", b"x" * ((1 << 20) + (host_id == "a")))
        return ExitStatus(0)

    assert await run_on(LoopbackDriver(shell=shell), "b") == 0
    assert "cut" not in capsys.readouterr().err
    assert await run_on(LoopbackDriver(shell=shell), "@all") == 4
    out, err = capsys.readouterr()
    printed = json.loads(out)
    assert printed["truncated"] is True
    assert [(entry["host"], entry["truncated"]) for entry in printed["results"]] == [("a", True), ("b", False)]
    assert err == "atp-tui: output was cut on a: without --json all of it comes\n"


async def test_bytes_that_are_no_text_can_be_had_again(capsys: pytest.CaptureFixture[str]) -> None:
    async def shell(host_id: str, command: Command, output: OutputSink) -> ExitStatus:
        output("stdout", b"M\xfcnchen\n")
        output("stderr", "Köln\n".encode())
        return ExitStatus(0)

    assert await run_on(LoopbackDriver(shell=shell), "a") == 0
    (entry,) = json.loads(capsys.readouterr().out)["results"]
    assert entry["stdout"] == "M\ufffdnchen\n"
    assert base64.b64decode(entry["stdout_base64"]) == b"M\xfcnchen\n"
    assert entry["stderr"] == "Köln\n"
    assert "stderr_base64" not in entry


async def test_what_is_streamed_is_never_cut(capfd: pytest.CaptureFixture[str]) -> None:
    async def shell(host_id: str, command: Command, output: OutputSink) -> ExitStatus:
        for n in range(300):
            room = output("stdout", f"{n:04}".encode() * 5_000 + b"\n" * (n % 100 == 99))
            if room is not None:
                await room
        return ExitStatus(0)

    assert await run_on(LoopbackDriver(shell=shell), "a", as_json=False) == 0
    expected = "".join(f"{n:04}" * 5_000 + "\na: " * (n % 100 == 99) for n in range(300))
    assert capfd.readouterr().out == "a: " + expected.removesuffix("a: ")


async def test_lines_come_with_their_host_and_no_control_byte(capfd: pytest.CaptureFixture[str]) -> None:
    async def shell(host_id: str, command: Command, output: OutputSink) -> ExitStatus:
        output("stdout", b"one\r\ntw")
        output("stderr", b"\x1b]0;owned\x07\x9b2J[red]")
        output("stdout", b"o\n\xe2\x82\xac last")
        return ExitStatus(None, "KILL")

    assert await run_on(LoopbackDriver(shell=shell), "a", as_json=False) == 1
    out, err = capfd.readouterr()
    assert out == "a: one\na: two\na: € last\n"
    assert err.splitlines()[-1] == "atp-tui: a: killed by SIGKILL"
    assert "owned" in err
    assert not any(ord(character) < 32 or 0x7F <= ord(character) < 0xA0 for character in (out + err).replace("\n", ""))


async def test_an_interrupt_cancels_and_still_prints(capsys: pytest.CaptureFixture[str]) -> None:
    async def shell(host_id: str, command: Command, output: OutputSink) -> ExitStatus:
        if host_id == "b":
            interrupt.heard(signal.SIGINT)
        await asyncio.Event().wait()
        raise AssertionError

    interrupt = Interrupt(lambda: pytest.fail("the verb has its own way"))
    driver = LoopbackDriver(shell=shell)
    arguments = Arguments("run", targets=("@all",), command="sleep 100", json=True)
    async with asyncio.timeout(30):
        await run(arguments, source_of(driver), interrupt)
    assert interrupt.exit_status == 130
    assert {entry["outcome"] for entry in json.loads(capsys.readouterr().out)["results"]} == {"cancelled"}
    assert not driver.running


async def test_what_may_still_run_is_counted_apart(capsys: pytest.CaptureFixture[str]) -> None:
    async def shell(host_id: str, command: Command, output: OutputSink) -> ExitStatus:
        if host_id == "b":
            interrupt.heard(signal.SIGINT)
        await asyncio.Event().wait()
        raise AssertionError

    async def has_ended(host_id: str) -> bool:
        return host_id == "a"

    driver = LoopbackDriver(shell=shell)
    driver.has_ended = has_ended  # type: ignore[method-assign]
    for as_json in (True, False):
        arguments = Arguments("run", targets=("@all",), command="sleep 100", json=as_json, gather=not as_json)
        interrupt = Interrupt(lambda: pytest.fail("the verb has its own way"))
        async with asyncio.timeout(30):
            assert await run(arguments, source_of(driver), interrupt) == 5
        out = capsys.readouterr().out
        if as_json:
            results = {entry["host"]: entry for entry in json.loads(out)["results"]}
            assert [results[host]["outcome"] for host in "ab"] == ["cancelled", "unconfirmed"]
            assert [results[host]["may_still_run"] for host in "ab"] == [False, True]
        else:
            assert out.splitlines() == ["a (1): cancelled", "b (1): cancelled, not confirmed: may still run"]


@pytest.mark.parametrize(("status", "ends_with"), [(0, 130), (3, 130), (5, 5)])
def test_that_something_may_still_run_is_told_after_a_signal_too(status: int, ends_with: int) -> None:
    async def verb(interrupt: Interrupt) -> int:
        interrupt.heard(signal.SIGINT)
        return status

    assert run_verb(verb) == ends_with


def test_endings() -> None:
    ok = CommandResult("a", Outcome.OK, 0, b"", b"", 0.1)
    assert ending(replace(ok, outcome=Outcome.FAILED, exit_status=7)) == "exit status 7"
    assert ending(replace(ok, outcome=Outcome.UNREACHABLE, error=text("refused"))) == "unreachable: refused"
    assert ending(replace(ok, outcome=Outcome.CANCELLED, error=told(Say.CANCELLED))) == "cancelled"
    assert ending(ok) == "ok"
