"""Keys written to known_hosts files: in one step, kept by a crash, and nothing else touched."""

from __future__ import annotations

import os
import resource
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from atp_tui.drivers.ssh.key_files import append_key, remove_keys, replace_keys

from ..daemons.mounts import own_mounts

KEY = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIFfcTvpdada9wkOz1YcaPYgQKTVNy/Y0srEoz5rtO+ig"
OTHER = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIPhCNU6nuJY1jIX4PdEVWV4Sj8tsHbn5GH2cCgWOKDI4"

TRACED = """
import sys
import threading
from pathlib import Path
from atp_tui.drivers.ssh import key_files
getattr(key_files, sys.argv[1])(Path(sys.argv[2]), *sys.argv[3:])
"""


def _calls(directory: Path, function: str, *arguments: str | Path) -> list[str]:
    """What the kernel is asked to write, sync and rename: `strace -y` tells the file behind each descriptor."""
    trace = directory / "trace"
    calls = "trace=fsync,fdatasync,write,rename,renameat,renameat2"
    done = subprocess.run(
        ["strace", "-f", "-y", "-o", trace, "-e", calls, sys.executable, "-c", TRACED, function, *arguments],
        check=False,
        capture_output=True,
        timeout=60,
    )
    assert done.returncode == 0, done.stderr
    return [line for line in trace.read_text().splitlines() if str(directory) in line]


def _index(calls: list[str], *words: str) -> int:
    return next(number for number, call in enumerate(calls) if all(word in call for word in words))


def test_a_new_key_is_on_the_disk_before_it_counts_as_stored(tmp_path: Path) -> None:
    calls = _calls(tmp_path, "append_key", tmp_path / "known", "a", KEY)
    written = _index(calls, "write(", "ssh-ed25519")
    assert _index(calls, "fsync(", f"{tmp_path}/known>") > written
    assert sum("write(" in call for call in calls) == 1, "a line in two writes could be torn by another program"


def test_a_line_for_which_the_disk_has_no_room_is_not_begun(tmp_path: Path) -> None:
    file = tmp_path / "known"
    file.write_text(f"a {OTHER}\n")
    before, limits = file.read_bytes(), resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (len(before) + 20, limits[1]))
    try:
        with pytest.raises(OSError, match="No space"):
            append_key(file, "b", KEY)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limits)
    assert file.read_bytes() == before


def test_a_replaced_file_is_on_the_disk_before_it_takes_the_place_of_the_old_one(tmp_path: Path) -> None:
    file = tmp_path / "known"
    file.write_text(f"a {OTHER}\n")
    calls = _calls(tmp_path, "replace_keys", file, "a", KEY)
    renamed = _index(calls, "rename", f'{tmp_path}/known"')
    temporary = calls[renamed].split('"')[1]
    assert _index(calls, "write(", temporary) < _index(calls, "fsync(", temporary) < renamed
    directory = [number for number, call in enumerate(calls) if "fsync(" in call and f"<{tmp_path}>" in call]
    assert any(number > renamed for number in directory), "the new name is not kept by a crash"
    old = _index(calls, "rename", f'{tmp_path}/known.old"')
    assert old < renamed, "the former file is kept before it is replaced"


@pytest.mark.parametrize("function", [append_key, replace_keys])
def test_a_sync_that_fails_is_an_error_and_leaves_the_old_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, function: object
) -> None:
    def fail(descriptor: int) -> None:
        raise OSError(28, "No space left on device")

    file = tmp_path / "known"
    file.write_text(f"a {OTHER}\n")
    monkeypatch.setattr(os, "fsync", fail)
    with pytest.raises(OSError, match="No space"):
        function(file, "a", KEY)  # type: ignore[operator] # one of two functions
    assert file.read_text().startswith(f"a {OTHER}\n")
    assert sorted(path.name for path in tmp_path.iterdir() if "known" in path.name) == ["known"]


FULL = """
import os, sys
from pathlib import Path
from atp_tui.drivers.ssh.key_files import append_key, replace_keys
file = Path(sys.argv[1]) / "known"
file.write_text(sys.argv[3])
with open(Path(sys.argv[1]) / "filler", "wb") as filler:
    try:
        while True:
            os.write(filler.fileno(), bytes(4096))
    except OSError:
        pass
for function in (append_key, replace_keys):
    try:
        function(file, "[a]:2222", sys.argv[2])
    except OSError as error:
        print(error.strerror)
    print(file.read_text() == sys.argv[3])
print(sorted(path.name for path in file.parent.iterdir()))
"""


