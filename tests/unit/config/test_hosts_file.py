"""hosts.toml written by edits: whoever else writes it, whatever the disk does, and the way back."""

from __future__ import annotations

import errno
import fcntl
import os
import stat
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from atp_tui.config.edits import Add, Change, Remove, Tag, enabled
from atp_tui.config.hosts_file import HostsFile
from atp_tui.config.load import load
from atp_tui.config.replace import replace_file
from atp_tui.config.undo import KEPT, Versions, folder_of
from atp_tui.drivers.sources import FileSource
from atp_tui.model.errors import ConfigError, ConfigErrors

TEXT = '# mine\n[[hosts]]\nid = "a"\nhost = "192.0.2.1" # here\n\n[[hosts]]\nid = "b"\nhost = "192.0.2.2"\n'
NEW = Add(((("id",), "new"), (("host",), "192.0.2.9")))


class Ticking:
    """A clock that goes on by a second each time it is looked at."""

    def __init__(self) -> None:
        self._now = datetime(2026, 7, 28)

    def __call__(self) -> datetime:
        self._now += timedelta(seconds=1)
        return self._now


@pytest.fixture
def path(tmp_path: Path) -> Iterator[Path]:
    """A file beside which nothing else may be left."""
    file = tmp_path / "fleet" / "hosts.toml"
    file.parent.mkdir()
    file.write_text(TEXT)
    file.chmod(0o640)
    yield file
    assert [each.name for each in file.parent.iterdir() if each.suffix != ".link"] in ([file.name], [])


def opened(path: Path, state: str = "state") -> HostsFile:
    return HostsFile(path, Versions(folder_of(path, path.parents[1] / state)), Ticking())


def tag(name: str, host: str = "a") -> Tag:
    return Tag(host, (name,))


def test_an_edit_is_written_and_the_file_keeps_its_mode(path: Path) -> None:
    written = opened(path).edit([tag("x")], "tag a")
    assert path.read_text() == TEXT.replace("# here\n", '# here\ntags = ["x"]\n') == written.changes[0].after
    assert stat.S_IMODE(path.stat().st_mode) == 0o640
    assert (written.touched, written.note) == (("a",), "")
    assert written.config.hosts == load(path).hosts
    assert '+tags = ["x"]\n' in written.difference and "\n-" not in written.difference


def test_what_is_only_looked_at_is_what_would_be_written(path: Path) -> None:
    file = opened(path)
    looked = file.look([tag("x")])
    assert path.read_text() == TEXT
    assert file.edit([tag("x")], "") == looked


def test_a_first_host_makes_the_file_private(tmp_path: Path) -> None:
    path = tmp_path / "new" / "hosts.toml"
    written = opened(path).edit([NEW], "add new")
    assert [host.id for host in load(path).hosts] == ["new"] == list(written.touched)
    assert (stat.S_IMODE(path.stat().st_mode), stat.S_IMODE(path.parent.stat().st_mode)) == (0o600, 0o700)


def test_what_changes_nothing_writes_nothing(path: Path) -> None:
    before = path.stat()
    file = opened(path)
    assert file.edit([Tag("a", (), ("none",))], "").difference == ""
    assert path.stat().st_ino == before.st_ino
    with pytest.raises(ConfigError, match="there is no edit to undo"):
        file.undo()


def test_a_link_and_a_byte_order_mark_and_line_ends_stay(path: Path) -> None:
    path.write_bytes(b"\xef\xbb\xbf" + TEXT.replace("\n", "\r\n").encode())
    link = path.with_suffix(".link")
    link.symlink_to(path.name)
    opened(link).edit([tag("x")], "")
    assert link.is_symlink()
    expected = TEXT.replace("# here\n", '# here\ntags = ["x"]\n').replace("\n", "\r\n")
    assert path.read_bytes() == b"\xef\xbb\xbf" + expected.encode()


def test_disabled_hosts_are_apart_and_count_for_tags(path: Path) -> None:
    path.write_text(TEXT + "tags = ['t']\n\n[tags.t.ssh]\nport = 3\n")
    written = opened(path).edit([enabled("b", False)], "")
    assert ([host.id for host in written.config.hosts], [host.id for host in written.config.disabled]) == (["a"], ["b"])
    config = load(path)
    assert (config.hosts, config.disabled) == (written.config.hosts, written.config.disabled)
    assert config.disabled[0].ssh is not None and config.disabled[0].ssh.port == 3
    assert config.warnings == ()


