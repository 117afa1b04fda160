"""What `atp-tui doctor` makes of what it finds: each judgement, and a check that fails itself."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from atp_tui.cli.doctor import files, machine, software, ssh
from atp_tui.cli.doctor.checks import CHECKS, examined
from atp_tui.cli.doctor.verb import as_json, as_text
from atp_tui.cli.doctor.verdict import Asked, Check, Level, Verdict, ok, warning, wrong
from atp_tui.drivers.ssh.presence import AgentFound, ClientFound, KeysFound
from atp_tui.model.errors import ConfigError
from atp_tui.model.message import told
from atp_tui.model.say import Say
from atp_tui.storage.presence import StoreFound

KEYS = KeysFound(("a", "b"), 1)
ENDS = told(Say.CERTIFICATE_ENDS, file="/k-cert.pub", at="16:00")
OVER = told(Say.CERTIFICATE_OVER, file="/k-cert.pub", at="08:00")
LOCKED = told(Say.NEEDS_PASSPHRASE, file="/k")
DIRECTORY = files.DirectoryFound("state", "/s", mode=0o700, kind="ext4", free=1 << 40)
TERMINAL = machine.TerminalFound("xterm-256color", "truecolor", False, "utf-8", (120, 40))
CLOCK = machine.ClockFound(now=1_800_000_000.0, installed=1_700_000_000.0, drift=0.0, kept=True)
LIBRARIES = software.LibrariesFound((("textual", "==8.2.*", "8.2.8"),))
LIBVIRT = software.LibvirtFound("12.8.0", 11_003_000, False, "", True)
FLEET = files.FleetFound(Path("/h.toml"), hosts=3, mode=0o600)
WRONG_KEY = ConfigError("is no number", file=Path("/h.toml"), line=7, key="port", hint="write a number")
THEMES = files.ThemesFound(("dark", "light"), wanted="dark")


def worst(verdicts: Iterable[Verdict]) -> tuple[Level, str]:
    """The worst of some verdicts, and all that they say."""
    verdicts = tuple(verdicts)
    assert verdicts, "a check says something always"
    order = (Level.WRONG, Level.WARNING, Level.OK)
    said = " | ".join(f"{each.found} -> {each.remedy}" for each in verdicts)
    return min((each.level for each in verdicts), key=order.index), said


@pytest.mark.parametrize(
    ("judged", "level", "part"),
    [
        (software.judge_python((3, 11, 0)), Level.OK, "3.11.0"),
        (software.judge_python((3, 10, 12)), Level.WRONG, "older than 3.11"),
        (software.judge_libraries(LIBRARIES), Level.OK, "textual 8.2.8"),
        (software.judge_libraries(software.LibrariesFound((("textual", "==8.2.*", "8.3.0"),))), Level.WRONG, "==8.2.*"),
        (software.judge_libraries(software.LibrariesFound((("shtab", ">=1.13", None),))), Level.WRONG, "not installed"),
        (software.judge_libraries(software.LibrariesFound(packaged=False)), Level.WARNING, "not installed"),
        (software.judge_libvirt(LIBVIRT), Level.OK, "client library 11.3.0"),
        (software.judge_libvirt(replace(LIBVIRT, library=9_000_000, one_call_at_a_time=True)), Level.WARNING, "9.0.0"),
        (software.judge_libvirt(replace(LIBVIRT, library=None, error="No module")), Level.WRONG, "python3-libvirt"),
        (software.judge_libvirt(replace(LIBVIRT, library=None, needed=None)), Level.WRONG, "no libvirt host"),
        (software.judge_libvirt(replace(LIBVIRT, library=None, needed=False)), Level.WARNING, "no libvirt host"),
        (ssh.judge_client(ClientFound("/usr/bin/ssh", "OpenSSH_9.2", True)), Level.OK, "OpenSSH_9.2"),
        (ssh.judge_client(ClientFound("/usr/bin/ssh", "Dropbear", False)), Level.WARNING, "does not answer ssh -G"),
        (ssh.judge_client(ClientFound("/usr/bin/ssh", "OpenSSH_9.2", True, True)), Level.WARNING, "HOME is not"),
        (ssh.judge_client(ClientFound()), Level.WARNING, "apt install openssh-client"),
        (ssh.judge_agent(AgentFound()), Level.OK, "SSH_AUTH_SOCK is not set"),
        (ssh.judge_agent(AgentFound("/a", 1)), Level.OK, "holds 1 key ->"),
        (ssh.judge_agent(AgentFound("/a", 0)), Level.WARNING, "ssh-add"),
        (ssh.judge_agent(AgentFound("/a", error="refused")), Level.WRONG, "/a: refused"),
        (ssh.judge_keys(None), Level.OK, "gives no host"),
        (ssh.judge_keys(()), Level.OK, "no host of these"),
        (ssh.judge_keys([KEYS]), Level.OK, "a, b: 1 key to offer"),
        (ssh.judge_keys([replace(KEYS, troubles=(LOCKED,))]), Level.WARNING, "ssh-add /k"),
        (ssh.judge_keys([KEYS, replace(KEYS, keys=0, troubles=(LOCKED,))]), Level.WRONG, "0 keys to offer"),
        (ssh.judge_keys([replace(KEYS, ends=(ENDS,))]), Level.WARNING, "/k-cert.pub ends at 16:00"),
        (ssh.judge_keys([replace(KEYS, troubles=(OVER,))]), Level.WARNING, "-> have the certificate renewed"),
        (ssh.judge_keys([replace(KEYS, keys=0, needed=False)]), Level.WARNING, "0 keys to offer"),
        (ssh.judge_keys([replace(KEYS, hosts=tuple(map(str, range(1003))))]), Level.OK, "0, 1, 2 and 1,000 more"),
        (files.judge_fleet(FLEET), Level.OK, "/h.toml, 3 hosts, mode 0600"),
        (files.judge_fleet(replace(FLEET, hosts=0)), Level.WARNING, "names no host"),
        (files.judge_fleet(files.FleetFound(None, "/x/hosts.toml")), Level.WARNING, "looked for /x/hosts.toml"),
        (files.judge_fleet(replace(FLEET, errors=(WRONG_KEY,))), Level.WRONG, "/h.toml:7: port: is no number -> wri"),
        (files.judge_fleet(replace(FLEET, warnings=(WRONG_KEY,))), Level.WARNING, "/h.toml:7: port: is no number ->"),
        (files.judge_directories([DIRECTORY]), Level.OK, "mode 0700, 1024.0 GiB free, ext4"),
        (files.judge_directories([replace(DIRECTORY, there=False)]), Level.OK, "made when it is needed"),
        (files.judge_directories([replace(DIRECTORY, mode=0o755)]), Level.WARNING, "chmod 700 /s"),
        (files.judge_directories([replace(DIRECTORY, mode=0o755, private=False)]), Level.OK, "mode 0755"),
        (files.judge_directories([replace(DIRECTORY, free=3 << 20)]), Level.WARNING, "3 MiB free"),
        (files.judge_directories([replace(DIRECTORY, kind="nfs")]), Level.OK, "nfs (other machines may write there)"),
        (files.judge_directories([DIRECTORY, replace(DIRECTORY, error="full of eels")]), Level.WRONG, "full of eels"),
        (files.judge_directories([replace(DIRECTORY, path="", error="no home")]), Level.WRONG, "state: no home -> set"),
        (files.judge_store(StoreFound(Path("/j"), there=False)), Level.OK, "none yet"),
        (files.judge_store(StoreFound(Path("/j"), steps=2, known=2)), Level.OK, "schema 2 of 2"),
        (files.judge_store(StoreFound(Path("/j"), error="is no database")), Level.WRONG, "/j: is no database"),
        (files.judge_themes(THEMES), Level.OK, "dark, light"),
        (files.judge_themes(replace(THEMES, wanted="pink")), Level.WRONG, "pink, which is not there -> one of dark"),
        (files.judge_themes(replace(THEMES, problems=(WRONG_KEY,))), Level.WRONG, "is no number"),
        (machine.judge_terminal(TERMINAL), Level.OK, "120x40, 16 million colours"),
        (machine.judge_terminal(replace(TERMINAL, inside="tmux", color="")), Level.OK, "set-clipboard on"),
        (machine.judge_terminal(replace(TERMINAL, inside="screen")), Level.OK, "passes on nothing that is copied"),
        (machine.judge_terminal(replace(TERMINAL, no_color=True)), Level.OK, "NO_COLOR"),
        (machine.judge_terminal(replace(TERMINAL, size=None, term="vt100", color="")), Level.OK, "16 colours by TERM"),
        (machine.judge_terminal(replace(TERMINAL, term="dumb")), Level.WARNING, "TERM is dumb"),
        (machine.judge_terminal(replace(TERMINAL, term="")), Level.WARNING, "TERM is not set"),
        (machine.judge_terminal(replace(TERMINAL, ascii_only=True)), Level.WARNING, "UTF-8"),
        (machine.judge_terminal(replace(TERMINAL, size=(40, 10))), Level.WARNING, "40x10 cells"),
        (machine.judge_clock(CLOCK), Level.OK, "2027-01-15 08:00:00 UTC, kept right"),
        (machine.judge_clock(replace(CLOCK, kept=None)), Level.OK, "2027-01-15 08:00:00 UTC ->"),
        (machine.judge_clock(replace(CLOCK, kept=False)), Level.WARNING, "nothing keeps it right"),
        (machine.judge_clock(replace(CLOCK, drift=-3600.0)), Level.WARNING, "set by -3600.00 s"),
        (machine.judge_clock(replace(CLOCK, now=0.0)), Level.WRONG, "before this program was installed"),
        (machine.judge_open_files(machine.FilesFound(None, 9)), Level.OK, "no limit"),
        (machine.judge_open_files(machine.FilesFound(1024, 300)), Level.OK, "326 libvirt hosts fit"),
        (machine.judge_open_files(machine.FilesFound(1024, 1000)), Level.WRONG, "and there are 1,000 -> raise it"),
    ],
)  # fmt: skip
def test_what_is_found_is_judged(judged: Iterable[Verdict], level: Level, part: str) -> None:
    found, said = worst(judged)
    assert (found, part in said) == (level, True), said


def test_whatever_is_not_right_has_a_remedy_but_for_a_home_of_another_account() -> None:
    """A person is told what to do, not only that something is wrong."""
    judged = [
        *software.judge_python((3, 9)),
        *software.judge_libvirt(replace(LIBVIRT, library=None)),
        *ssh.judge_client(ClientFound()),
        *ssh.judge_agent(AgentFound("/a", error="refused")),
        *ssh.judge_keys([replace(KEYS, keys=0, troubles=(LOCKED,))]),
        *files.judge_directories([replace(DIRECTORY, error="x")]),
        *files.judge_store(StoreFound(Path("/j"), error="x")),
        *machine.judge_clock(replace(CLOCK, kept=False)),
    ]
    assert [each.found for each in judged if each.level is Level.OK or not each.remedy] == []


@pytest.mark.parametrize(
    ("there", "bounds", "within"),
    [
        ("8.2.8", "==8.2.*", True), ("8.2", "==8.2.*", True), ("8.20.1", "==8.2.*", False), ("9", "==8.2.*", False),
        ("4.0.0", ">=4", True), ("3.9", ">=4", False), ("1.9.2", ">=1.9.2", True), ("1.10", ">=1.9.2", True),
        ("5", ">=4,<5", False), ("4.9", ">=4,<5", True), ("2.0", "==2", True), ("1!x", "~=7", True), ("7", "", True),
    ],
)  # fmt: skip
def test_versions_are_compared_by_number(there: str, bounds: str, within: bool) -> None:
    assert software.within(there, bounds) is within


@given(st.lists(st.integers(0, 99), min_size=1, max_size=4), st.lists(st.integers(0, 99), min_size=1, max_size=4))
def test_a_version_is_either_at_least_another_one_or_less(one: list[int], other: list[int]) -> None:
    there, bound = (".".join(map(str, each)) for each in (one, other))
    assert software.within(there, f">={bound}") is not software.within(there, f"<{bound}")
    assert software.within(there, f"=={there}.*")


def _raises(error: Exception) -> Check[Any]:
    def look(_asked: Asked) -> None:
        raise error

    return Check("broken", look, lambda found: [ok("never")])


def test_a_check_that_fails_is_told_and_the_others_go_on() -> None:
    fine: Check[int] = Check("fine", lambda asked: 7, lambda found: [ok(str(found))])
    checks = [_raises(ValueError("hunter2")), fine, _raises(ConfigError("no home")), _raises(OSError(28, "No space"))]
    told = list(examined(Asked(), checks))
    assert [(name, verdict.level) for name, verdict in told] == [
        ("broken", Level.WRONG), ("fine", Level.OK), ("broken", Level.WRONG), ("broken", Level.WRONG),
    ]  # fmt: skip
    first, _, third, fourth = (verdict.found for _, verdict in told)
    assert first == "the check itself failed: ValueError"  # what an error says may be a secret
    assert third == "could not be looked at: no home"
    assert "No space" in fourth


def test_each_check_of_the_table_has_a_name_of_its_own() -> None:
    assert len({check.name for check in CHECKS}) == len(CHECKS) == 13


def test_text_has_a_line_for_each_and_nothing_that_a_terminal_obeys() -> None:
    assert as_text("keys", ok("fine")) == "ok       keys         fine\n"
    assert as_text("open files", warning("odd\x1b[2J", "mend\nit")).splitlines() == [
        "warning  open files   odd␛[2J",
        "                      → mend␊it",
    ]


def test_json_has_each_and_counts_them() -> None:
    told = [("a", ok("fine")), ("b", warning("odd", "mend it")), ("a", wrong("bad"))]
    assert json.loads(json.dumps(as_json(told))) == {
        "checks": [
            {"check": "a", "verdict": "ok", "found": "fine", "remedy": None},
            {"check": "b", "verdict": "warning", "found": "odd", "remedy": "mend it"},
            {"check": "a", "verdict": "wrong", "found": "bad", "remedy": None},
        ],
        "wrong": 1,
        "warnings": 1,
    }
