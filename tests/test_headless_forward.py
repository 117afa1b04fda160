"""`forward` as a person meets it: a real process against a real sshd, until Ctrl+C."""

from __future__ import annotations

import asyncio
import json
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.daemons.hosts_toml import host_table, ssh_table
from tests.daemons.sshd import PrivateSshd
from tests.drivers.test_ssh_forwards import target
from tests.test_headless import atp, written

pytestmark = pytest.mark.daemons

HANG = 30.0


@pytest.fixture(autouse=True)
def state(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))


@pytest.fixture
def config(tmp_path: Path, sshd: PrivateSshd) -> str:
    hosts = [host_table(name, None, ssh_table(sshd), tags) for name, tags in (("kvm1", ()), ("db1", ("prod",)))]
    return written(tmp_path / "hosts.toml", '[guard]\nprotected = ["prod"]\n', *hosts)


@contextmanager
def started(*words: str) -> Iterator[subprocess.Popen[str]]:
    command = ["env", "--default-signal=INT", sys.executable, "-m", "atp_tui", "forward", *words]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
        try:
            yield process
        finally:
            process.kill()


async def test_it_says_where_it_listens_and_at_the_end_what_was_carried(config: str, tmp_path: Path) -> None:
    async with target() as port:
        with started("--config", config, "kvm1", f"0:localhost:{port}", "0:127.0.0.1:1") as process:
            assert process.stdout is not None
            lines = [await asyncio.to_thread(process.stdout.readline) for _ in range(2)]
            ports = [int(line.split()[1].rpartition(":")[2]) for line in lines]
            assert lines == [
                f"kvm1: 127.0.0.1:{ports[0]} leads to localhost:{port}\n",
                f"kvm1: 127.0.0.1:{ports[1]} leads to 127.0.0.1:1\n",
            ]
            reader, writer = await asyncio.open_connection("127.0.0.1", ports[0])
            writer.write(b"hello")
            writer.write_eof()
            assert await reader.read() == b"hello5"
            writer.close()
            reader, writer = await asyncio.open_connection("127.0.0.1", ports[1])
            with pytest.raises(ConnectionResetError):
                await reader.read()
            writer.close()
            process.send_signal(signal.SIGINT)
            _, err = await asyncio.to_thread(process.communicate, timeout=HANG)
    assert (process.returncode, err.splitlines()) == (
        130,
        [
            "atp-tui: kvm1: kvm1 does not reach 127.0.0.1:1: Connection refused",
            f"atp-tui: 127.0.0.1:{ports[0]}: 1 connection; 5 bytes sent, 6 bytes received",
            f"atp-tui: 127.0.0.1:{ports[1]}: 1 connection, 1 of them failed; 0 bytes sent, 0 bytes received",
        ],
    )
    _, asked, ended = json.loads(atp("audit", "--json").stdout)["records"]
    assert (asked["act"], asked["targets"], ended["outcome"]) == ("forward", ["kvm1"], "done")


async def test_jsonl_has_a_line_for_each_thing(config: str) -> None:
    with started("--config", config, "kvm1", "0:127.0.0.1:1", "--jsonl") as process:
        assert process.stdout is not None
        first = json.loads(await asyncio.to_thread(process.stdout.readline))
        assert (first["host"], first["state"], first["event"], first["far"]) == ("kvm1", "open", None, "127.0.0.1:1")
        _, writer = await asyncio.open_connection("127.0.0.1", first["port"])
        second = json.loads(await asyncio.to_thread(process.stdout.readline))
        writer.close()
        assert (second["event"], second["failed"]) == ("reach-refused", 1)
        process.send_signal(signal.SIGTERM)
        out, err = await asyncio.to_thread(process.communicate, timeout=HANG)
    assert (process.returncode, err, json.loads(out)["total"]) == (143, "", 1)


@pytest.mark.parametrize(
    ("words", "status", "why"),
    [
        (("kvm1", "8080"), 2, "not a forward: '8080'; it is written [BIND:]PORT:TARGET:PORT"),
        (("@all", "0:x:80"), 2, "2 hosts are meant"),
        (("nosuch", "0:x:80"), 2, "nosuch"),
        (("kvm1", "0:x:80", "192.0.2.1:0:x:80", "--yes"), 1, "192.0.2.1:0 is no address of this machine"),
        (("kvm1", "*:0:x:80"), 2, "other machines can connect to 0.0.0.0:0, and so to x:80 by way of kvm1"),
        (("db1", "0:x:80"), 2, "prod"),
    ],
)
def test_what_is_refused_says_why_and_opens_nothing(config: str, words: tuple[str, ...], status: int, why: str) -> None:
    done = atp("forward", "--config", config, *words)
    assert (done.returncode, done.stdout) == (status, "")
    assert why in done.stderr


def test_read_only_forwards_nothing(config: str) -> None:
    done = atp("--read-only", "--config", config, "forward", "kvm1", "0:x:80")
    assert (done.returncode, done.stdout) == (2, "")
    assert "read-only" in done.stderr
