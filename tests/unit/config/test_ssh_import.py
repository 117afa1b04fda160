"""Hosts out of an ssh_config: plain names only, includes followed, odd names made fit or left out."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from atp_tui.config.ssh_import import candidates
from atp_tui.model.errors import ConfigError
from atp_tui.model.host import HostInfo


def names(tmp_path: Path, text: str) -> list[tuple[str, str]]:
    file = tmp_path / "config"
    file.write_text(text)
    return [(host.id, host.host) for host in candidates(file)]


def test_names_without_wildcards_in_their_order(tmp_path: Path) -> None:
    text = """
        # Host commented
        Host kvm02 kvm01 # Host trailing
            HostName 192.0.2.12
            User root
        host=kvm03
        HOST "kvm04"
        Host *.example.org web?? !bad
        Host kvm05 !kvm06
        Match host kvm07
        Host kvm01 kvm08
        Host
    """
    assert names(tmp_path, text) == [(name, name) for name in ("kvm02", "kvm01", "kvm03", "kvm04", "kvm08")]


def test_a_host_is_known_by_the_name_that_ssh_config_has_for_it(tmp_path: Path) -> None:
    file = tmp_path / "config"
    file.write_text("Host kvm01\n HostName 192.0.2.11\n Port 2222\n")
    assert candidates(file) == (HostInfo("kvm01", "kvm01"),), "by its address no Host block would match"


def test_names_that_are_no_id_are_made_one(tmp_path: Path) -> None:
    text = "Host kvm:01\nHost rack1_kvm.1 _x_ x\nHost 2001:db8::1 2001-db8-1\n"
    assert names(tmp_path, text) == [
        ("rack1_kvm.1", "rack1_kvm.1"),
        ("x", "_x_"),
        ("x-2", "x"),
        ("2001-db8-1", "2001:db8::1"),
        ("2001-db8-1-2", "2001-db8-1"),
    ]


@pytest.mark.parametrize("name", ["-oProxyCommand=x", "a@b", "--", "a/b", "\x1b[31m", "\ufffd"])
def test_names_that_no_host_can_have_are_left_out(tmp_path: Path, name: str) -> None:
    assert names(tmp_path, f"Host {name} ok\n") == [("ok", "ok")]


def test_includes_are_followed(tmp_path: Path) -> None:
    (tmp_path / "conf.d").mkdir()
    (tmp_path / "conf.d/20.conf").write_text("Host c\n")
    (tmp_path / "conf.d/10.conf").write_text("Host b\nInclude other\n")
    (tmp_path / "other").write_text("Host o\n")
    (tmp_path / "absolute").write_text("Host z\n")
    text = f'Host a\nInclude conf.d/*.conf gone\nInclude "{tmp_path}/absolute" conf.d\nHost d\n'
    assert [name for name, _ in names(tmp_path, text)] == ["a", "b", "o", "c", "z", "d"]


def test_files_that_include_one_another_are_told_by_file_and_line(tmp_path: Path) -> None:
    for part in "abc":
        (tmp_path / f"part_{part}").write_text(f"# {part}\nInclude {tmp_path}/part_*\nHost {part}\n")
    with pytest.raises(ConfigError, match="included too deep") as caught:
        names(tmp_path, f"Host x\nInclude {tmp_path}/part_*\n")
    assert (caught.value.file, caught.value.line) == (tmp_path / "part_a", 2)


def test_an_include_without_end_that_is_not_deep_is_told_too(tmp_path: Path) -> None:
    for depth in range(14):
        (tmp_path / f"level_{depth}").write_text(f"Include {tmp_path}/level_{depth + 1}\n" * 2)
    (tmp_path / "level_14").write_text("Host deep\n")
    with pytest.raises(ConfigError, match="more than 4096 files"):
        names(tmp_path, f"Include {tmp_path}/level_0\n")


@pytest.mark.parametrize("line", ["Include /", "Include .", "Include gone/*", "Include", 'Include "x', 'Match ""'])
def test_an_include_of_nothing_does_no_harm(tmp_path: Path, line: str) -> None:
    assert [name for name, _ in names(tmp_path, f"{line}\nHost a # 'b\n")] == ["a"]


def test_bytes_that_are_no_text_do_no_harm(tmp_path: Path) -> None:
    file = tmp_path / "config"
    file.write_bytes(b"Host a\xff b\n\x00Host c\nHost d\n")
    assert [host.id for host in candidates(file)][-2:] == ["b", "d"]


def test_no_file_is_no_hosts_and_an_unreadable_one_is_told(tmp_path: Path) -> None:
    assert candidates(tmp_path / "gone") == ()
    with pytest.raises(ConfigError):
        candidates(tmp_path)


def test_an_included_file_that_cannot_be_read_is_told_by_its_name(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    (tmp_path / "config").write_text(f"Host a\nInclude {tmp_path}/pipe\n")
    with pytest.raises(ConfigError, match="cannot be read") as caught:
        candidates(tmp_path / "config")
    assert caught.value.file == tmp_path / "pipe"
