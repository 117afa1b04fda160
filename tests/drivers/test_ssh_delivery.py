"""What goes along with a command, over a real sshd: directory, environment, script, input, and what is seen of it."""

from __future__ import annotations

import asyncio
import hashlib
import os
import tempfile
from collections.abc import Callable
from pathlib import Path

import pytest

from atp_tui.executor.carrying import carried, digest_of
from atp_tui.model.delivery import Delivery
from atp_tui.model.host import HostInfo
from atp_tui.model.outcome import Command, ExitStatus, Stream

from ..daemons.sshd import PrivateSshd, running_sshd
from .ssh_links import HANG, linked

pytestmark = pytest.mark.daemons

HOST = HostInfo("kvm01", "127.0.0.1", metadata={"rack": "a 'b"})


async def until(holds: Callable[[], object]) -> None:
    while not holds():  # noqa: ASYNC110 - a process has no event of ours
        await asyncio.sleep(0.02)


def runs(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False


async def sent(sshd: PrivateSshd, command: Command) -> tuple[ExitStatus, bytes, bytes]:
    output: dict[Stream, bytes] = {"stdout": b"", "stderr": b""}

    def take(stream: Stream, data: bytes) -> None:
        output[stream] += data

    async with linked(sshd) as link, asyncio.timeout(HANG):
        status = await link.run(command, take, None)
    return status, output["stdout"], output["stderr"]


def scripted(text: str, *arguments: str, **more: object) -> Command:
    return carried("", Delivery(script="s", digest=digest_of(text), text=text, arguments=arguments, **more), HOST)  # type: ignore[arg-type]


async def test_directory_and_environment(sshd: PrivateSshd, tmp_path: Path) -> None:
    where = tmp_path / "kvm01 it's"
    where.mkdir()
    delivery = Delivery(
        chdir=f"{tmp_path}/{{host}} it's", names=("A", "B_1", "n"), values=("x y", "two\n'lines'\n", "{meta.rack}")
    )
    command = carried("""pwd; printf '%s|' "$A" "$B_1" "$n"; cat; exit 3""", delivery, HOST)
    assert b"lines" not in command.line.encode()
    found = await sent(sshd, Command(command.line, command.stdin + b"input"))
    assert found == (ExitStatus(3), f"{where}\nx y|two\n'lines'\n|a 'b|input".encode(), b"")


async def test_a_directory_that_is_not_there_runs_nothing(sshd: PrivateSshd) -> None:
    status, stdout, stderr = await sent(sshd, carried("echo ran", Delivery(chdir="/no/such"), HOST))
    assert (status, stdout) == (ExitStatus(1), b"")
    assert b"/no/such" in stderr


async def test_the_home_there_is_written_with_a_tilde(sshd: PrivateSshd) -> None:
    home = (await sent(sshd, Command("cd && pwd")))[1]
    assert (await sent(sshd, carried("pwd", Delivery(chdir="~"), HOST)))[1] == home


@pytest.mark.parametrize(
    ("text", "stdout"),
    [
        ('printf "%s|" "$@"; cat', b"a b|kvm01||input"),
        ("#!/bin/sh -e\nfalse\necho not\n", b""),
        (
            "#!/usr/bin/env python3\nimport sys; print(sys.argv[1:], sys.stdin.read())",
            b"['a b', 'kvm01', ''] input\n",
        ),
        ("#!/bin/bash\nset -o pipefail\necho \"${BASH_VERSION:+bash}\" '\\n' $1", b"bash \\n a b\n"),
        ("cat /dev/fd/3 | head -c 5", b"cat /"),
        ("# it's a \"quote\" `here` $(there)\n  echo '  kept'\\\\\n", b"  kept\\\n"),
    ],
)
async def test_a_script_with_its_arguments_and_input(sshd: PrivateSshd, text: str, stdout: bytes) -> None:
    command = scripted(text, "a b", "{host}", "")
    found = await sent(sshd, Command(command.line, command.stdin + b"input"))
    assert found[1:] == (stdout, b"")


async def test_a_script_leaves_no_file_and_shows_nothing(tmp_path: Path) -> None:
    own = tmp_path / "own"
    own.mkdir()
    with running_sshd(tmp_path / "sshd", options=[f"SetEnv TMPDIR={own}"]) as daemon:
        text = "#!/bin/sh\n# hidden-word\n"
        text += "tr '\\0' ' ' </proc/$PPID/cmdline; ps -o args= -s $$ 2>&1; ls -A $TMPDIR; echo $X"
        command = scripted(text, names=("X",), values=("secret-value",))
        _, stdout, _ = await sent(daemon, command)
        assert stdout.splitlines()[-1] == b"secret-value"
        assert b"hidden-word" not in stdout
        assert stdout.count(b"secret-value") == 1
        assert not os.listdir(own)
        cut = command.stdin[: command.stdin.index(b"hidden")]
        status, stdout, stderr = await sent(daemon, Command(command.line, cut))
        assert (status, stdout, stderr) == (ExitStatus(1), b"", b"the script did not arrive whole\n")
        assert not os.listdir(own)


async def test_a_script_ends_with_its_command(sshd: PrivateSshd, tmp_path: Path) -> None:
    mark = tmp_path / "pid"
    async with linked(sshd) as link:
        text = f"echo $$ >{mark}; trap '' TERM; sleep 300; sleep 300"
        task = asyncio.create_task(link.run(scripted(text), lambda stream, data: None, None))
        async with asyncio.timeout(HANG):
            await until(lambda: mark.exists() and mark.read_text() != "")
            task.cancel()
            with pytest.raises(asyncio.CancelledError):
                await task
            pid = int(mark.read_text())
            await until(lambda: not runs(pid))


async def test_an_input_from_a_file_comes_whole_on_each_host(sshd: PrivateSshd) -> None:
    data = os.urandom(3 << 20)
    with tempfile.TemporaryFile() as file:
        file.write(data)
        file.flush()
        wanted = hashlib.sha256(data).hexdigest().encode()
        plain = carried("sha256sum", Delivery(input_size=len(data), source=file.fileno()), HOST)
        both = await asyncio.gather(*(sent(sshd, plain) for _ in range(3)))
        assert [found[1].split()[0] for found in both] == [wanted] * 3
        command = scripted("sha256sum", input_size=len(data), source=file.fileno())
        assert (await sent(sshd, command))[1].split()[0] == wanted
        left = carried("exit 4", Delivery(input_size=len(data), source=file.fileno()), HOST)
        assert (await sent(sshd, left))[0] == ExitStatus(4)
        slow = carried("sleep 0.3; sha256sum", Delivery(chdir="/", input_size=1, source=file.fileno()), HOST)
        assert (await sent(sshd, slow))[1].split()[0] == wanted


async def test_an_input_that_cannot_be_read_is_no_shorter_input(sshd: PrivateSshd, tmp_path: Path) -> None:
    descriptor = os.open(tmp_path, os.O_RDONLY)
    try:
        with pytest.raises(IsADirectoryError):
            await sent(sshd, carried("cat", Delivery(input_size=1, source=descriptor), HOST))
    finally:
        os.close(descriptor)