@pytest.mark.parametrize(
    ("edit", "words"),
    [
        (Change("a", ((("ssh", "port"), 99999),)), r"hosts.toml:\d+: hosts\[a\].ssh.port: 99999 is out of range"),
        (Change("a", ((("nonsense",), "x"),)), r"hosts.toml:\d+: hosts\[a\].nonsense: unknown key"),
        (Change("a", ((("id",), "b"),)), "there is a host 'b' already"),
        (Tag("a", ("x y",)), r"'x y' is not a tag"),
        (Remove("x"), "there is no host 'x'"),
    ],
)
def test_what_would_be_wrong_is_told_with_its_line_and_not_written(path: Path, edit: Any, words: str) -> None:
    with pytest.raises(ConfigError, match=words):
        opened(path).edit([edit], "")
    assert path.read_text() == TEXT


def test_a_file_that_is_wrong_already_is_not_edited(path: Path) -> None:
    path.write_text(TEXT + "nonsense = 1\n")
    with pytest.raises(ConfigErrors, match=r"hosts\.toml:9: .*unknown key"):
        opened(path).edit([tag("x")], "")


def test_a_link_to_nothing_is_told(path: Path) -> None:
    link = path.with_suffix(".link")
    link.symlink_to("nothing")
    with pytest.raises(ConfigError, match="is a link to a file that is not there"):
        opened(link).edit([NEW], "")


@pytest.mark.parametrize("lose", [Path.unlink, lambda path: path.write_text("")], ids=["gone", "empty"])
def test_a_file_that_had_hosts_is_not_begun_anew(path: Path, lose: Callable[[Path], object]) -> None:
    """A running fleet that follows the file would let all its hosts go but the new one."""
    file = FileSource(load(path)).hosts_file
    assert file is not None
    lose(path)
    with pytest.raises(ConfigError, match="put it back first"):
        file.file.edit([NEW], "")
    with pytest.raises(ConfigError, match="put it back first"):
        file.file.look([NEW])
    assert not path.exists() or not path.read_text()
    path.write_text(TEXT)
    assert {host.id for host in file.file.edit([NEW], "").config.hosts} == {"a", "b", "new"}


def test_a_file_whose_last_hosts_were_taken_out_here_takes_new_ones(path: Path) -> None:
    path.write_text('[[hosts]]\nid = "a"\nhost = "192.0.2.1"\n')
    file = opened(path)
    file.edit([Remove("a")], "")
    assert not file.known().hosts
    assert [host.id for host in file.edit([NEW], "").config.hosts] == ["new"]


def test_a_directory_and_a_device_are_not_edited(path: Path) -> None:
    for odd in (path.parent, Path("/dev/null")):
        with pytest.raises(ConfigError, match="is no regular file"):
            HostsFile(odd).edit([tag("x")], "")


# Others who write the file


def meanwhile(monkeypatch: pytest.MonkeyPatch, *writes: Callable[[], object]) -> None:
    """Have each of these done once, in the last moment before the file is replaced."""
    waiting = list(writes)

    def overtaken(path: Path, data: bytes, *, check: Callable[[], object] = bool, **words: Any) -> None:
        def late() -> None:
            if waiting:
                waiting.pop(0)()
            check()

        replace_file(path, data, check=late, **words)

    monkeypatch.setattr("atp_tui.config.hosts_file.replace_file", overtaken)