def test_a_full_file_system_tears_nothing(tmp_path: Path) -> None:
    line = f"a {OTHER}\n"
    text = (line * 300)[: 4096 * (len(line) * 300 // 4096)]  # whole pages: the first byte more needs another one
    small = own_mounts(f'mount -t tmpfs -o size=64k none "{tmp_path}"')
    done = subprocess.run(
        [*small, sys.executable, "-c", FULL, tmp_path, KEY, text],
        check=False,
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert done.returncode == 0, done.stderr
    full = "No space left on device"
    assert done.stdout.splitlines() == [full, "True", full, "True", "['filler', 'known']"]


@pytest.mark.parametrize(
    ("before", "after"),
    [
        (b"", b"a KEY\n"),
        (b"b KEY", b"b KEY\na KEY\n"),
        (b"b KEY\n", b"b KEY\na KEY\n"),
        (b"b KEY\r\n", b"b KEY\r\na KEY\r\n"),
        (b"# \xff\xfe\n\n\n", b"# \xff\xfe\n\n\na KEY\n"),
    ],
)
def test_a_line_is_added_as_the_file_ends_its_lines(tmp_path: Path, before: bytes, after: bytes) -> None:
    for function in (append_key, replace_keys):
        file = tmp_path / "known"
        file.write_bytes(before.replace(b"KEY", OTHER.encode()))
        function(file, "a", KEY)
        assert file.read_bytes() == after.replace(b"a KEY", f"a {KEY}".encode()).replace(b"KEY", OTHER.encode())


def test_a_link_stays_one_and_so_does_who_may_read_it(tmp_path: Path) -> None:
    shared, link = tmp_path / "shared", tmp_path / "known"
    shared.write_text(f"a {OTHER}\n")
    shared.chmod(0o644)
    link.symlink_to(shared)
    replace_keys(link, "a", KEY)
    assert link.is_symlink()
    assert shared.read_text() == f"a {KEY}\n"
    assert shared.stat().st_mode & 0o777 == 0o644
    assert (tmp_path / "known.old").read_text() == f"a {OTHER}\n"


def test_removing_says_whether_there_was_something(tmp_path: Path) -> None:
    file = tmp_path / "known"
    file.write_text(f"b {OTHER}\n")
    assert not remove_keys(file, "a")
    assert not (tmp_path / "known.old").exists()
    assert remove_keys(file, "b")
    assert file.read_bytes() == b""


def test_keys_that_are_written_at_once_take_nothing_from_each_other(tmp_path: Path) -> None:
    """A person trusts a changed key while new keys of other hosts are stored: the file was read, and put in place of
    what had been added meanwhile."""
    file = tmp_path / "known"
    file.write_text("".join(f"old{number} {OTHER}\n" for number in range(20)))

    def replace_all() -> None:
        for number in range(20):
            replace_keys(file, f"old{number}", KEY)

    def append_all(writer: int) -> None:
        for number in range(20):
            append_key(file, f"new{writer}-{number}", KEY)

    writers = [threading.Thread(target=append_all, args=(writer,)) for writer in range(3)]
    writers.append(threading.Thread(target=replace_all))
    for writer in writers:
        writer.start()
    for writer in writers:
        writer.join()
    names = sorted(line.split()[0] for line in file.read_text().splitlines())
    wanted = [f"new{writer}-{number}" for writer in range(3) for number in range(20)]
    assert names == sorted([*wanted, *(f"old{number}" for number in range(20))])
    assert OTHER not in file.read_text()


def test_a_key_that_is_there_is_not_written_once_more(tmp_path: Path) -> None:
    file = tmp_path / "known"
    assert append_key(file, "a", KEY)
    assert not append_key(file, "a", KEY)
    assert append_key(file, "a", OTHER)
    assert append_key(file, "b", KEY, hashed=True)
    assert not append_key(file, "b", KEY, hashed=True)
    assert file.read_text().count("\n") == 3


def test_a_key_in_the_comment_of_another_one_is_not_there(tmp_path: Path) -> None:
    file = tmp_path / "known"
    file.write_text(f"box {OTHER} was {KEY}\n")
    assert append_key(file, "box", KEY)
    assert file.read_text().endswith(f"\nbox {KEY}\n")


@pytest.mark.parametrize("before", [None, f"other {OTHER}\n"])
def test_a_former_file_is_not_lost_for_one_in_which_nothing_was_replaced(tmp_path: Path, before: str | None) -> None:
    """`ssh-keygen -R` leaves it too: it may be all that is left of a file that was moved away."""
    file, former = tmp_path / "known", tmp_path / "known.old"
    former.write_text("kept\n")
    if before is not None:
        file.write_text(before)
    replace_keys(file, "a", KEY)
    assert file.read_text() == f"{before or ''}a {KEY}\n"
    assert former.read_text() == "kept\n"
