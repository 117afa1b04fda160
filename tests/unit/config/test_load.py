"""What a good file comes to: defaults, merging of settings, and who overrides whom."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace

import pytest

from atp_tui.config.fleet import FleetConfig, MonitorSettings, UiSettings
from atp_tui.config.load import load, parse
from atp_tui.model.host import HostInfo
from atp_tui.model.settings import HostKeyPolicy, Jitter, PoolConfig, SelectionStrategy, SshSettings, TransportConfig

FILE = Path("/etc/fleet/hosts.toml")


def fleet(text: str) -> FleetConfig:
    return parse(text, FILE)


def only_host(text: str) -> HostInfo:
    (host,) = fleet(text).hosts
    return host


def test_an_empty_file_is_the_defaults() -> None:
    assert fleet("") == FleetConfig(FILE)


def test_the_shape_of_the_specification(tmp_path: Path) -> None:
    path = tmp_path / "hosts.toml"
    path.write_text(
        """
        [transport]
        connect_timeout = 10
        [transport.pool]
        selection_strategy = "random"
        [transport.reconnect]
        jitter = "none"
        [ssh]
        user = "root"
        host_key_policy = "accept-new"
        [ui]
        theme = "light"
        refresh = 0.5
        [monitor]
        interval = 5
        [[hosts]]
        id = "kvm01"
        host = "192.0.2.11"
        uri = "qemu+ssh://root@192.0.2.11/system"
        tags = ["prod", "rack1"]
        metadata = { site = "north" }
        [hosts.ssh]
        port = 2222
        [[hosts]]
        id = "jump"
        host = "jump.example.org"
        uri = false
        """
    )
    config = load(path)
    assert config.path == path
    assert config.transport.connect_timeout == 10
    assert config.transport.pool == PoolConfig(selection_strategy=SelectionStrategy.RANDOM)
    assert config.transport.reconnect.jitter is Jitter.NONE
    assert config.ui == UiSettings("light", 0.5)
    assert config.monitor == MonitorSettings(5)
    assert config.hosts == (
        HostInfo(
            "kvm01",
            "192.0.2.11",
            uri="qemu+ssh://root@192.0.2.11/system",
            tags=("prod", "rack1"),
            metadata={"site": "north"},
            ssh=SshSettings(user="root", port=2222, host_key_policy=HostKeyPolicy.ACCEPT_NEW),
        ),
        HostInfo("jump", "jump.example.org", uri=None, ssh=config.ssh),
    )


def test_a_uri_left_out_is_libvirt_over_ssh() -> None:
    assert only_host('hosts = [{ id = "a", host = "2001:db8::1" }]').uri == "qemu+ssh://[2001:db8::1]/system"


@pytest.mark.parametrize(
    ("ssh", "uri", "own", "user", "port"),
    [
        ("", "qemu+ssh://a/system", "", None, None),
        ('user = "d"', "qemu+ssh://a/system", "", "d", None),
        ('user = "d"\nport = 1', "qemu+ssh://u@a:2/system", "", "u", 2),
        ('user = "d"\nport = 1', "qemu+ssh://u@a:2/system", 'user = "h"', "h", 2),
        ('user = "d"\nport = 1', "qemu+ssh://u@a:2/system", "port = 3", "u", 3),
        ('user = "d"\nport = 1', "test+ssh://u@a/default", "", "u", 1),
        ('user = "d"\nport = 1', "qemu+tcp://u@a:2/system", "", "d", 1),
    ],
)
def test_user_and_port_host_before_uri_before_defaults(
    ssh: str, uri: str, own: str, user: str | None, port: int | None
) -> None:
    host = only_host(f'[ssh]\n{ssh}\n[[hosts]]\nid = "a"\nhost = "a"\nuri = "{uri}"\n[hosts.ssh]\n{own}\n')
    assert host.ssh is not None
    assert (host.ssh.user, host.ssh.port) == (user, port)


def test_the_uri_goes_before_the_tags_ssh_settings() -> None:
    text = """
        hosts = [{ id = "a", host = "a", uri = "qemu+ssh://u@a/system", tags = ["x", "y"] }]
        [ssh]
        identity_files = "/default"
        [tags.x.ssh]
        user = "x"
        port = 1
        [tags.y.ssh]
        port = 2
    """
    assert only_host(text).ssh == SshSettings(user="u", port=2, identity_files=("/default",))


def test_transport_overrides_nearest_first() -> None:
    config = fleet(
        """
        [transport]
        connect_timeout = 1
        call_timeout = 1
        heartbeat_timeout = 1
        heartbeat_interval = 1
        [tags.x.transport]
        call_timeout = 2
        heartbeat_timeout = 2
        heartbeat_interval = 2
        [tags.y.transport]
        heartbeat_timeout = 3
        heartbeat_interval = 3
        [tags.y.transport.pool]
        max_connections_per_host = 3
        [[hosts]]
        id = "a"
        host = "a"
        tags = ["x", "y"]
        [hosts.transport]
        heartbeat_interval = 4
        [[hosts]]
        id = "b"
        host = "b"
        tags = ["y", "x"]
        [[hosts]]
        id = "c"
        host = "c"
        """
    )
    a, b, c = config.hosts
    pool = PoolConfig(max_connections_per_host=3)
    assert a.transport == TransportConfig(1, 4, 3, 2, pool=pool)
    assert b.transport == TransportConfig(1, 2, 2, 2, pool=pool)
    assert c.transport is None
    assert config.warnings == ()


def test_ssh_false_is_a_host_without_commands() -> None:
    tcp = only_host('hosts = [{ id = "a", host = "a", uri = "qemu+tcp://a/system", ssh = false }]')
    assert (tcp.ssh, tcp.takes_commands) == (None, False)
    over_ssh = only_host('hosts = [{ id = "a", host = "a", ssh = false }]\nssh.user = "root"')
    assert over_ssh.ssh == SshSettings(user="root"), "the tunnel of its hypervisor needs them"
    assert not over_ssh.takes_commands


def test_relative_paths_start_from_the_files_directory() -> None:
    config = fleet('[ssh]\nidentity_files = ["keys/a", "~/b", "/c"]\nknown_hosts = "known"\nconfig_file = "none"')
    assert config.ssh.identity_files == ("/etc/fleet/keys/a", "~/b", "/c")
    assert config.ssh.known_hosts == ("/etc/fleet/known",)
    assert config.ssh.config_file == "none"


def test_metadata_takes_whole_numbers_and_booleans_as_text() -> None:
    host = only_host('hosts = [{ id = "a", host = "a", metadata = { rack = 7, spare = true, note = "x" } }]')
    assert host.metadata == {"rack": "7", "spare": "true", "note": "x"}


def test_a_byte_order_mark_and_windows_line_ends_do_no_harm(tmp_path: Path) -> None:
    path = tmp_path / "hosts.toml"
    path.write_bytes(b'\xef\xbb\xbf[[hosts]]\r\nid = "a"\r\nhost = "a"\r\n')
    assert [host.id for host in load(path).hosts] == ["a"]


def test_settings_for_a_tag_without_hosts_are_a_warning() -> None:
    (warning,) = fleet("[tags.prd.transport]\ncall_timeout = 1\n").warnings
    assert str(warning).startswith(f"{FILE}:1: tags.prd: no host has this tag")


@pytest.mark.parametrize(
    ("table", "key", "whose"),
    [
        ("[tags.x.transport]", "tags.x.transport", "a tag"),
        ("[hosts.transport]", "hosts[a].transport", "one host"),
    ],
)
def test_the_fleets_limit_written_for_a_tag_or_a_host_is_a_warning(table: str, key: str, whose: str) -> None:
    host = '[[hosts]]\nid = "a"\nhost = "a"\ntags = ["x"]\n'
    config = fleet(f"{host}{table}\ncall_timeout = 5\nmax_concurrent_connects = 4\n")
    assert [str(warning) for warning in config.warnings] == [
        f"{FILE}:7: {key}.max_concurrent_connects: has no effect for {whose}: it is one limit for the whole fleet; "
        "write it in [transport]"
    ]
    assert config.transport.max_concurrent_connects == 16
    assert config.hosts[0].transport is not None
    assert config.hosts[0].transport.call_timeout == 5, "the other keys of the table count"


def test_the_fleets_limit_in_its_place_is_no_warning() -> None:
    config = fleet("[transport]\nmax_concurrent_connects = 4\n")
    assert (config.transport.max_concurrent_connects, config.warnings) == (4, ())


def test_a_name_in_the_guard_that_no_host_has_is_a_warning_at_its_line() -> None:
    guard = '[guard]\nprotected = ["prod", "porod"]\nread_only = [\n"a", "lab",\n"nowhere"]\n'
    hosts = '[[hosts]]\nid = "a"\nhost = "a"\ntags = ["prod"]\n'
    hosts += '[[hosts]]\nid = "b"\nhost = "b"\nenabled = false\ntags = ["lab"]\n'
    found = [str(each) for each in parse(guard + hosts, FILE).warnings]
    assert found == [
        f"{FILE}:2: guard.protected[1]: 'porod': no host has this tag, and no set is called so; did you mean 'prod'?",
        f"{FILE}:5: guard.read_only[2]: 'nowhere': no such tag, set or host; check its spelling, or take it out",
    ]


def test_warnings_come_in_the_order_of_the_lines() -> None:
    host = '[[hosts]]\nid = "a"\nhost = "a"\n[hosts.transport]\nmax_concurrent_connects = 4\n'
    warnings = fleet("[tags.nobody.ssh]\nport = 1\n" + host).warnings
    assert [warning.line for warning in warnings] == [1, 7]


def test_a_thousand_hosts(tmp_path: Path) -> None:
    entry = '[[hosts]]\nid = "kvm{0:04}"\nhost = "10.0.0.1"\ntags = ["t{1}"]\n[hosts.ssh]\nport = 22\n'
    path = tmp_path / "hosts.toml"
    path.write_text("".join(entry.format(number, number % 20) for number in range(1000)))
    hosts = load(path).hosts
    assert [host.id for host in hosts] == [f"kvm{number:04}" for number in range(1000)]


def test_reading_needs_no_tomlkit() -> None:
    code = "import sys, atp_tui.config.load, atp_tui.config.store; sys.exit('tomlkit' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0, "it takes 50 ms to import"


@pytest.mark.parametrize(
    ("mode", "members", "told"),
    [(0o644, ["ann"], 0), (0o600, ["ann"], 0), (0o664, [], 0), (0o664, ["ann"], 1), (0o666, [], 1)],
)
def test_a_file_that_others_may_write_is_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, mode: int, members: list[str], told: int
) -> None:
    """A group of which this user is the only member is nobody else."""
    user = SimpleNamespace(pw_name="eve", pw_gid=os.getgid())
    group = SimpleNamespace(gr_name="eve", gr_gid=os.getgid(), gr_mem=members)
    monkeypatch.setattr("pwd.getpwuid", lambda number: user)
    monkeypatch.setattr("grp.getgrgid", lambda number: group)
    file = tmp_path / "hosts.toml"
    file.write_text('[[hosts]]\nid = "a"\nhost = "127.0.0.1"\n')
    file.chmod(mode)
    warnings = load(file).warnings
    assert [str(warning).startswith(f"{file}: somebody else may write it (owner ") for warning in warnings] == [
        True
    ] * told


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can give a file away")
def test_a_file_of_another_user_is_told(tmp_path: Path) -> None:
    file = tmp_path / "hosts.toml"
    file.write_text('[[hosts]]\nid = "a"\nhost = "127.0.0.1"\n')
    os.chown(file, 54321, 54321)
    assert "(owner 54321, mode 0644)" in str(load(file).warnings[0])
