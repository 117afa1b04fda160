"""Commands over a real sshd: status, signal, output, stdin."""

from __future__ import annotations

import asyncio
import hashlib
import os
from pathlib import Path

import pytest

from atp_tui.model.errors import CallFailed, CallTimeout
from atp_tui.model.outcome import Command, ExitStatus, Stream

from ..daemons.sshd import PrivateSshd, running_sshd
from .ssh_links import HANG, Sleeper, linked, run

pytestmark = pytest.mark.daemons

MIB = 1024 * 1024


@pytest.mark.parametrize(
    ("line", "status", "stdout", "stderr"),
    [
        ("true", 0, b"", b""),
        ("exit 7", 7, b"", b""),
        ("echo out; echo err >&2", 0, b"out\n", b"err\n"),
        ("""echo "it's" 'a "word"' back\\\\slash $((1+1)) `echo old`""", 0, b'it\'s a "word" back\\slash 2 old\n', b""),
        ("echo one\necho two\nexit 3", 3, b"one\ntwo\n", b""),
        ("cat <<END\nhere $((2*2))\nEND", 0, b"here 4\n", b""),
        ("echo hidden | tr a-z A-Z", 0, b"HIDDEN\n", b""),
        ("printf '\\377\\000\\001'", 0, b"\xff\x00\x01", b""),
        ("echo wé 中", 0, "wé 中\n".encode(), b""),
        ("(sleep 0.1; echo child) & wait; echo parent", 0, b"child\nparent\n", b""),
        ("(sleep 0.3; echo late) & echo now", 0, b"now\nlate\n", b""),
        ("echo $t$g$x", 0, b"\n", b""),
        ("exec >&- 2>&-; sleep 0.2; exit 5", 5, b"", b""),
        ("cat", 0, b"", b""),
        ("echo " + "x" * 40_000, 0, b"x" * 40_000 + b"\n", b""),
    ],
)
async def test_a_command(sshd: PrivateSshd, line: str, status: int, stdout: bytes, stderr: bytes) -> None:
    async with linked(sshd) as link:
        assert await run(link, line) == (ExitStatus(status), stdout, stderr)


async def test_a_signal_is_told_from_a_status(sshd: PrivateSshd) -> None:
    async with linked(sshd) as link:
        assert (await run(link, "kill -KILL $$"))[0] == ExitStatus(None, "KILL")
        assert (await run(link, "kill -TERM $$"))[0] == ExitStatus(None, "TERM")


async def test_a_syntax_error_is_the_commands_own(sshd: PrivateSshd) -> None:
    async with linked(sshd) as link:
        status, stdout, stderr = await run(link, "if")
    assert status.status not in (0, None)
    assert (stdout, b"syntax error" in stderr.lower()) == (b"", True)


@pytest.mark.parametrize("size", [1, 5000, 32 * 1024, 32 * 1024 + 1, 3 * MIB])
async def test_stdin_arrives_whole_and_ends(sshd: PrivateSshd, size: int) -> None:
    stdin = os.urandom(size)
    async with linked(sshd) as link:
        status, stdout, stderr = await run(link, "sha256sum", stdin)
    assert (status, stderr) == (ExitStatus(0), b"")
    assert stdout.split()[0].decode() == hashlib.sha256(stdin).hexdigest()


@pytest.mark.parametrize("size", [1000, 3 * MIB])
async def test_a_command_may_leave_its_stdin_unread(sshd: PrivateSshd, size: int) -> None:
    async with linked(sshd) as link:
        assert await run(link, "exit 4", b"x" * size) == (ExitStatus(4), b"", b"")


async def test_stdin_leaves_no_file(tmp_path: Path) -> None:
    own = tmp_path / "temporary"
    own.mkdir()
    with running_sshd(tmp_path / "sshd", options=[f"SetEnv SHLVL=2 TMPDIR={own}"]) as daemon:
        async with linked(daemon) as link:
            for size in (10, 100_000):
                # what is there while the command runs is all that could be left of it
                status, listed, _ = await run(link, "cat >/dev/null; echo $TMPDIR; ls -A $TMPDIR", b"x" * size)
                assert (status, listed) == (ExitStatus(0), f"{own}\n".encode())


async def test_sixty_megabytes_pass_through_in_little_memory(sshd: PrivateSshd) -> None:
    received = 0

    def count(stream: Stream, data: bytes) -> None:
        nonlocal received
        received += len(data)

    async with linked(sshd) as link:
        await run(link, "true")
        before = _new_peak()
        status = await link.run(Command("head -c 60000000 /dev/zero"), count, 60)
    assert (status, received) == (ExitStatus(0), 60_000_000)
    assert _peak() - before < 20 * MIB


def _new_peak() -> int:
    """The peak of resident memory, which starts anew."""
    Path("/proc/self/clear_refs").write_text("5")
    return _peak()


def _peak() -> int:
    line = next(line for line in Path("/proc/self/status").read_text().splitlines() if line.startswith("VmHWM"))
    return int(line.split()[1]) * 1024


async def test_eight_commands_at_once(sshd: PrivateSshd) -> None:
    async with linked(sshd) as link:
        done = await asyncio.gather(*(run(link, f"sleep 0.1; echo {n}; exit {n}") for n in range(8)))
    assert done == [(ExitStatus(n), f"{n}\n".encode(), b"") for n in range(8)]


async def test_a_session_too_many_fails_alone(sshd: PrivateSshd) -> None:
    sleeper = Sleeper()
    async with linked(sshd) as link:
        async with asyncio.timeout(HANG), asyncio.TaskGroup() as group:
            tasks = [group.create_task(run(link, sleeper.line)) for _ in range(9)]
            await sleeper.runs(9)
            with pytest.raises(CallFailed, match="MaxSessions"):
                await run(link, "true")
            assert link.is_alive()
            for task in tasks:
                task.cancel()
        await sleeper.is_gone()
        assert (await run(link, "true"))[0] == ExitStatus(0)


async def test_a_sink_that_raises_ends_its_command_and_nothing_else(sshd: PrivateSshd) -> None:
    def refuse(stream: Stream, data: bytes) -> None:
        raise TimeoutError("the sink's own")

    sleeper = Sleeper()
    async with linked(sshd) as link:
        with pytest.raises(TimeoutError, match="the sink's own"):
            await link.run(Command(f"echo word; {sleeper.line}"), refuse, HANG)
        await sleeper.is_gone()
        assert (await run(link, "true"))[0] == ExitStatus(0)


async def test_a_job_left_in_the_background_holds_nobody_up_and_lives_on(sshd: PrivateSshd) -> None:
    sleeper = Sleeper()
    try:
        async with linked(sshd) as link:
            async with asyncio.timeout(HANG):
                assert await run(link, f"{sleeper.line} & echo started") == (ExitStatus(0), b"started\n", b"")
            assert len(sleeper.sleeping()) == 1
            await link.close()
        await asyncio.sleep(0.2)
        assert len(sleeper.sleeping()) == 1
    finally:
        sleeper.kill()


async def test_a_time_limit(sshd: PrivateSshd) -> None:
    sleeper = Sleeper()
    async with linked(sshd) as link:
        with pytest.raises(CallTimeout) as caught:
            await link.run(Command(sleeper.line), lambda stream, data: None, 0.3)
        assert caught.value.host == "peer"
        await sleeper.is_gone()
        assert link.is_alive()
