"""The completion of command lines, in real shells: what a person has on the line after Tab."""

from __future__ import annotations

import os
import pty
import re
import select
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
HANG = 20.0
"""Seconds after which a shell is taken for hung."""
HOSTS = """
[sets]
front = "@rack1"

[[hosts]]
id = "kvm01"
host = "192.0.2.1"
tags = ["prod", "rack1", "$(reboot)"]

[[hosts]]
id = "web02"
host = "192.0.2.2"
tags = ["prod", "stage"]

[commands.bounce]
run = "systemctl restart {unit}; logger {text}"
[commands.bounce.parameters]
unit = { choices = ["libvirtd", "virtqemud", "$(reboot)"] }
text = {}
"""


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A home directory with a fleet, the program in bin/, and the completions of the three shells."""
    home = tmp_path_factory.mktemp("a home")
    for folder in (".config/atp_tui", "bin", "site-functions", ".config/fish/completions"):
        (home / folder).mkdir(parents=True)
    (home / ".config/atp_tui/hosts.toml").write_text(HOSTS)
    (home / "lab.toml").write_text('[[hosts]]\nid = "lab7"\nhost = "192.0.2.7"\n')
    (home / "bin/atp-tui").write_text(f'#!/bin/sh\nexec "{sys.executable}" -m atp_tui "$@"\n')
    (home / "bin/atp-tui").chmod(0o755)
    for shell, place in (
        ("bash", "completion.bash"),
        ("zsh", "site-functions/_atp-tui"),
        ("fish", ".config/fish/completions/atp-tui.fish"),
    ):
        (home / place).write_text(said(home, "atp-tui", "completion", shell))
    return home


def environment(home: Path) -> dict[str, str]:
    return {
        "PATH": f"{home / 'bin'}:{os.environ['PATH']}",
        "HOME": str(home),
        "PYTHONPATH": str(ROOT),
        "TERM": "xterm",
        "LC_ALL": "C.UTF-8",
    }


def said(home: Path, *words: str, extra: Mapping[str, str] | None = None) -> str:
    done = subprocess.run(
        words,
        env={**environment(home), **(extra or {})},
        cwd=home,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=HANG,
        check=False,
    )
    assert (done.returncode, done.stderr) == (0, "")
    return done.stdout


def test_words_are_those_of_hosts_toml_and_nothing_a_shell_would_act_on(home: Path) -> None:
    assert said(home, "atp-tui", "complete-words", "targets").split() == [
        "@all", "@front", "@prod", "@rack1", "@stage", "kvm01", "web02",
    ]  # fmt: skip
    assert said(home, "atp-tui", "complete-words", "--config", "lab.toml", "hosts") == "lab7\n"
    assert said(home, "atp-tui", "complete-words", "parameters", "bounce").split() == [
        "text=", "unit=", "unit=libvirtd", "unit=virtqemud",
    ]  # fmt: skip
    assert said(home, "atp-tui", "complete-words", "parameters", "other") == ""
    assert "@last" in said(home, "atp-tui", "complete-words", "targets", "@l").split()
    assert "@job.17.waiting" in said(home, "atp-tui", "complete-words", "targets", "@job.17.").split()
    assert "dark" in said(home, "atp-tui", "complete-words", "themes").split()


@pytest.mark.parametrize("text", [None, "not TOML", '[[hosts]]\nid = "a"\n', "\0"])
def test_words_of_a_file_that_cannot_be_used_are_none_in_silence(home: Path, text: str | None, tmp_path: Path) -> None:
    broken = tmp_path / "broken.toml"
    if text is not None:
        broken.write_text(text)
    assert said(home, "atp-tui", "complete-words", "--config", str(broken), "hosts") == ""


def test_asking_for_words_leaves_nothing_behind(tmp_path: Path, home: Path) -> None:
    said(home, "atp-tui", "complete-words", "hosts", extra={"HOME": str(tmp_path)})
    assert list(tmp_path.iterdir()) == []


class Shell:
    """A shell on a terminal of its own. `line_after` types a line and Tab, and says what is on the line then."""

    def __init__(self, home: Path, words: list[str], set_up: str) -> None:
        self._pid, self._terminal = pty.fork()
        if self._pid == 0:
            os.chdir(home)
            os.execvpe(words[0], words, {**environment(home), "PS1": "$ ", "PS2": ""})
        self._type(f"{set_up}\nprintf '%s\\n' rea''dy\n")
        self._until(r"\r?\nready\r?\n")

    def line_after(self, typed: str) -> str:
        self._type(f"{typed}\t")
        self._type("\x01printf '<%s>' \x05; printf '<%s>\\n' EN''D\n")
        try:
            shown = re.search(r"\n(<.*>)<END>", self._until("<END>"))
        except TimeoutError:
            self._type("\x03")
            raise
        return " ".join(re.findall("<([^>]*)>", shown[1] if shown else ""))

    def _type(self, text: str) -> None:
        os.write(self._terminal, text.encode())

    def _until(self, pattern: str) -> str:
        found, give_up = "", time.monotonic() + HANG
        while not re.search(pattern, found):
            if not select.select([self._terminal], [], [], max(0.0, give_up - time.monotonic()))[0]:
                raise TimeoutError(f"no {pattern!r} in {found!r}")
            found += os.read(self._terminal, 65536).decode()
        return found

    def close(self) -> None:
        os.close(self._terminal)
        os.waitpid(self._pid, 0)


@pytest.fixture(scope="module", params=["bash", "zsh"])
def shell(request: pytest.FixtureRequest, home: Path) -> Iterator[Shell]:
    if shutil.which(request.param) is None:
        pytest.skip(f"no {request.param} here")
    if request.param == "bash":
        made = Shell(
            home, ["bash", "--norc", "--noprofile", "-i"], "bind 'set enable-bracketed-paste off'; . ./completion.bash"
        )
    else:
        made = Shell(
            home,
            ["zsh", "-f", "-i"],
            "unset zle_bracketed_paste; fpath=(~/site-functions $fpath); autoload compinit; compinit -u -D; bindkey -e",
        )
    yield made
    made.close()


LINES = [
    ("atp-tui sta", "atp-tui stats"),
    ("atp-tui --conf", "atp-tui --config"),
    ("atp-tui hosts l", "atp-tui hosts list"),
    ("atp-tui run --gath", "atp-tui run --gather"),
    ("atp-tui run -w kv", "atp-tui run -w kvm01"),
    ("atp-tui run -w @st", "atp-tui run -w @stage"),
    ("atp-tui run -w kvm01,@st", "atp-tui run -w kvm01,@stage"),
    ("atp-tui run -w @prod,@fr", "atp-tui run -w @prod,@front"),
    ("atp-tui run -w @front,@la", "atp-tui run -w @front,@last"),
    ("atp-tui run -w @front,@last.fa", "atp-tui run -w @front,@last.failed"),
    ("atp-tui run --hosts-file la", "atp-tui run --hosts-file lab.toml"),
    ("atp-tui run -w @prod,we", "atp-tui run -w @prod,web02"),
    ("atp-tui run --json -w '@prod!kv", "atp-tui run --json -w @prod!kvm01"),
    ("atp-tui doctor we", "atp-tui doctor web02"),
    ("atp-tui shell we", "atp-tui shell web02"),
    ("atp-tui --theme colour", "atp-tui --theme colour-blind-safe"),
    ("atp-tui --config la", "atp-tui --config lab.toml"),
    ("atp-tui run --config lab.toml -w la", "atp-tui run --config lab.toml -w lab7"),
    ("atp-tui run -w web02 --command bo", "atp-tui run -w web02 --command bounce"),
    ("atp-tui run -w web02 --command bounce te", "atp-tui run -w web02 --command bounce text="),
    ("atp-tui run -w web02 --command bounce unit=virt", "atp-tui run -w web02 --command bounce unit=virtqemud"),
    ("atp-tui completion f", "atp-tui completion fish"),
]  # fmt: skip


@pytest.mark.parametrize(("typed", "expected"), LINES)
def test_tab_completes_the_line(shell: Shell, typed: str, expected: str) -> None:
    assert shell.line_after(typed) == expected


@pytest.mark.parametrize(("typed", "expected"), LINES)
def test_fish_completes_the_line(home: Path, typed: str, expected: str) -> None:
    """Of fish it is asked what it offers for the last word, which is what a script may ask of it."""
    if shutil.which("fish") is None:
        pytest.skip("no fish here")
    offered = [line.partition("\t")[0] for line in said(home, "fish", "-c", "complete -C $argv[1]", typed).splitlines()]
    *before, _ = typed.split()
    assert [" ".join([*before, word]).replace("'", "") for word in offered] == [expected]
