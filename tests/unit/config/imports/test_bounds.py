"""How much an import takes, and what it refuses before it is read."""

from __future__ import annotations

import gzip
import pickle
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from atp_tui.cli.hosts_import import SOURCES as NAMES
from atp_tui.config.imports import node_sets
from atp_tui.config.imports.found import MOST_HOSTS, MOST_LEFT_OUT, Given
from atp_tui.config.imports.sources import LARGEST, SOURCES, read_file
from atp_tui.config.store import append_hosts
from atp_tui.model.errors import ConfigError
from tests.unit.config.imports.reading import read

MANY = {
    "ssh-config": lambda number: f"Host {' '.join(f'h{n}' for n in range(number))}\n",
    "libvirt": lambda number: (
        "uri_aliases = ['" + "',\n'".join(f"h{n}=qemu+tcp://h{n}/system" for n in range(number)) + "']"
    ),
    "ansible": lambda number: "[web]\n" + "".join(f"h{n} ansible_user=root\n" for n in range(number)),
    "clustershell": lambda number: f"web: h[0-{number - 1}]\n",
    "csv": lambda number: "id,tags\n" + "".join(f"h{n},web\n" for n in range(number)),
    "list": lambda number: "\n".join(f"h{n}" for n in range(number)),
    "known-hosts": lambda number: "".join(f"h{n} ssh-ed25519 K{n}\n" for n in range(number)),
}


def test_the_parser_knows_the_sources() -> None:
    assert tuple(SOURCES) == NAMES
    assert set(MANY) == set(NAMES)


@pytest.mark.parametrize("source", NAMES)
def test_ten_thousand_hosts_are_taken_and_one_more_is_refused_with_the_number(source: str) -> None:
    assert len(read(source, MANY[source](MOST_HOSTS)).hosts) == MOST_HOSTS
    with pytest.raises(ConfigError, match="names 10,001 hosts"):
        read(source, MANY[source](MOST_HOSTS + 1))


@pytest.mark.parametrize(
    ("source", "text"),
    [
        ("list", "a\nkvm[000001-999999]"),
        ("ansible", "a\nkvm[000001:999999]"),
        ("ansible", "all:\n  hosts: {'kvm[000001:999999]': }"),
        ("clustershell", "x: a\ny: k[1-999999]"),
    ],
)
def test_ranges_are_refused_with_their_number_and_line(source: str, text: str) -> None:
    with pytest.raises(ConfigError, match="names 999,999 hosts") as caught:
        read(source, text)
    assert caught.value.line == 2


