"""Chaos proxies in a process of their own.

Their sockets and tasks are then not among those that a test counts as its own, and they go on while the event loop
under test is held up. A line of JSON asks, a line answers; the process ends with its standard input.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import asdict
from pathlib import Path
from typing import Any

import pytest

from .proxy import PASS, Address, ChaosProxy, Kind, Mode

_ROOT = Path(__file__).parents[2]


class Proxies:
    """The process. `close` ends it, and with it all proxies."""

    def __init__(self) -> None:
        self._process = subprocess.Popen(
            [sys.executable, "-m", "tests.chaos.apart"],
            cwd=_ROOT,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )

    def open(self, target: Address) -> Proxy:
        """A proxy on a free port of 127.0.0.1."""
        made = self.ask(do="open", target=target)
        return Proxy(self, made["id"], made["port"])

    def ask(self, **question: object) -> dict[str, Any]:
        """Blocks for the answer: half a millisecond."""
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.write(json.dumps(question) + "\n")
        self._process.stdin.flush()
        answer: dict[str, Any] = json.loads(self._process.stdout.readline())
        return answer

    def close(self) -> None:
        self._process.communicate()
        assert self._process.returncode == 0, "the proxies' process failed"


class Proxy:
    """One proxy over there. What was asked for has happened when a method returns."""

    def __init__(self, proxies: Proxies, number: int, port: int) -> None:
        self.port = port
        self._proxies = proxies
        self._number = number

    def set(self, mode: Mode) -> None:
        self._proxies.ask(do="set", id=self._number, mode=asdict(mode))

    def reset(self) -> None:
        """Cut what is open, and pass from then on."""
        self.set(Mode(Kind.RST))
        self.set(PASS)

    @property
    def open_connections(self) -> int:
        count: int = self._proxies.ask(do="count", id=self._number)["open"]
        return count

    def close(self) -> None:
        self._proxies.ask(do="close", id=self._number)


@pytest.fixture(scope="module")
def proxies() -> Iterator[Proxies]:
    """A process of proxies for the tests of one module."""
    apart = Proxies()
    yield apart
    apart.close()


async def _answer(proxies: dict[int, ChaosProxy], question: dict[str, Any]) -> dict[str, object]:
    match question["do"]:
        case "open":
            target = question["target"]
            proxy = ChaosProxy(target if isinstance(target, str) else (target[0], target[1]))
            proxies[len(proxies)] = proxy
            return {"id": len(proxies) - 1, "port": proxy.address[1]}
        case "set":
            mode = question["mode"]
            proxies[question["id"]].set(Mode(Kind(mode["kind"]), mode["after"], mode["pace"]))
        case "count":
            return {"open": proxies[question["id"]].open_connections}
        case "close":
            await proxies[question["id"]].close()
    return {}


async def _serve() -> None:
    reader = asyncio.StreamReader()
    await asyncio.get_running_loop().connect_read_pipe(lambda: asyncio.StreamReaderProtocol(reader), sys.stdin)
    proxies: dict[int, ChaosProxy] = {}
    while line := await reader.readline():
        print(json.dumps(await _answer(proxies, json.loads(line))), flush=True)
    for proxy in proxies.values():
        await proxy.close()


if __name__ == "__main__":
    with contextlib.suppress(KeyboardInterrupt):
        asyncio.run(_serve())
