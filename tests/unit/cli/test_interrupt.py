"""Signals to a headless verb, in processes of their own: one that stands still, one whose starter ignores a signal."""

from __future__ import annotations

import contextlib
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

HANG = 15.0

HEAD = """
import asyncio, resource, signal, sys, threading, time
from atp_tui.cli.interrupt import Interrupt, run_verb
"""
STANDS_STILL = """
async def verb(interrupt):
    print("ready", flush=True)
    while interrupt.number is None:
        time.sleep(0.01)  # the loop turns no more
    print("heard", flush=True)
    while True:
        time.sleep(0.01)  # a signal is lost on no lock: one that comes just before its wait would not end that
"""
SENDS_ITSELF_ONE_IN_ANOTHER_THREAD = """
def send():
    time.sleep(0.2)  # the loop has begun to wait
    signal.raise_signal(signal.SIGTERM)

async def verb(interrupt):
    threading.Thread(target=send).start()
    print("ready", flush=True)
    await asyncio.sleep(3600)
"""
WAITS = """
async def verb(interrupt):
    try:
        print("ready", flush=True)
        await asyncio.sleep({seconds})
        return 0
    finally:
        print("in order", flush=True)
"""
HAS_A_THREAD_THAT_HANGS = """
async def verb(interrupt):
    asyncio.get_running_loop().run_in_executor(None, threading.Event().wait)
    print("ready", flush=True)
    try:
        await asyncio.sleep(3600)
    finally:
        print("in order", flush=True)
"""
HAS_NO_THREAD_LEFT = """
async def verb(interrupt):
    await asyncio.to_thread(len, "")  # so that asyncio has threads of its own to end
    pages = int(open("/proc/self/statm").read().split()[0])
    resource.setrlimit(resource.RLIMIT_AS, (pages * 4096 + (1 << 20), resource.RLIM_INFINITY))
    try:
        threading.Thread(target=len, args=("",)).start()
    except RuntimeError:
        print("ready", flush=True)
    return 3
"""


@contextmanager
def running(verb: str, *before: str) -> Iterator[subprocess.Popen[str]]:
    """A program that runs `verb`, from the moment at which it says that it is ready."""
    code = f"{HEAD}{verb}\nsys.exit(run_verb(verb))"
    words = [*before, sys.executable, "-c", code]
    with subprocess.Popen(words, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
        try:
            assert process.stdout is not None
            assert process.stdout.readline() == "ready\n"
            yield process
        finally:
            process.kill()


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_the_second_signal_ends_a_program_whose_loop_stands_still(number: signal.Signals) -> None:
    with running(STANDS_STILL, "env", f"--default-signal={number.name[3:]}") as process:
        process.send_signal(number)
        assert process.stdout is not None
        assert process.stdout.readline() == "heard\n"  # two that wait to be heard together count as one
        process.send_signal(number)
        assert process.wait(HANG) == -number


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGHUP])
def test_the_second_signal_ends_a_program_that_waits_for_a_thread(number: signal.Signals) -> None:
    """asyncio waits for the threads of its executor, without limit and after the verb's own end."""
    with running(HAS_A_THREAD_THAT_HANGS, "env", f"--default-signal={number.name[3:]}") as process:
        process.send_signal(number)
        assert process.stdout is not None
        assert process.stdout.readline() == "in order\n"
        with contextlib.suppress(subprocess.TimeoutExpired):
            process.wait(0.3)
        process.send_signal(number)
        assert process.wait(HANG) == -number


@pytest.mark.parametrize(("number", "status"), [(signal.SIGINT, 130), (signal.SIGTERM, 143), (signal.SIGHUP, 129)])
def test_the_first_signal_ends_a_verb_in_order(number: signal.Signals, status: int) -> None:
    with running(WAITS.format(seconds=HANG), "env", f"--default-signal={number.name[3:]}") as process:
        process.send_signal(number)
        assert process.communicate(timeout=HANG) == ("in order\n", "")
        assert process.returncode == status


def test_a_signal_that_another_thread_took_ends_the_wait_of_the_loop() -> None:
    with running(SENDS_ITSELF_ONE_IN_ANOTHER_THREAD) as process:
        assert process.wait(HANG) == 143


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGHUP])
def test_a_signal_that_the_starter_ignores_is_not_heard(number: signal.Signals) -> None:
    """nohup does so, and a shell for what runs behind an &."""
    with running(WAITS.format(seconds=0.5), "env", f"--ignore-signal={number.name[3:]}") as process:
        process.send_signal(number)
        assert process.communicate(timeout=HANG) == ("in order\n", "")
        assert process.returncode == 0


def test_a_verb_that_ends_where_no_thread_is_left_has_its_own_exit_status() -> None:
    with running(HAS_NO_THREAD_LEFT) as process:
        said, log = process.communicate(timeout=HANG)
        assert (process.returncode, said) == (3, "")
        assert log.startswith("the event loop was left without its end: no further thread could be started")
