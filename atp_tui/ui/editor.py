"""The person's editor, which has the terminal for a while."""

from __future__ import annotations

import asyncio
import os
import shlex
import shutil
import signal
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path

from textual.app import App, SuspendNotSupported

_USUAL = ("sensible-editor", "editor", "nano", "vi")

_TAKE_LINES = frozenset({
    "vi", "vim", "nvim", "view", "elvis", "nano", "rnano", "pico", "emacs", "emacsclient", "mg", "jmacs", "micro", "hx",
    "helix", "joe", "jed", "ne", "kak",
})  # fmt: skip
"""Editors that open a file at a line for `+LINE` before it."""


def editor(environ: Mapping[str, str] = os.environ) -> list[str] | None:
    """The command that opens an editor: VISUAL, EDITOR, else the first usual one there is; None where there is none."""
    for words in (*(environ.get(name, "") for name in ("VISUAL", "EDITOR")), *_USUAL):
        try:
            command = shlex.split(words)
        except ValueError:
            continue  # an unclosed quote
        if command and shutil.which(command[0], path=environ.get("PATH")):
            return command
    return None


def opening(command: Sequence[str], file: Path, line: int | None) -> list[str]:
    """The command with the file, at that line (from 1) where it is an editor that is known to take one."""
    found = shutil.which(command[0]) or command[0]
    names = {Path(path).name.partition(".")[0] for path in (found, os.path.realpath(found))}  # editor -> vim.tiny
    at = [f"+{line}"] if line is not None and names & _TAKE_LINES else []
    return [*command, *at, str(file.absolute())]


async def edit(app: App[object], command: Sequence[str]) -> str:
    """Give the terminal to a command until it ends; what went wrong, in words, or "".

    The event loop goes on meanwhile: hosts stay connected, and what the screen draws is dropped.
    """
    try:
        with app.suspend():  # raises nothing out of its block: it would not take the terminal back
            return await _run(command)
    except SuspendNotSupported:
        return "this terminal cannot be given to an editor"


async def _run(command: Sequence[str]) -> str:
    with _deaf():
        try:
            process = await asyncio.create_subprocess_exec(*command)
        except (OSError, ValueError) as error:
            return f"{command[0]} cannot be started: {getattr(error, 'strerror', None) or error}"
        try:
            status = await process.wait()
        except asyncio.CancelledError:
            process.terminate()  # the program ends: a shell is next at this terminal
            raise
    return f"{command[0]} ended with status {status}" if status else ""


@contextmanager
def _deaf() -> Iterator[None]:
    """Keys that interrupt are the editor's; the signals come to us as well. A handler of ours is not inherited, as it
    would be that they are ignored."""
    before = {number: signal.signal(number, lambda *_: None) for number in (signal.SIGINT, signal.SIGQUIT)}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
