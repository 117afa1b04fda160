"""`./atp install` and `./atp uninstall`, in a home directory of their own: what is written, kept, said and removed."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.test_bootstrap import REPOSITORY, Machine, machine

__all__ = ["machine"]  # a fixture

FILES = (
    ".local/bin/atp-tui",
    ".local/share/bash-completion/completions/atp-tui",
    ".local/share/zsh/site-functions/_atp-tui",
    ".config/fish/completions/atp-tui.fish",
    ".local/share/man/man1/atp-tui.1",
)
PROGRAM = f"""#!/bin/sh
PYTHONPATH='{REPOSITORY}' exec '{sys.executable}' -m atp_tui "$@"
"""


@pytest.fixture
def home(machine: Machine) -> Path:
    """A home directory with a quote in its name, on a machine on which the program is installed in its checkout."""
    home = machine.root / "the owner's home"
    home.mkdir()
    machine.checkout = machine.checkout.rename(machine.root / "the owner's check out")
    machine.settings["HOME"] = str(home)
    machine.install_packages()
    (machine.root / "tool").write_text(PROGRAM)
    for name in ("mv", "sed"):
        found = shutil.which(name)
        assert found, name
        (machine.root / "bin" / name).symlink_to(found)
    return home


def files_in(home: Path) -> set[str]:
    return {str(path.relative_to(home)) for path in home.rglob("*") if not path.is_dir()}


def test_the_command_its_completions_and_its_manual_page_are_installed(machine: Machine, home: Path) -> None:
    result = machine.atp("install")
    assert result.returncode == 0, result.stderr
    assert files_in(home) == set(FILES)
    for name in FILES:
        assert f"atp: wrote {home / name}" in result.stderr
    command = home / FILES[0]
    said = subprocess.run([command, "--version"], capture_output=True, text=True, timeout=60, check=True)
    assert said.stdout.startswith("atp-tui ")
    for shell, name in (("bash", FILES[1]), ("zsh", FILES[2]), ("fish", FILES[3])):
        if shutil.which(shell):
            subprocess.run([shell, "-n", home / name], check=True, timeout=60)
    assert (home / FILES[2]).read_text().startswith("#compdef atp-tui\n")
    assert (home / FILES[4]).read_text().startswith(".TH ATP")


def test_a_second_time_nothing_changes_and_all_is_removed(machine: Machine, home: Path) -> None:
    (home / ".local/bin").mkdir(parents=True)
    (home / ".local/bin/other").write_text("mine")
    machine.atp("install")
    before = {name: (home / name).stat().st_mtime_ns for name in FILES}
    result = machine.atp("install")
    assert result.returncode == 0
    assert result.stderr.count("is up to date") == len(FILES)
    assert {name: (home / name).stat().st_mtime_ns for name in FILES} == before

    result = machine.atp("uninstall")
    assert result.returncode == 0
    assert result.stderr.count("removed ") == len(FILES)
    assert files_in(home) == {".local/bin/other"}
    result = machine.atp("uninstall")
    assert (result.returncode, result.stderr) == (0, "")


@pytest.mark.parametrize("kind", ["a file", "a link to ours"])
def test_a_file_of_another_program_is_neither_replaced_nor_removed(machine: Machine, home: Path, kind: str) -> None:
    theirs = home / FILES[0]
    theirs.parent.mkdir(parents=True)
    if kind == "a file":
        theirs.write_text("#!/bin/sh\n")
    else:
        (home / "elsewhere").write_text("# written by: ./atp install\n")
        theirs.symlink_to(home / "elsewhere")
    before = theirs.read_text()
    for word, status in (("install", 1), ("uninstall", 0)):
        result = machine.atp(word)
        assert (result.returncode, theirs.read_text()) == (status, before)
        assert f"left as it is: {theirs}" in result.stderr
    assert files_in(home) - {"elsewhere"} == {FILES[0]}


def test_it_says_whether_the_command_will_be_found(machine: Machine, home: Path) -> None:
    assert f"{home}/.local/bin is not in PATH" in machine.atp("install").stderr
    machine.settings["PATH"] = f"{machine.root / 'bin'}:{home}/.local/bin"
    assert f"{home}/.local/bin is in PATH" in machine.atp("install").stderr


def test_the_directories_that_the_environment_names_are_used(machine: Machine, home: Path) -> None:
    machine.settings["XDG_DATA_HOME"] = str(home / "data")
    machine.settings["XDG_CONFIG_HOME"] = str(home / "settings")
    machine.atp("install")
    assert files_in(home) == {
        name.replace(".local/share", "data").replace(".config", "settings") for name in FILES
    }  # fmt: skip
    machine.atp("uninstall")
    assert files_in(home) == set()


def test_the_command_says_where_its_environment_has_gone(machine: Machine, home: Path) -> None:
    machine.atp("install")
    shutil.rmtree(machine.checkout / ".venv")
    done = subprocess.run([home / FILES[0], "info"], capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 127
    assert done.stderr == f"atp-tui: {machine.checkout}/.venv is gone: run ./atp install again in its checkout\n"


def test_a_home_that_cannot_be_written_to_is_told_and_nothing_is_left_half_done(machine: Machine, home: Path) -> None:
    (home / ".local").write_text("a file")
    result = machine.atp("install")
    assert result.returncode == 1
    assert f"cannot make the directory of {home / FILES[0]}" in result.stderr
    assert files_in(home) == {".local"}


@pytest.mark.parametrize("words", [("install", "--user"), ("uninstall", "all")])
def test_further_words_are_refused(machine: Machine, home: Path, words: tuple[str, ...]) -> None:
    result = machine.atp(*words)
    assert (result.returncode, "no further words" in result.stderr) == (1, True)
    assert files_in(home) == set()


def test_without_a_home_nothing_is_installed(machine: Machine, home: Path) -> None:
    del machine.settings["HOME"]
    result = machine.atp("install")
    assert (result.returncode, "HOME is not set" in result.stderr) == (1, True)


def test_shellcheck_has_nothing_to_say() -> None:
    for script, shell in (("atp", "sh"), ("atp_tui/cli/complete.bash", "bash")):
        done = subprocess.run(
            [Path(sys.executable).with_name("shellcheck"), f"--shell={shell}", "--norc", REPOSITORY / script],
            env=os.environ, capture_output=True, text=True, timeout=60, check=False,
        )  # fmt: skip
        assert (done.returncode, done.stdout) == (0, "")
