"""Writing: what a person wrote stays, byte for byte, and a failure leaves the file as it was."""

from __future__ import annotations

import os
import stat
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from atp_tui.config.entries import with_hosts
from atp_tui.config.load import load, parse
from atp_tui.config.store import append_hosts, example_text, text_with, write_example
from atp_tui.model.errors import ConfigError, ConfigErrors
from atp_tui.model.host import HostInfo
from atp_tui.model.settings import HostKeyPolicy, PoolConfig, SshSettings, TransportConfig

FULL = HostInfo(
    "full",
    "2001:db8::1",
    uri="qemu+ssh://bob@[2001:db8::1]:2222/system",
    tags=("prod", "rack/1"),
    metadata={"site": 'no"rth\n', "a b": "c"},
    ssh=SshSettings(
        user="root",
        port=2222,
        identity_files=("/a", "~/b"),
        known_hosts=("/k",),
        proxy_jump="none",
        host_key_policy=HostKeyPolicy.ASK,
    ),
    transport=TransportConfig(connect_timeout=5.5, auto_reconnect=False, pool=PoolConfig(max_connections_per_host=2)),
)
HOSTS = [
    HostInfo("plain", "192.0.2.1"),
    FULL,
    HostInfo("ssh-only", "a.example.org", uri=None),
    HostInfo("quiet", "b", uri="qemu+tcp://b/system", ssh=None, commands=False),
]


@pytest.fixture
def path(tmp_path: Path) -> Iterator[Path]:
    """A file to be; afterwards nothing but it may be left in its directory."""
    directory = tmp_path / "fleet"
    directory.mkdir()
    yield directory / "hosts.toml"
    assert {entry.name for entry in directory.iterdir()} <= {"hosts.toml", "link.toml"}


