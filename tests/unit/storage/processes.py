"""Runs tests.unit.storage.program."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

ROOT = Path(__file__).parents[3]


def command(*words: object) -> list[str]:
    """The program as a command line."""
    return [sys.executable, "-B", "-m", "tests.unit.storage.program", *map(str, words)]


def run(*words: object, within: Sequence[str] = ()) -> list[str]:
    """The lines that the program prints, run to its end. `within` is a command that runs it."""
    done = subprocess.run(
        [*within, *command(*words)], cwd=ROOT, capture_output=True, text=True, timeout=60, check=False
    )
    assert done.returncode == 0, done.stderr
    return done.stdout.splitlines()


@contextmanager
def running(*words: object) -> Iterator[subprocess.Popen[str]]:
    """The program while it runs; it is killed at the end."""
    with subprocess.Popen(
        command(*words), cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as process:
        try:
            yield process
        finally:
            process.kill()


def line_of(process: subprocess.Popen[str]) -> str:
    """The next line that it prints."""
    assert process.stdout is not None
    return process.stdout.readline().rstrip("\n")
