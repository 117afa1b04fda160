"""The files of the audit: real ones, in each state in which they may be found."""

from __future__ import annotations

import json
import os
import stat
import subprocess
import sys
from pathlib import Path

import pytest

from atp_tui.storage.audit_file import AuditFile
from atp_tui.storage.chain import LONGEST, Kind

from .processes import ROOT

RUN = (Kind.ASKED, {"act": "run"})


def at(folder: Path, **options: int) -> AuditFile:
    return AuditFile(folder, patience=0.2, **options)


def lines_of(file: AuditFile) -> list[bytes]:
    return file.path.read_bytes().splitlines(keepends=True)


def test_the_files_are_for_their_owner_alone_and_hold(tmp_path: Path) -> None:
    file = at(tmp_path / "state")
    before = os.umask(0)
    try:
        heads = [file.append([RUN]) for _ in range(3)]
    finally:
        os.umask(before)
    assert [head.number for head in heads] == [2, 3, 4]
    assert {stat.S_IMODE(each.stat().st_mode) for each in (tmp_path / "state").iterdir()} == {0o600}
    found = file.verify()
    assert (found.holds, found.records, found.first, found.head) == (True, 4, 1, heads[-1])
    assert [record["kind"] for record in file.records()] == ["began", "asked", "asked", "asked"]


def test_nothing_is_there_yet(tmp_path: Path) -> None:
    found = at(tmp_path / "none").verify()
    assert found.holds and found.records == 0 and found.head is None


WRITER = """
import sys
from pathlib import Path
from atp_tui.storage.audit_file import AuditFile
from atp_tui.storage.chain import LONGEST, Kind
file = AuditFile(Path(sys.argv[1]), patience=60.0, largest=4000)
for number in range(40):
    file.append([(Kind.ASKED, {"by": sys.argv[2], "what": number})])
"""


def test_three_programs_write_one_chain_and_lose_nothing(tmp_path: Path) -> None:
    programs = [subprocess.Popen([sys.executable, "-c", WRITER, tmp_path, name], cwd=ROOT) for name in "abc"]
    assert [program.wait() for program in programs] == [0, 0, 0]
    file = at(tmp_path)
    found = file.verify()
    assert found.holds, found
    told = [(record["by"], record["what"]) for record in file.records() if record["kind"] == "asked"]
    assert sorted(told) == [(name, number) for name in "abc" for number in range(40)]
    assert len(file.files()) > 3, "files were full, and others began"


def test_a_line_that_a_crash_cut_short_stays_and_is_marked(tmp_path: Path) -> None:
    file = at(tmp_path)
    file.append([RUN])
    with open(file.path, "ab") as opened:
        opened.write(b'{"act":"run","at":"20')
    assert not file.verify().holds
    file.append([RUN])
    found = file.verify()
    assert found.holds and found.records == 4
    assert [record["kind"] for record in file.records()] == ["began", "asked", "torn", "asked"]
    assert b'{"act":"run","at":"20\n' in lines_of(file)


def test_a_head_that_is_a_record_behind_is_no_loss(tmp_path: Path) -> None:
    """A crash may come between the record and the head."""
    file = at(tmp_path)
    file.append([RUN])
    before = (tmp_path / "audit.head").read_bytes()
    file.append([RUN])
    (tmp_path / "audit.head").write_bytes(before)
    assert file.verify().holds
    file.append([RUN])
    assert file.verify().holds and file.verify().records == 4


def test_a_tail_that_was_cut_off_is_told_for_ever(tmp_path: Path) -> None:
    file = at(tmp_path)
    for _ in range(4):
        file.append([RUN])
    file.path.write_bytes(b"".join(lines_of(file)[:-2]))
    found = file.verify()
    assert not found.holds and found.beyond is not None and (found.beyond.number, found.records) == (5, 3)
    file.append([RUN])
    found = file.verify()
    assert found.fault is not None and found.fault.line == 4 and "had been number 5" in found.fault.why


@pytest.mark.parametrize("there", [b"", b"\0" * 50, b"[1]\n", b"words\nmore\n"])
def test_a_file_that_was_removed_or_replaced_is_told_for_ever(tmp_path: Path, there: bytes) -> None:
    file = at(tmp_path)
    file.append([RUN])
    file.path.write_bytes(there)
    file.append([RUN])
    found = file.verify()
    assert found.fault is not None and found.fault.line == 1
    odd = list(tmp_path.glob("audit-odd-*"))
    assert [each.read_bytes() for each in odd] == ([there] if there else []), "what was there is kept"
    assert [record["n"] for record in file.records()] == [3, 4]


def test_a_changed_record_is_told_with_its_line(tmp_path: Path) -> None:
    file = at(tmp_path)
    for _ in range(3):
        file.append([RUN])
    lines = lines_of(file)
    lines[2] = lines[2].replace(b'"run"', b'"rum"')
    file.path.write_bytes(b"".join(lines))
    found = file.verify()
    assert found.fault is not None and (found.file, found.fault.line, found.records) == (file.path, 4, 3)


def test_full_files_get_the_number_of_their_last_record(tmp_path: Path) -> None:
    file = at(tmp_path, largest=600)
    for _ in range(6):
        file.append([RUN])
    names = [each.name for each in file.files()]
    assert len(names) > 1 and names[-1] == "audit.jsonl" and file.verify().holds
    last = json.loads(file.files()[0].read_bytes().splitlines()[-1])
    assert names[0] == f"audit-{last['n']:012}.jsonl"
    file.files()[0].unlink()
    found = file.verify()
    assert found.holds and found.first == last["n"] + 1, "the beginning is elsewhere, which is told"


def test_what_is_no_file_of_ours_is_not_followed(tmp_path: Path) -> None:
    elsewhere = tmp_path / "elsewhere"
    file = at(tmp_path / "state")
    (tmp_path / "state").mkdir()
    file.path.symlink_to(elsewhere)
    with pytest.raises(OSError):
        file.append([RUN])
    assert not elsewhere.exists()
    file.path.unlink()
    os.mkfifo(file.path)
    with pytest.raises(OSError, match="no regular file"):
        file.append([RUN])


def test_another_program_that_keeps_the_lock_is_waited_for_and_named(tmp_path: Path) -> None:
    file = at(tmp_path)
    with file._locked(), pytest.raises(TimeoutError, match="another program"):
        file.append([RUN])
    assert not file.path.exists()


def test_a_record_that_could_not_be_read_back_is_not_written(tmp_path: Path) -> None:
    file = at(tmp_path)
    file.append([RUN])
    with pytest.raises(OSError, match="too long"):
        file.append([(Kind.ASKED, {"act": "x" * LONGEST})])
    file.append([(Kind.ASKED, {"act": "x" * (LONGEST // 2)})])
    assert file.verify().holds and file.verify().records == 3