def mode_of(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


def test_hosts_come_back_as_they_went_in(path: Path) -> None:
    config = append_hosts(path, HOSTS)
    assert list(config.hosts) == HOSTS
    assert load(path) == config
    assert mode_of(path) == 0o600


def test_what_is_there_stays_byte_for_byte(path: Path) -> None:
    before = b'# mine\n[ssh]   # defaults\nuser="x"\n\n[[hosts]] #one\nid = "a"\nhost="a"\n# the end'
    path.write_bytes(before)
    path.chmod(0o640)
    append_hosts(path, HOSTS[:1])
    assert path.read_bytes().startswith(before + b"\n\n[[hosts]]\n")
    assert mode_of(path) == 0o640
    assert [host.id for host in load(path).hosts] == ["a", "plain"]


def test_windows_line_ends_and_a_byte_order_mark_stay(path: Path) -> None:
    path.write_bytes(b'\xef\xbb\xbf[ssh]\r\nuser = "x"\r\n')
    append_hosts(path, HOSTS[:1])
    data = path.read_bytes()
    assert data.startswith(b"\xef\xbb\xbf[ssh]\r\n")
    assert data.count(b"\n") == data.count(b"\r\n")
    assert [host.id for host in load(path).hosts] == ["plain"]


@pytest.mark.parametrize(
    "before",
    ["hosts = []\n", "hosts = [ # all\n  {id = 'a', host = 'a'}, # first\n]\n[ui]\nrefresh = 2\n", "\ufeffhosts = []"],
)
def test_an_array_of_hosts_grows_as_an_array(path: Path, before: str) -> None:
    path.write_text(before)
    append_hosts(path, HOSTS)
    assert [host for host in load(path).hosts if host.id != "a"] == HOSTS
    text = path.read_text()
    assert text.startswith(before.partition("[")[0])
    assert all(comment in text for comment in ("# all", "# first") if comment in before)


def test_settings_that_the_file_gives_anyway_are_not_repeated(path: Path) -> None:
    before = '[transport]\ncall_timeout = 5\n[ssh]\nuser = "root"\nport = 22\n'
    path.write_text(before)
    host = HostInfo("a", "a", ssh=SshSettings(user="root", port=23), transport=TransportConfig(call_timeout=5))
    append_hosts(path, [host])
    added = path.read_text().removeprefix(before)
    assert "user" not in added
    assert "call_timeout" not in added
    assert "port = 23" in added


def test_a_limit_of_the_whole_fleet_is_not_written_for_one_host(path: Path) -> None:
    own = TransportConfig(call_timeout=5, max_concurrent_connects=3)
    config = append_hosts(path, [HostInfo("a", "a", transport=own)])
    assert config.hosts[0].transport == TransportConfig(call_timeout=5)
    assert config.warnings == ()


def test_nothing_to_add_changes_nothing(path: Path) -> None:
    path.write_text("# x")
    append_hosts(path, [])
    assert path.read_text() == "# x"


def test_a_link_stays_a_link(path: Path) -> None:
    path.write_text("# x\n")
    link = path.parent / "link.toml"
    link.symlink_to("hosts.toml")
    append_hosts(link, HOSTS[:1])
    assert link.is_symlink()
    assert [host.id for host in load(path).hosts] == ["plain"]


@pytest.mark.parametrize("before", ['[[hosts]]\nid = "plain"\nhost = "x"\n', "[[hosts]\n", "[ui]\nrefresh = 0\n"])
def test_a_file_that_is_or_would_be_wrong_is_left_alone(path: Path, before: str) -> None:
    path.write_text(before)
    with pytest.raises(ConfigErrors):
        append_hosts(path, HOSTS[:1])
    assert path.read_text() == before


def test_a_file_that_cannot_be_written(path: Path) -> None:
    with pytest.raises(ConfigError) as caught:
        append_hosts(Path("/proc/none/hosts.toml"), HOSTS)
    assert "cannot be written" in caught.value.message
    with pytest.raises(ConfigError) as caught:
        append_hosts(path.parent, HOSTS)
    assert "cannot be read" in caught.value.message


def test_missing_directories_are_made_for_the_user_alone(tmp_path: Path) -> None:
    path = tmp_path / "new" / "atp_tui" / "hosts.toml"
    append_hosts(path, HOSTS[:1])
    assert (mode_of(path.parent), mode_of(path.parent.parent)) == (0o700, 0o700)


def test_the_example_is_written_once(path: Path) -> None:
    write_example(path)
    assert path.read_text(encoding="utf-8") == example_text()
    assert mode_of(path) == 0o600
    path.write_text("# mine")
    with pytest.raises(ConfigError) as caught:
        write_example(path)
    assert "exists already" in caught.value.message
    assert path.read_text() == "# mine"


def test_a_file_that_somebody_else_writes_meanwhile_is_theirs(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    make = tempfile.mkstemp

    def overtaken(**words: Any) -> tuple[int, str]:
        path.write_text("theirs")
        return make(**words)

    monkeypatch.setattr(tempfile, "mkstemp", overtaken)
    with pytest.raises(ConfigError, match="File exists"):
        write_example(path)
    assert [each.name for each in path.parent.iterdir()] == [path.name]
    assert path.read_text() == "theirs"


APPEND = """
import sys
from pathlib import Path
from atp_tui.config.store import append_hosts
from atp_tui.model.host import HostInfo
append_hosts(Path(sys.argv[1]), [HostInfo("b", "192.0.2.2")])
"""


def test_the_new_file_is_on_the_disk_before_it_takes_the_place_of_the_old_one(
    path: Path, tmp_path_factory: pytest.TempPathFactory
) -> None:
    path.write_text("# mine\n")
    trace = tmp_path_factory.mktemp("trace") / "calls"
    command = ["strace", "-f", "-y", "-o", str(trace), "-e", "trace=fsync,write,rename", sys.executable, "-c", APPEND]
    subprocess.run([*command, str(path)], check=True, capture_output=True, timeout=60)
    calls = [line for line in trace.read_text().splitlines() if str(path.parent) in line]
    (renamed,) = (number for number, call in enumerate(calls) if "rename(" in call)
    temporary = calls[renamed].split('"')[1]
    before = [call.split()[1].partition("(")[0] for call in calls[:renamed] if f"<{temporary}>" in call]
    assert before == ["write", "fsync"]
    assert any("fsync(" in call and f"<{path.parent}>" in call for call in calls[renamed:]), "the name is not kept"


def test_the_example_does_not_follow_a_dangling_link(path: Path) -> None:
    target = path.parent / "hosts.toml"
    link = path.parent / "link.toml"
    link.symlink_to(target)
    with pytest.raises(ConfigError):
        write_example(link)
    assert not target.exists()


def test_hosts_can_be_added_to_the_example(path: Path) -> None:
    write_example(path)
    append_hosts(path, HOSTS)
    assert [host.id for host in load(path).hosts] == ["test", *(host.id for host in HOSTS)]
    assert path.read_text(encoding="utf-8").startswith(example_text())


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can give a file away")
def test_the_owner_stays_the_owner(path: Path) -> None:
    path.write_text("")
    os.chown(path, 12345, 12346)
    append_hosts(path, HOSTS[:1])
    assert (path.stat().st_uid, path.stat().st_gid) == (12345, 12346)


words = st.text(st.characters(exclude_categories=["Cs"]), max_size=10)
befores = st.sampled_from(["", "# x", "hosts = []", "[[hosts]]\nid='z'\nhost='z'\n[hosts.ssh]\nport = 1", "[ui]\n"])


@given(befores, st.dictionaries(words, words, max_size=3), st.sampled_from([None, "qemu+tcp://h/system", ""]))
def test_any_metadata_survives(before: str, metadata: dict[str, str], uri: str | None) -> None:
    file = Path("/x/hosts.toml")
    host = HostInfo("new", "h", uri=uri, metadata=metadata)
    config = parse(before, file)
    assert parse(with_hosts(before, [host], config), file).hosts == (*config.hosts, host)


@pytest.mark.parametrize("before", [None, '[[hosts]]\nid = "old"\nhost = "192.0.2.9"\n', "# mine\n"])
def test_what_is_shown_of_an_import_is_what_is_written(tmp_path: Path, before: str | None) -> None:
    path = tmp_path / "hosts.toml"
    if before is not None:
        path.write_text(before, "utf-8")
    hosts = [HostInfo("kvm01", "kvm01", tags=("lab",)), HostInfo("kvm02", "kvm02")]
    shown = text_with(path, hosts)
    assert (path.read_text("utf-8") if path.exists() else None) == before, "it is only looked at"
    append_hosts(path, hosts)
    assert path.read_text("utf-8") == shown
