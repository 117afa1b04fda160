"""The program as a process of its own, without Python's start: a server that has loaded it forks for each run.

A start takes 0.3 s of a processor, most of it for loading libraries, and some two hundred runs would wait for it. What
a run says, its exit status and its files are those of the program itself. Tests of the start, of signals, of closed
streams and of limits start Python.

    python -m tests.program      serves runs: a line of JSON in, a line of JSON out, until its standard input ends
"""

from __future__ import annotations

import atexit
import json
import os
import selectors
import subprocess
import sys
import tempfile
import traceback
from collections.abc import Mapping
from pathlib import Path
from typing import NoReturn

ROOT = Path(__file__).parents[1]
LOADED = (
    "atp_tui.cli.dispatch",
    "atp_tui.cli.run",
    "atp_tui.cli.ask_hosts",
    "atp_tui.cli.act",
    "atp_tui.drivers.sources",
)
LOADED_WITH_THEM = ("atp_tui.drivers.wiring", "atp_tui.drivers.ssh.link", "atp_tui.drivers.libvirt.link")
"""Modules whose libraries take long to load. The program loads each only where a verb needs it."""

_server: subprocess.Popen[str] | None = None


def run_program(
    arguments: tuple[str, ...], environment: Mapping[str, str], limit: float
) -> subprocess.CompletedProcess[str]:
    """Run the program on these arguments to its end, its standard input empty.

    Raises TimeoutError after `limit` seconds. A signal that ended the run is an exit status below zero.
    """
    with tempfile.TemporaryDirectory() as folder:
        out, err = Path(folder, "out"), Path(folder, "err")
        order = {
            "arguments": arguments,
            "environment": dict(environment),
            "cwd": os.getcwd(),
            "files": [str(out), str(err)],
        }
        status = _asked(order, limit)
        said, complaints = (file.read_text(encoding="utf-8") for file in (out, err))
    return subprocess.CompletedProcess(["atp-tui", *arguments], status, said, complaints)


def _asked(order: Mapping[str, object], limit: float) -> int:
    global _server
    server = _server
    if server is None:
        server = _server = subprocess.Popen(
            [sys.executable, "-m", "tests.program"], cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )
        atexit.register(server.kill)
    assert server.stdin is not None
    assert server.stdout is not None
    server.stdin.write(json.dumps(order) + "\n")
    server.stdin.flush()
    with selectors.DefaultSelector() as selector:
        selector.register(server.stdout, selectors.EVENT_READ)
        if not selector.select(limit):
            server.kill()
            _server = None
            raise TimeoutError(f"the program did not end within {limit:g} s: {order['arguments']}")
    return int(server.stdout.readline())


def _serve() -> None:
    for module in (*LOADED, *LOADED_WITH_THEM):
        __import__(module)
    for line in sys.stdin:
        child = os.fork()
        if not child:
            _become(json.loads(line))
        print(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]), flush=True)


def _become(order: dict[str, object]) -> NoReturn:
    """This process is the program from now on."""
    from atp_tui.__main__ import main

    status: object = 1
    try:
        os.setsid()  # what it starts is its own
        for number, path in ((0, os.devnull), *enumerate(order["files"], 1)):  # type: ignore[arg-type]
            opened = os.open(path, os.O_RDONLY if number == 0 else os.O_WRONLY | os.O_CREAT, 0o600)
            os.dup2(opened, number)
            os.close(opened)
        sys.stdin = open(0, encoding="utf-8", closefd=False)  # noqa: SIM115 - for the whole life of the process
        sys.stdout = open(1, "w", encoding="utf-8", closefd=False)  # noqa: SIM115
        sys.stderr = open(2, "w", encoding="utf-8", errors="backslashreplace", closefd=False)  # noqa: SIM115
        os.environ.clear()
        os.environ.update(order["environment"])  # type: ignore[call-overload]
        os.chdir(str(order["cwd"]))
        sys.argv = ["atp-tui", *order["arguments"]]  # type: ignore[misc]
        status = main()
    except SystemExit as error:
        status = error.code
    except BaseException:  # noqa: BLE001 - whatever it is, it is told as Python tells it
        traceback.print_exc()
        status = 1
    finally:
        atexit._run_exitfuncs()  # the program's own end does not come back from here where it has a status
        for stream in (sys.stdout, sys.stderr):
            stream.flush()
        os._exit(status if isinstance(status, int) else 0 if status is None else 1)


if __name__ == "__main__":
    _serve()