def test_an_edit_is_made_anew_on_what_somebody_else_has_written_meanwhile(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    theirs = TEXT.replace("192.0.2.2", "192.0.2.77") + "# theirs\n"
    meanwhile(monkeypatch, lambda: path.write_text(theirs))
    opened(path).edit([tag("x")], "")
    assert path.read_text() == theirs.replace("# here\n", '# here\ntags = ["x"]\n')


@pytest.mark.parametrize(
    ("theirs", "words"),
    [
        (TEXT.partition("\n\n")[2], "there is no host 'a'"),
        (TEXT[:-2], "is not TOML"),
        (TEXT.replace("192.0.2.1", "192.0.2.7"), "is '192.0.2.7' by now, and was '192.0.2.1'"),
    ],
)
def test_what_does_not_fit_what_somebody_else_has_written_is_refused(
    path: Path, theirs: str, words: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    meanwhile(monkeypatch, lambda: path.write_text(theirs))
    with pytest.raises(ConfigError, match=words):
        opened(path).edit([Change("a", ((("host",), "x"),), seen=((("host",), "192.0.2.1"),))], "")
    assert path.read_text() == theirs


def test_a_file_that_is_never_left_alone_is_given_up(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    meanwhile(monkeypatch, *[lambda n=n: path.write_text(f"{TEXT}# {n}\n") for n in range(9)])
    with pytest.raises(ConfigError, match="was changed 5 times"):
        opened(path).edit([tag("x")], "")


def test_a_file_that_somebody_else_makes_first_is_edited_and_not_replaced(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "hosts.toml"
    meanwhile(monkeypatch, lambda: path.write_text(TEXT))
    opened(path).edit([NEW], "")
    assert path.read_text() == TEXT + '\n[[hosts]]\nid = "new"\nhost = "192.0.2.9"\n'


WRITER = """
import sys
from pathlib import Path
from atp_tui.config.edits import Tag
from atp_tui.config.hosts_file import HostsFile
from atp_tui.config.undo import Versions
file = HostsFile(Path(sys.argv[1]), Versions(Path(sys.argv[2])))
for number in range(12):
    file.edit([Tag("a", (f"{sys.argv[3]}{number}",))], "tag")
"""


def test_two_programs_that_write_at_once_lose_nothing(path: Path, tmp_path: Path) -> None:
    writers = [
        subprocess.Popen([sys.executable, "-c", WRITER, str(path), str(tmp_path / "v"), name]) for name in ("x", "y")
    ]
    assert [writer.wait(60) for writer in writers] == [0, 0]
    assert sorted(load(path).hosts[0].tags) == sorted(f"{name}{number}" for name in "xy" for number in range(12))


def test_a_program_that_holds_the_file_is_waited_for_and_told(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = os.open(path.parent, os.O_RDONLY)
    fcntl.flock(folder, fcntl.LOCK_EX)
    monkeypatch.setattr("atp_tui.config.hosts_file.PATIENCE", 0.05)
    with pytest.raises(ConfigError, match="is being edited by another program"):
        opened(path).edit([tag("x")], "")
    monkeypatch.setattr("atp_tui.config.hosts_file.PATIENCE", 30.0)
    timer = threading.Timer(0.1, os.close, [folder])
    timer.start()
    assert opened(path).edit([tag("x")], "").touched == ("a",)
    timer.join()


# The way back


def test_edits_are_undone_and_done_again_one_by_one(path: Path) -> None:
    file = opened(path)
    texts = [TEXT]
    for name in ("x", "y", "z"):
        texts.append(file.edit([tag(name)], f"tag {name}").changes[0].after)
    for before, what in zip(reversed(texts[:-1]), "zyx", strict=True):
        assert file.undo(dry=True).changes[0].after == before != path.read_text()
        written = file.undo()
        assert (written.what, path.read_text(), written.touched) == (f"undone: tag {what}", before, ("a",))
    with pytest.raises(ConfigError, match="there is no edit to undo"):
        file.undo()
    again = opened(path)  # another program, later
    for after, what in zip(texts[1:], "xyz", strict=True):
        assert (again.redo().what, path.read_text()) == (f"done again: tag {what}", after)
    with pytest.raises(ConfigError, match="there is no edit to do again"):
        again.redo()
    assert stat.S_IMODE(path.stat().st_mode) == 0o640


def test_a_new_edit_ends_what_could_be_done_again(path: Path) -> None:
    file = opened(path)
    file.edit([tag("x")], "tag x")
    file.undo()
    file.edit([tag("y")], "tag y")
    with pytest.raises(ConfigError, match="there is no edit to do again"):
        file.redo()
    file.undo()
    assert path.read_text() == TEXT


def test_undo_says_which_hosts_it_has_changed(path: Path) -> None:
    file = opened(path)
    file.edit([Remove("b"), NEW, enabled("a", False)], "much")
    assert set(file.undo().touched) == {"a", "b", "new"}


@pytest.mark.parametrize("way", ["undo", "redo"])
def test_what_somebody_else_has_changed_since_is_not_overwritten(path: Path, way: str) -> None:
    file = opened(path)
    file.edit([tag("x")], "tag a")
    if way == "redo":
        file.undo()
    theirs = path.read_text().replace('host = "192.0.2.2"', 'host = "root:pw@192.0.2.3"')
    path.write_text(theirs)
    with pytest.raises(ConfigError) as caught:
        getattr(file, way)()
    said = str(caught.value)
    assert "was changed by somebody else since 'tag a', so nothing was written: - host" in said
    assert '- host = "192.0.2.2" | + host = ' in said and "192.0.2.3" in said and "pw" not in said
    assert path.read_text() == theirs


def test_an_edit_after_somebody_elses_can_be_undone_down_to_theirs(path: Path) -> None:
    file = opened(path)
    file.edit([tag("x")], "tag x")
    theirs = path.read_text() + "# theirs\n"
    path.write_text(theirs)
    file.edit([tag("y")], "tag y")
    assert file.undo().changes[0].after == theirs
    with pytest.raises(ConfigError, match=r"changed by somebody else since 'tag x', .*\+ # theirs"):
        file.undo()


def test_undo_of_a_file_that_is_broken_or_gone_is_refused(path: Path) -> None:
    file = opened(path)
    file.edit([tag("x")], "tag x")
    path.write_bytes(b"\xff\x00[")
    with pytest.raises(ConfigError, match="changed by somebody else"):
        file.undo()
    path.unlink()
    with pytest.raises(ConfigError, match="changed by somebody else"):
        file.undo()


def test_what_is_written_while_an_undo_is_under_way_stays(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = opened(path)
    file.edit([tag("x")], "tag x")
    meanwhile(monkeypatch, lambda: path.write_text("# theirs\n"))
    with pytest.raises(ConfigError, match="was changed by somebody else this moment"):
        file.undo()
    assert path.read_text() == "# theirs\n"


def test_the_last_versions_are_kept_with_their_time_and_are_private(path: Path) -> None:
    file = opened(path)
    for number in range(KEPT + 10):
        file.edit([tag(f"t{number}")], f"tag {number}")
    names = sorted(each.name for each in file.versions_folder.glob("*.toml"))
    assert len(names) == KEPT and names[0].startswith("2026-07-28T00-00-")
    assert {stat.S_IMODE(each.stat().st_mode) for each in file.versions_folder.iterdir()} == {0o600}
    assert stat.S_IMODE(file.versions_folder.stat().st_mode) == 0o700
    for _ in range(KEPT - 1):
        file.undo()
    with pytest.raises(ConfigError, match="no edit to undo"):
        file.undo()


@pytest.mark.parametrize("damage", [b"", b"[]", b'{"done": 9, "steps": []}', b'{"done": 1, "steps": [{}]}', b"\xff"])
def test_a_damaged_list_of_steps_is_as_none(path: Path, damage: bytes) -> None:
    file = opened(path)
    file.edit([tag("x")], "tag x")
    (file.versions_folder / "steps.json").write_bytes(damage)
    with pytest.raises(ConfigError, match="there is no edit to undo"):
        file.undo()
    file.edit([tag("y")], "tag y")
    file.undo()


@pytest.mark.parametrize("damage", ["gone", "other", "outside"])
def test_a_version_that_is_not_what_it_was_is_not_gone_back_to(path: Path, damage: str) -> None:
    file = opened(path)
    file.edit([tag("x")], "tag x")
    oldest = min(file.versions_folder.glob("*.toml"), key=lambda each: "x" in each.read_text())
    if damage == "gone":
        oldest.unlink()
    elif damage == "other":
        oldest.write_text("# other\n")
    else:
        steps = file.versions_folder / "steps.json"
        steps.write_text(steps.read_text().replace(oldest.name, "../../../etc/passwd"))
    with pytest.raises(ConfigError, match="the version to go back to is gone"):
        file.undo()
    assert 'tags = ["x"]' in path.read_text()


def test_a_version_that_cannot_be_read_is_told(path: Path) -> None:
    file = opened(path)
    file.edit([tag("x")], "tag x")
    for version in file.versions_folder.glob("*.toml"):
        version.unlink()
        version.symlink_to(version)
    with pytest.raises(ConfigError, match="cannot be read: Too many levels of symbolic links"):
        file.undo()


# Disks and homes


def test_without_a_home_an_edit_is_made_and_told_that_it_cannot_be_undone(path: Path) -> None:
    file = HostsFile(path)
    assert "no home directory" in file.edit([tag("x")], "").note
    with pytest.raises(ConfigError, match="there is no edit to undo; versions are kept in the home"):
        file.undo()


def test_where_no_version_can_be_kept_the_edit_is_made_and_tells_so(path: Path, tmp_path: Path) -> None:
    (tmp_path / "state").write_text("a file in the way")
    written = opened(path).edit([tag("x")], "")
    assert written.note.startswith("it cannot be undone: the version before could not be kept (")
    assert 'tags = ["x"]' in path.read_text()


def test_where_nothing_can_be_written_that_is_told() -> None:
    """Root writes to every directory: /proc takes files from nobody."""
    with pytest.raises(ConfigError, match="cannot be written"):
        HostsFile(Path("/proc/none/hosts.toml")).edit([NEW], "")


@pytest.mark.parametrize("step", ["fsync", "rename"])
def test_a_full_disk_leaves_the_file_and_the_steps_as_they_were(
    path: Path, step: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = opened(path)
    before = file.edit([tag("x")], "tag x").changes[0].after

    def full(*_: object) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    with monkeypatch.context() as patched:
        patched.setattr(os, step, full)
        with pytest.raises(ConfigError, match="cannot be written: No space left on device"):
            file.edit([tag("y")], "tag y")
        with pytest.raises(ConfigError, match="cannot be written: No space left on device"):
            file.undo()
    assert path.read_text() == before
    assert file.undo().changes[0].after == TEXT
