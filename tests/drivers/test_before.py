"""`[ssh] before` as real programs: shared by hosts, bounded, cut, and told where they fail."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from pathlib import Path

import pytest

from atp_tui.config.load import load
from atp_tui.drivers.ssh.before import MOST_AT_A_TIME, Before
from atp_tui.drivers.ssh.driver import SshDriver
from atp_tui.model.causes import Cause
from atp_tui.model.errors import ConfigErrors, ConnectFailed
from atp_tui.model.host import HostInfo
from atp_tui.model.settings import SshSettings, TransportConfig
from atp_tui.transport.clock import LoopClock
from atp_tui.transport.dialer import Dialer
from atp_tui.transport.driver import Progress
from atp_tui.transport.gate import Gate

from ..daemons.sshd import PrivateSshd
from .ssh_links import Sleeper, answers, fails, host_of, until


def _shell(line: str) -> tuple[str, ...]:
    return ("sh", "-c", line)


def _hosts(number: int, *words: str, **more: float) -> list[HostInfo]:
    settings = SshSettings(before=words, **more)  # type: ignore[arg-type] # of one field alone
    return [HostInfo(f"h{at}", f"192.0.2.{at}", uri=None, ssh=settings) for at in range(number)]


async def _run_all(before: Before, hosts: list[HostInfo]) -> list[BaseException | None]:
    return await asyncio.gather(*(before.run(host, Progress()) for host in hosts), return_exceptions=True)


@pytest.mark.daemons
async def test_it_runs_before_the_connection_with_the_hosts_own_words_and_nothing_to_read(
    sshd: PrivateSshd, tmp_path: Path
) -> None:
    told = tmp_path / "told"
    line = 'read word; echo "$0 $1 ${word:-nothing}" >> "$2"'
    before = (*_shell(line), "{host}", "{address}", str(told))
    assert await answers(host_of(sshd, replace(sshd.ssh_settings(), before=before)))
    assert told.read_text() == "peer 127.0.0.1 nothing\n"
    refused = replace(sshd.ssh_settings(), before=_shell("echo first >&2; printf 'no\\033[2J way\\n' >&2; exit 3"))
    error = await fails(host_of(sshd, refused))
    assert isinstance(error, ConnectFailed)
    assert (error.kind, error.permanent) == (Cause.BEFORE_FAILED, False)
    assert error.message.endswith("(sh, [ssh] before) failed: it ended with exit status 3: no␛[2J way")


async def test_hosts_with_the_same_words_share_a_run_and_one_host_has_it_anew(tmp_path: Path) -> None:
    ran, before = tmp_path / "ran", Before()
    hosts = _hosts(200, *_shell(f"echo >> {ran}"))
    assert await _run_all(before, hosts[:150]) == [None] * 150
    assert await _run_all(before, hosts[150:]) == [None] * 50, "those that come a moment later, too"
    assert ran.read_text() == "\n"
    await before.run(hosts[0], Progress())
    assert ran.read_text() == "\n\n", "its connection may be lost because the way is closed again"
    failing = _hosts(50, *_shell(f"echo >> {ran}; exit 1"))
    assert {type(error) for error in await _run_all(before, failing)} == {ConnectFailed}
    assert ran.read_text() == "\n\n\n"
    await _run_all(before, failing[:1])
    assert ran.read_text() == "\n\n\n\n", "a failure is good for nobody else"


async def test_eight_run_at_a_time_and_a_cancel_ends_them_with_what_they_started() -> None:
    before, sleeper = Before(), Sleeper()
    hosts = _hosts(20, *_shell(f"{sleeper.line} & wait; : $0"), "{address}")
    tasks = [asyncio.create_task(before.run(host, Progress())) for host in hosts]
    await sleeper.runs(MOST_AT_A_TIME)
    assert len(sleeper.sleeping()) == MOST_AT_A_TIME
    for task in tasks[1:]:
        task.cancel()
    await until(lambda: len(sleeper.sleeping()) == 1, "those that nobody waits for go on")
    await before.close()
    await sleeper.is_forgotten()
    await asyncio.gather(*tasks, return_exceptions=True)


async def test_a_daemon_that_it_leaves_stays_and_may_say_as_much_as_it_likes(tmp_path: Path) -> None:
    sleeper, talks = Sleeper(), tmp_path / "talks"
    daemon = f"setsid sh -c 'while echo x >&2; do : > {talks}; done & exec {sleeper.line}'"
    line = f"head -c 20000000 /dev/zero; {daemon} & until [ -e {talks} ]; do :; done"
    settings = SshSettings(before=_shell(line), before_timeout=9)
    try:
        await Before().run(HostInfo("h", "192.0.2.1", uri=None, ssh=settings), Progress())
        await sleeper.runs()
    finally:
        sleeper.kill()


async def test_its_own_limit_counts_and_not_that_of_the_attempt() -> None:
    driver, clock = SshDriver(), LoopClock()
    dialer = Dialer(lambda host, channel: driver, Gate(1, clock), clock)
    (host,) = _hosts(1, *_shell("echo waiting >&2; exec sleep 99"), before_timeout=0.3)
    with pytest.raises(ConnectFailed) as caught:
        await dialer.dial(host, "ssh", TransportConfig(connect_timeout=0.1), lambda _: None)
    assert caught.value.message.endswith("it took longer than 0.3 s, and was ended: waiting")
    await driver.close()


async def test_what_cannot_be_run_or_filled_in_is_told() -> None:
    (missing,), (unfilled,) = _hosts(1, "/no/such"), _hosts(1, "true", "{meta.site}")
    first, second = [*await _run_all(Before(), [missing]), *await _run_all(Before(), [unfilled])]
    assert isinstance(first, ConnectFailed)
    assert first.message.endswith("(/no/such, [ssh] before) failed: it cannot be run: No such file or directory")
    assert isinstance(second, ConnectFailed)
    assert second.permanent
    assert "{meta.site}" in second.message


def test_of_a_file_and_of_tags_and_of_none_that_others_may_write(tmp_path: Path) -> None:
    file = tmp_path / "hosts.toml"
    tags = {"a": "", "b": "near", "c": "knock"}
    file.write_text(
        "[ssh]\nbefore = ['./vpn', 'up']\n[tags.near.ssh]\nbefore = []\n[tags.knock.ssh]\nbefore = 'knock'\n"
        + "".join(
            f"[[hosts]]\nid = '{id}'\nhost = '192.0.2.1'\ntags = ['{tag or 'none'}']\n" for id, tag in tags.items()
        )
    )
    file.chmod(0o600)
    found = [host.ssh_settings.before for host in load(file).hosts]
    assert found == [(str(tmp_path / "vpn"), "up"), (), ("knock",)]
    file.chmod(0o666)
    with pytest.raises(ConfigErrors, match=r"somebody else may write it .* a program is named that is run here"):
        load(file)
