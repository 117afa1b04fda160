"""Which sshds one typed password is good for: two machines with one address are two."""

from __future__ import annotations

from itertools import combinations
from pathlib import Path

import pytest

from atp_tui.drivers.ssh.asking import asks_of
from atp_tui.drivers.ssh.config.reader import ConfigReader
from atp_tui.drivers.ssh.reading import PathReader
from atp_tui.model.host import HostInfo
from atp_tui.model.questions import Wants
from atp_tui.model.settings import BY_JUMP, SshSettings, TransportConfig
from atp_tui.transport.driver import OpenRequest
from atp_tui.transport.login_gate import Scope

from .ssh_config_place import NotInstalled

HOSTS = "Host a\n ProxyJump one\nHost b\n ProxyJump two\nHost one two\n HostName 192.0.2.1\nHost far near\n Port 23\n"


async def scopes(directory: Path, host: str, text: str) -> list[Scope]:
    """Of the password at each sshd on the way to a host, its own last."""
    config = directory / "config"
    config.write_text(HOSTS + text)
    info = HostInfo(host, host, uri=None, ssh=SshSettings(config_file=str(config), user="u", realm=BY_JUMP))
    path = await PathReader(ConfigReader(Path("/nowhere"), NotInstalled())).path_to(info)
    request = OpenRequest(info, TransportConfig(), print)
    return [asks_of(request, path, number).scope(Wants.PASSWORD) for number in range(len(path))]


@pytest.mark.parametrize(
    "text",
    [
        "Host one\n HostKeyAlias one\nHost two\n HostKeyAlias two\n",
        "Host two\n HostKeyAlias two\n",
        "Host one\n ProxyJump far\nHost two\n ProxyJump near\n",
        "Host two\n ProxyJump far\n",
        "Host one\n ProxyCommand relay-secret %h\nHost two\n ProxyCommand relay %h\n",
        "Host one\n BindInterface wg0\nHost two\n BindInterface wg1\n",
        "Host two\n Port 2222\n",
    ],
)
async def test_jump_hosts_with_one_address_that_are_two_machines_share_no_password(text: str, tmp_path: Path) -> None:
    found = [scope for host in "ab" for scope in (await scopes(tmp_path, host, text))[-2:]]
    assert all(one != other for one, other in combinations(found, 2)), found
    assert "secret" not in str(found)


async def test_one_jump_host_by_two_names_is_one(tmp_path: Path) -> None:
    a, b = await scopes(tmp_path, "a", ""), await scopes(tmp_path, "b", "")
    assert a == b
    assert [scope.hop for scope in a] == [True, False]


async def test_a_host_with_the_address_of_its_jump_host_is_still_behind_it(tmp_path: Path) -> None:
    text = "Host a\n HostName 192.0.2.1\n HostKeyAlias a\n"
    assert len(await scopes(tmp_path, "a", text)) == 2
    assert len(await scopes(tmp_path, "a", text.replace("Alias a", "Alias 192.0.2.1"))) == 1