@pytest.mark.parametrize(("source", "line"), [("list", "kvm[1-9999]\n"), ("ansible", "kvm[1:9999]\n")])
def test_names_that_come_again_and_again_have_an_end(source: str, line: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(node_sets, "MOST_WORK", 50_000)
    assert len(read(source, line * 5).hosts) == 9999
    with pytest.raises(ConfigError, match="repeats counted") as caught:
        read(source, line * 8)
    assert caught.value.line == 6


@pytest.mark.parametrize(
    ("source", "line"),
    [
        ("list", "{}"),
        ("csv", "{}"),
        ("known-hosts", "{} ssh-rsa K"),
        ("ssh-config", "Host {}"),
        ("clustershell", "x{0:.2}: {0}"),
        ("ansible", "{}"),
    ],
)
def test_a_name_without_an_end_is_none(source: str, line: str) -> None:
    heads = "id\n" if source == "csv" else ""
    found = read(source, f"{heads}{line.format('ok')}\n{line.format('a' * 60_000)}\n")
    assert [host.info.id for host in found.hosts] == ["ok"]
    assert len(found.left_out) == 1
    assert len(str(found.left_out[0])) < 500


@pytest.mark.parametrize(
    ("source", "text"),
    [
        ("clustershell", "a" + " " * 4_000_000),
        ("clustershell", "a:\n" + " " * 4_000_000),
        ("list", "[" * 4_000_000),
        ("ansible", "[" * 4_000_000),
        ("ansible", "all:" + " " * 4_000_000),
        ("csv", 'id\n"' + "a" * 4_000_000),
        ("ssh-config", "Host " + "a" * 4_000_000),
        ("libvirt", "'" * 4_000_001),
    ],
)
def test_one_endless_line_is_read_in_time(source: str, text: str) -> None:
    """A pattern that takes time by the square of a line would run into the suite's own limit."""
    assert read(source, text).hosts == ()


def test_what_is_wrong_all_over_is_counted_and_then_refused() -> None:
    found = read("list", "@x\n" * 3 + "".join(f"@x{n}\n" for n in range(MOST_LEFT_OUT)))
    assert (len(found.left_out), found.untold) == (MOST_LEFT_OUT, 3)
    with pytest.raises(ConfigError, match="more than 100,000 entries"):
        read("list", "".join(f"@x{n}\n" for n in range(MOST_LEFT_OUT * 12)))


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (b"kvm1\n\x00kvm2", "is binary"),
        (gzip.compress(b"kvm1\n" * 100, mtime=0), "is binary|not UTF-8"),
        ("kvm1\nk\u00e4se\n".encode("latin-1"), "not UTF-8"),
        (b"x" * (LARGEST + 1), "more than 16 MiB"),
    ],
)
def test_binary_and_large_files_are_refused(tmp_path: Path, data: bytes, words: str) -> None:
    file = tmp_path / "list"
    file.write_bytes(data)
    with pytest.raises(ConfigError, match=words) as caught:
        read_file(SOURCES["list"], file)
    assert caught.value.file == file
    with pytest.raises(ConfigError, match=words):
        SOURCES["list"].given(data)


def test_files_that_cannot_be_read_are_told(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="is a directory"):
        read_file(SOURCES["csv"], tmp_path)
    with pytest.raises(ConfigError, match="No such file"):
        read_file(SOURCES["csv"], tmp_path / "gone")


def test_without_a_file_the_sources_own_are_looked_for(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.delenv("XDG_CONFIG_HOME", raising=False)
    with pytest.raises(ConfigError, match=r"looked for ~/\.ssh/known_hosts"):
        SOURCES["known-hosts"].files()
    (tmp_path / ".config/clustershell/groups.d").mkdir(parents=True)
    for name in ("b.yaml", "a.yaml", "local.cfg", "x.yaml.example"):
        (tmp_path / ".config/clustershell/groups.d" / name).write_text("")
    mine = [file.name for file in SOURCES["clustershell"].files() if file.is_relative_to(tmp_path)]
    assert mine == ["a.yaml", "b.yaml", "local.cfg"]
    assert SOURCES["list"].files() == ()
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "xdg"))
    (tmp_path / "xdg/libvirt").mkdir(parents=True)
    (tmp_path / "xdg/libvirt/libvirt.conf").write_text("")
    assert SOURCES["libvirt"].files()[0] == tmp_path / "xdg/libvirt/libvirt.conf"


@pytest.mark.parametrize("source", NAMES)
@given(text=st.text(alphabet=st.sampled_from("ab1 ,;:=@[]-!&^*?|#%'\"{}\n\t\x1b\u202e/\\.<é"), max_size=200))
def test_any_text_is_read_or_refused_and_what_is_read_is_plain_data(source: str, text: str) -> None:
    try:
        found = SOURCES[source].imported([Given(text)])
    except ConfigError:
        return
    assert pickle.loads(pickle.dumps(found)) == found
    for each in found.left_out:
        assert each.reason
        assert str(each)


def test_what_is_found_can_be_written_and_comes_back(tmp_path: Path) -> None:
    text = 'host,port,tags,"a key",note\nkvm1,22,x,"\x1b[31m \u202e ""quoted""",\n192.0.2.1,,,,[/]\n2001:db8::1,,,,\n'
    found = [host.info for host in read("csv", text).hosts]
    assert len(found) == 3
    assert list(append_hosts(tmp_path / "hosts.toml", found).hosts) == found
