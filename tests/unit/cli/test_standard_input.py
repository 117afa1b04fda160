"""Which standard input has something to read, on real descriptors."""

from __future__ import annotations

import os
import pty
import socket
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

import pytest

from atp_tui.cli.standard_input import refuse_input
from atp_tui.model.errors import ActionFailed


@contextmanager
def descriptor_of(kind: str, folder: Path) -> Iterator[int]:
    with ExitStack() as stack:
        if kind.startswith("socket"):
            ours, theirs = (stack.enter_context(each) for each in socket.socketpair())
            if kind == "socket with data":
                theirs.send(b"x")
            yield ours.fileno()
        elif kind.startswith("terminal"):
            first, second = pty.openpty()
            stack.callback(os.close, first)
            stack.callback(os.close, second)
            os.write(first, b"typed\n")
            yield second
        elif kind.startswith("/dev"):
            yield stack.enter_context(open(kind, "rb", buffering=0)).fileno()
        else:
            (folder / "data").write_text("" if kind == "empty file" else "a\nb\n")
            file = stack.enter_context(open(folder / "data", "rb", buffering=0))
            file.seek(0, os.SEEK_END if kind == "file that was read" else os.SEEK_SET)
            yield file.fileno()


@pytest.mark.parametrize("kind", ["file", "/dev/zero", "socket with data"])
def test_what_has_data_is_refused(kind: str, tmp_path: Path) -> None:
    with descriptor_of(kind, tmp_path) as descriptor, pytest.raises(ActionFailed, match="standard input has data"):
        refuse_input(descriptor)


@pytest.mark.parametrize(
    "kind", ["empty file", "file that was read", "/dev/null", "socket", "terminal that was typed at"]
)
def test_what_has_none_is_not(kind: str, tmp_path: Path) -> None:
    with descriptor_of(kind, tmp_path) as descriptor:
        refuse_input(descriptor)


def test_the_file_of_the_configuration_is_no_data_and_another_one_is(tmp_path: Path) -> None:
    with descriptor_of("file", tmp_path) as descriptor:
        refuse_input(descriptor, tmp_path / "data")
        for other in (tmp_path, tmp_path / "nowhere"):
            with pytest.raises(ActionFailed):
                refuse_input(descriptor, other)
