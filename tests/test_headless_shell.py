"""`atp-tui shell` on a real terminal, against a real sshd."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.daemons.hosts_toml import host_table, ssh_table
from tests.daemons.sshd import PrivateSshd, running_sshd
from tests.test_headless import atp, written
from tests.ui.real_terminal import Terminal

pytestmark = pytest.mark.daemons

GUARD = """
[guard]
protected = ["prod"]
read_only = ["lab"]
danger = ['dear']
"""

Opened = Callable[..., Terminal]


def config_of(folder: Path, sshd: PrivateSshd, host: str = "127.0.0.1") -> str:
    tags = {"kvm": (), "db1": ("prod",), "db2": ("lab",)}
    tables = [host_table(name, None, ssh_table(sshd), tags[name]) for name in tags]
    return written(folder / "hosts.toml", GUARD, *tables)


@pytest.fixture
def config(tmp_path: Path, sshd: PrivateSshd) -> str:
    return config_of(tmp_path, sshd)


@pytest.fixture
def opened(tmp_path: Path) -> Iterator[Opened]:
    """Opens a terminal with the verb in it."""
    there: list[Terminal] = []

    def make(config: str, *words: str, **environment: str) -> Terminal:
        command = words[1:] if words[:1] == ("--",) else ()
        rest = () if command else words
        there.append(
            Terminal(
                ["shell", "kvm", "--config", config, *rest, *(["--", *command] if command else [])],
                tmp_path,
                **environment,
            )
        )
        return there[-1]

    yield make
    for each in there:
        each.close()


def test_a_login_shell_has_the_terminal_and_gives_its_status(config: str, opened: Opened, tmp_path: Path) -> None:
    terminal = opened(config, PS1="$ ")
    terminal.until(lambda: terminal.settings != terminal.before)
    terminal.keys("echo $TERM; stty size; stty -a | grep -o iutf8; printf 'h\\303\\244\\342\\202\\254\\n'\r")
    terminal.shows("xterm-256color", "40 120", "hä€")
    terminal.keys("exit 7\r")
    assert terminal.ended() == 7 and terminal.is_given_back()
    records = json.loads(atp("audit", "--json", extra={"HOME": str(tmp_path)}).stdout)["records"]
    assert [(each["kind"], each.get("act")) for each in records][-2:] == [("asked", "shell"), ("ended", None)]


def test_resize_ctrl_c_and_bytes_of_any_kind_reach_the_program(config: str, opened: Opened) -> None:
    looks = "until [ \"$(stty size)\" = '1 1' ]; do sleep 0.05; done; echo sized"
    reads = "stty raw -echo; head -c 3 | od -An -tx1; stty sane"
    terminal = opened(config, "--", f"trap 'echo caught; exit 5' INT; {reads}; {looks}; sleep 60 & wait")
    terminal.until(lambda: terminal.settings != terminal.before)
    terminal.send(b"\xff\xfe\x00")
    terminal.shows("ff fe 00")
    terminal.resize(1, 1)
    terminal.until(lambda: b"sized" in terminal.received)
    terminal.send(b"\x03")
    assert terminal.ended() == 5 and terminal.is_given_back()
    assert b"caught" in terminal.received


def test_a_tilde_at_the_beginning_of_a_line_leaves_and_what_was_left_on_is_turned_off(
    config: str, opened: Opened
) -> None:
    on = r"\033[?1049h\033[?1000h\033[?1006h\033[?2004h\033[?1h\033=\033[?25l\033[>1u\033[31m\033]0;unfinished"
    terminal = opened(config, "--", f"printf '{on}'; read x; echo got $x; read x; read y; echo got $y; sleep 60")
    terminal.until(lambda: b"unfinished" in terminal.received)
    terminal.keys("~?")
    terminal.until(lambda: b"~.  leave" in terminal.received)
    terminal.keys("~~a\r")
    terminal.until(lambda: b"got ~a" in terminal.received)
    terminal.keys("b~.\r")
    terminal.keys("~b\r")
    terminal.until(lambda: b"got ~b" in terminal.received)
    terminal.keys("~.")
    assert terminal.ended() == 255 and terminal.is_given_back()
    told = bytes(terminal.received)
    assert b"kvm: the session was left" in told
    for mode in (b"1000", b"1006", b"2004", b"1", b"1049"):
        assert told.rfind(b"\x1b[?" + mode + b"l") > told.rfind(b"\x1b[?" + mode + b"h"), mode
    for undone in (b"\x1b[?25h", b"\x1b[<1u", b"\x1b>", b"\x1b[m", b"\x18"):
        assert told.rfind(undone) > told.rfind(b"got ~b"), undone


def test_a_shell_that_turned_nothing_on_gets_nothing_more(config: str, opened: Opened) -> None:
    terminal = opened(config, "--", "printf '\\033[?1000hx\\033[?1000l\\033[31mred\\033[0m\\n'")
    assert terminal.ended() == 0
    assert bytes(terminal.received) == b"\x1b[?1000hx\x1b[?1000l\x1b[31mred\x1b[0m\r\n"
    terminal = opened(config, "--", "echo $TERM", TERM="\udcff")  # no name that could be told
    assert terminal.ended() == 0 and bytes(terminal.received) == b"dumb\r\n"


def test_a_paste_of_a_megabyte_arrives_whole(config: str, opened: Opened) -> None:
    terminal = opened(config, "--", "stty raw -echo; echo ready; head -c 1048576 | cksum")
    terminal.until(lambda: b"ready" in terminal.received)
    data = b"0123456789abcde\n" * 65536
    terminal.paste(data)
    wanted = subprocess.run(["cksum"], input=data, capture_output=True, check=True).stdout.split()[0]
    terminal.until(lambda: wanted in terminal.received)
    assert terminal.ended() == 0


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGHUP])
def test_a_signal_gives_the_terminal_back(config: str, opened: Opened, number: signal.Signals) -> None:
    terminal = opened(config, "--", r"printf '\033[?1049h\033[?1003hthere'; sleep 60")
    terminal.until(lambda: b"there" in terminal.received)
    terminal.process.send_signal(number)
    assert terminal.ended() == 128 + number and terminal.is_given_back()
    assert bytes(terminal.received).count(b"\x1b[?1003l") == 1


def test_a_lost_connection_and_a_killed_shell_are_told(tmp_path: Path, opened: Opened) -> None:
    with running_sshd(tmp_path / "sshd") as daemon:
        config = config_of(tmp_path, daemon)
        assert opened(config, "--", "kill -KILL $$").ended() == 128 + signal.SIGKILL
        terminal = opened(config, "--", r"printf '\033[?1049hthere'; sleep 60")
        terminal.until(lambda: b"there" in terminal.received)
        daemon.kill()
        assert terminal.ended() == 255 and terminal.is_given_back()
        assert b"kvm: " in terminal.received
    terminal = opened(config)
    assert terminal.ended() == 255 and b"refuses connections" in terminal.received


def test_without_a_terminal_a_command_is_needed_and_streams_come_apart(config: str) -> None:
    done = atp("shell", "kvm", "--config", config)
    assert done.returncode == 2 and "needs a terminal" in done.stderr
    line = [sys.executable, "-m", "atp_tui", "shell", "kvm", "--config", config, "--"]
    done_bytes = subprocess.run(
        [*line, "cat; echo wrong >&2; exit 3"], input=b"\xff\x00in", capture_output=True, check=False, timeout=60
    )
    assert (done_bytes.returncode, done_bytes.stdout, done_bytes.stderr) == (3, b"\xff\x00in", b"wrong\n")
    with open(os.path.realpath(config), "rb") as file:  # which no event loop waits for
        whole = subprocess.run([*line, "cat"], stdin=file, capture_output=True, check=False, timeout=60)
    assert whole.stdout == Path(config).read_bytes()
    reader = subprocess.run(
        ["sh", "-c", '"$@" "yes | head -c 3000000" | head -c 3; echo ${PIPESTATUS:-}', "sh", *line],
        stdin=subprocess.DEVNULL, capture_output=True, check=False, timeout=60,
    )  # fmt: skip
    assert reader.stdout.startswith(b"y\ny") and b"Traceback" not in reader.stderr


def test_a_signal_ends_it_though_nobody_reads_what_it_says(config: str) -> None:
    line = [sys.executable, "-m", "atp_tui", "shell", "kvm", "--config", config, "--", "yes"]
    with subprocess.Popen(line, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE) as process:
        assert process.stdout is not None
        assert os.read(process.stdout.fileno(), 4) == b"y\ny\n"
        process.terminate()
        try:
            assert process.wait(30) == 128 + signal.SIGTERM
        finally:
            process.kill()


def test_read_only_mode_guard_rails_and_the_audit_hold(config: str, tmp_path: Path) -> None:
    cases = (
        ("kvm", ("--read-only", "--", "true"), "read-only"),
        ("db1", ("--", "true"), "protected by the tag prod"),
        ("db2", ("--yes", "--", "true"), "db2"),
        ("kvm", ("--", "dear"), "on the list of dangers"),
        ("kvm,db1", ("--", "true"), "a shell is on one host"),
        ("kvm", ("true",), "stands behind --"),
        ("kvm", ("--",), "a command is needed"),
    )
    for host, words, why in cases:
        done = atp("shell", host, "--config", config, *words, extra={"HOME": str(tmp_path)})
        assert done.returncode == 2 and why in done.stderr, (host, words, done.stderr)
    assert atp("shell", "db1", "--config", config, "--yes", "--", "true", extra={"HOME": str(tmp_path)}).returncode == 0
