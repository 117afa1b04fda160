"""Where ssh_config is read: on the event loop only where that cannot take long."""

from __future__ import annotations

import os
import threading
from pathlib import Path

import pytest

from atp_tui.drivers.ssh.endpoint import Endpoint
from atp_tui.drivers.ssh.reading import AT_ONCE, PathReader
from atp_tui.model.errors import ConnectFailed
from atp_tui.model.host import HostInfo
from atp_tui.model.settings import SshSettings


def _host(config: Path) -> HostInfo:
    return HostInfo("peer", "peer.example", uri=None, ssh=SshSettings(config_file=str(config)))


def _at_once(reader: PathReader, config: Path) -> list[Endpoint]:
    """What is read in one go, without the loop and without a thread."""
    before = threading.active_count()
    reading = reader.path_to(_host(config))
    with pytest.raises(StopIteration) as done:
        reading.send(None)
    assert threading.active_count() == before
    path: list[Endpoint] = done.value.value
    return path


PLAIN = "Host peer.example\n  HostName 192.0.2.7\n  User {}\n"


def test_a_short_one_is_read_at_once_and_anew_each_time(tmp_path: Path) -> None:
    reader, config = PathReader(), tmp_path / "config"
    for user in ("ann", "bob", "cyril"):
        config.write_text(PLAIN.format(user))
        (endpoint,) = _at_once(reader, config)
        assert (endpoint.name, endpoint.user) == ("192.0.2.7", user)


def test_none_at_all_is_read_at_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    (endpoint,) = _at_once(PathReader(), Path("/dev/null"))
    assert endpoint.name == "peer.example"
    reading = PathReader().path_to(HostInfo("peer", "peer.example", uri=None, ssh=SshSettings()))
    with pytest.raises(StopIteration):
        reading.send(None)


@pytest.mark.parametrize(
    "more",
    [
        'Match exec "touch {ran}"\n  User eve\n',
        '  mAtch Exec="touch {ran}"\n  User eve\n',
        'M"atch" exec "touch {ran}"\n  User eve\n',
        "M\\atch exec 'touch {ran}'\n  User eve\n",
        "Include {included}\n",
        "InClude={included}\n",
        "# no match\n",
        "#" * AT_ONCE + "\n",
    ],
)
async def test_one_that_may_take_long_is_read_on_a_thread(more: str, tmp_path: Path) -> None:
    reader, config = PathReader(), tmp_path / "config"
    (tmp_path / "included").write_text(f'Match exec "touch {tmp_path}/ran"\n  User eve\n')
    config.write_text(PLAIN.format("ann"))
    assert len(_at_once(reader, config)) == 1
    config.write_text(more.format(ran=tmp_path / "ran", included=tmp_path / "included") + PLAIN.format("ann"))
    reading = reader.path_to(_host(config))
    future = reading.send(None)
    assert not future.done(), "it is on its way"
    reading.close()
    (endpoint,) = await reader.path_to(_host(config))
    assert endpoint.user == ("ann" if more.startswith("#") else "eve")
    assert os.path.exists(tmp_path / "ran") == (not more.startswith("#"))  # noqa: ASYNC240 - it is there


async def test_what_cannot_be_read_is_told_as_before(tmp_path: Path) -> None:
    with pytest.raises(ConnectFailed, match="there is no ssh_config file"):
        await PathReader().path_to(_host(tmp_path / "none"))
    with pytest.raises(ConnectFailed, match="cannot be used"):
        await PathReader().path_to(_host(tmp_path))
