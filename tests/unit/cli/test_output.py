"""What headless verbs print, on outputs that cannot take it."""

from __future__ import annotations

import io
import json
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, TextIO

import pytest

from atp_tui.cli.arguments import Arguments
from atp_tui.cli.info import info
from atp_tui.cli.output import PIECE, Each, ReaderGone, complain, emit, emit_json
from atp_tui.cli.tables import domain_table, stats_table, table
from atp_tui.model.errors import ActionFailed
from atp_tui.model.text import Printed
from atp_tui.monitor import metrics
from atp_tui.ui.text import width_of


@contextmanager
def opened(path: Path) -> Iterator[TextIO]:
    with open(path, "w", encoding="utf-8") as stream:
        yield stream


def test_what_the_encoding_lacks_is_replaced(monkeypatch: pytest.MonkeyPatch) -> None:
    raw = io.BytesIO()
    monkeypatch.setattr(sys, "stdout", io.TextIOWrapper(raw, encoding="latin-1"))
    emit(Printed("dömäin 数据库\n"))
    assert raw.getvalue() == "dömäin ???\n".encode("latin-1")


def test_large_json_is_written_in_pieces_as_its_items_are_made(monkeypatch: pytest.MonkeyPatch) -> None:
    """12 MiB of control characters took 171 MB, and 64 MiB a gigabyte."""
    written: list[bytes] = []

    class Sink(io.RawIOBase):
        def writable(self) -> bool:
            return True

        def write(self, data: Any, /) -> int:
            written.append(bytes(data))
            return len(data)

    made: list[int] = []

    def make(number: int) -> dict[str, str]:
        made.append(len(written))
        return {"stdout": "\x01" * PIECE}

    monkeypatch.setattr(sys, "stdout", io.TextIOWrapper(io.BufferedWriter(Sink()), encoding="utf-8"))
    emit_json({"results": Each(make, [1, 2, 3]), "none": Each(make, [])})
    assert max(map(len, written)) < 7 * PIECE
    assert made[0] < made[1] < made[2], "the first was written before the last was made"
    told = b"".join(written)
    assert told == (json.dumps(json.loads(told), indent=2) + "\n").encode()
    assert [len(each["stdout"]) for each in json.loads(told)["results"]] == [PIECE] * 3 and json.loads(told)[
        "none"
    ] == []


def test_json_with_a_figure_that_json_does_not_know_is_not_begun(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(ValueError, match="JSON compliant"):
        emit_json({"a": [1, float("nan")]})
    assert capsys.readouterr().out == ""


def test_a_full_disk_is_told_and_no_traceback(monkeypatch: pytest.MonkeyPatch) -> None:
    with opened(Path("/dev/full")) as full:
        monkeypatch.setattr(sys, "stdout", full)
        with pytest.raises(ActionFailed, match="No space left"):
            emit(Printed("text"))
        monkeypatch.undo()


def test_a_closed_output_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "stdout", None)
    with pytest.raises(ActionFailed, match="no standard output"):
        emit(Printed("text"))


def test_a_reader_that_has_gone_is_told_to_the_caller_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    reading, writing = os.pipe()
    os.close(reading)
    with open(writing, "w", encoding="utf-8") as stream:
        monkeypatch.setattr(sys, "stdout", stream)
        with pytest.raises(ReaderGone):
            emit(Printed("text"))
        emit(Printed("the interpreter's last flush does no harm"))
        monkeypatch.undo()


def test_the_words_of_a_host_begin_no_complaint_of_their_own(capsys: pytest.CaptureFixture[str]) -> None:
    for end in ("\n", "\r\n", "\x0b", "\x1c", "\x85", "\u2028"):
        complain(f"web1: internal error{end}web2: connect: done")
        told = capsys.readouterr().err
        assert told.splitlines() == [told.removesuffix("\n")]
        assert told.startswith("atp-tui: web1: internal error") and told.endswith("web2: connect: done\n")


def test_a_complaint_needs_no_standard_error(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "stderr", None)
    complain("nobody hears this")


def test_columns_stand_below_each_other_whatever_the_script() -> None:
    lines = table(("HOST", "DOMAIN", "STATE"), [("a", "数据库", "running"), ("b", "db", "shut off")]).splitlines()
    places = {width_of(line[: line.index(word)]) for line, word in zip(lines, ("STATE", "run", "shut"), strict=True)}
    assert len(places) == 1


def test_one_long_name_widens_no_other_line() -> None:
    long = "n" * 100_000
    lines = table(("HOST", "DOMAIN", "STATE"), [("a", long, "running"), *[("b", "db", "shut off")] * 100]).splitlines()
    assert lines[1] == f"a     {long}  running"
    assert max(map(len, [lines[0], *lines[2:]])) < 100


def test_figures_have_their_units(monkeypatch: pytest.MonkeyPatch) -> None:
    domain = {"host": "a", "name": "db", "state": "paused", "reason": "I/O error", "vcpus": 2, "uuid": "u"}
    said = {"os": "debian12", "addresses": ["192.0.2.7", "::1"], "tags": ["a", "b"], "title": "Shop front"}
    nothing = dict.fromkeys(said)
    shown = domain_table(
        [
            {**domain, **said, "memory_kib": 1_572_864},
            {**domain, **nothing, "memory_kib": None, "reason": None},
        ]
    )
    assert [" ".join(line.split()) for line in shown.splitlines()[1:]] == [
        "a db paused (I/O error) 2 1.5 GiB debian12 192.0.2.7 a b u Shop front",
        "a db paused 2 - - - - u -",
    ]
    pool = {"active_connections": 1, "max_connections": 10, "total_requests": 3, "total_errors": 0}
    host = {"host": "a", "state": "connected", "pool": pool, "cause": None, "error": None, "nonsense": None}
    monkeypatch.setattr(metrics, "METRICS", tuple(each for each in metrics.METRICS if each.name == "rtt"))
    shown = stats_table([{**host, "rtt": 0.0123}, {**host, "rtt": None, "error": "no answer"}])
    assert [line.split() for line in shown.splitlines()[1:]] == [
        ["a", "connected", "1", "of", "10", "3", "0", "12.3", "ms"],
        ["a", "connected", "1", "of", "10", "3", "0", "-", "no", "answer"],
    ]


def test_info_says_that_the_libvirt_binding_is_missing(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setitem(sys.modules, "libvirt", None)  # how Python marks a module that is not to be had
    assert info(Arguments("info")) == 0
    assert "libvirt        no binding: install python3-libvirt for libvirt hosts\n" in capsys.readouterr().out
