"""The script `atp`, run in a copy of its own on a pretended machine: what it asks for, does, and does not do again.

Only the commands below are in its PATH, and the Python it is given answers as a machine does on which Debian's
python3-venv and python3-libvirt are missing, or not. What apt itself does is not pretended: that takes a fresh machine.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from dataclasses import dataclass, field
from pathlib import Path

import pytest

REPOSITORY = Path(__file__).resolve().parent.parent
COMMANDS = (
    "sh",
    "cat",
    "chmod",
    "cksum",
    "cp",
    "cut",
    "dirname",
    "env",
    "grep",
    "ls",
    "mkdir",
    "nice",
    "readlink",
    "rm",
    "tr",
)

# Answers for /usr/bin/python3 and, copied there by `-m venv`, for .venv/bin/python. Other calls reach the real one.
PYTHON = """#!/bin/sh
case "$*" in
  -V) echo "Python $FAKE_VERSION" ;;
  *version_info*) [ "$FAKE_VERSION" != 3.10.12 ] ;;
  *ensurepip* | *"import importlib.metadata, libvirt"*) [ -e "$MACHINE/packages-are-installed" ] ;;
  *"-m venv"*)
    echo "venv" >>"$MACHINE/log"
    for directory; do :; done
    rm -rf "$directory" && mkdir -p "$directory/bin" && cp "$0" "$directory/bin/python" ;;
  *"-m pip"*)
    echo "pip $*" >>"$MACHINE/log"
    [ -z "$FAKE_PIP_FAILS" ] || exit 1
    for tool in atp-tui ruff lint-imports mypy pytest; do cp "$MACHINE/tool" "${0%/*}/$tool"; done ;;
  *) exec "$REAL_PYTHON" "$@" ;;
esac
"""
TOOL = """#!/bin/sh
echo "${0##*/} in $PWD:" "$@"
[ "${0##*/}" != "$FAKE_FAILING_TOOL" ]
"""
APT_GET = """#!/bin/sh
echo "apt-get $*" >>"$MACHINE/log"
case "$*" in
  *update*) : >"$MACHINE/lists-are-fresh" ;;
  *--simulate*) [ -e "$MACHINE/lists-are-fresh" ] ;;
  *install*) : >"$MACHINE/packages-are-installed" ;;
esac
"""
SUDO = """#!/bin/sh
echo "sudo" >>"$MACHINE/log"
shift
exec "$@"
"""


@dataclass
class Machine:
    """A copy of the script in a directory whose name has a space, and the machine it believes to be on."""

    root: Path
    checkout: Path
    settings: dict[str, str] = field(default_factory=dict)

    def command(self, name: str, text: str) -> None:
        path = self.root / "bin" / name
        path.write_text(text)
        path.chmod(0o755)

    def atp(self, *arguments: str, script: Path | None = None) -> subprocess.CompletedProcess[str]:
        environment = {
            "PATH": str(self.root / "bin"),
            "MACHINE": str(self.root),
            "ATP_PYTHON": str(self.root / "bin" / "python3"),
            "ATP_TEST_NO_DAEMONS": "1",
            "REAL_PYTHON": sys.executable,
            "FAKE_VERSION": "3.11.2",
            **self.settings,
        }
        return subprocess.run(
            [script or self.checkout / "atp", *arguments],
            env=environment,
            cwd=self.root,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )

    def log(self) -> list[str]:
        """What apt, sudo, venv and pip were asked for since the last call."""
        path = self.root / "log"
        lines = path.read_text().splitlines() if path.exists() else []
        path.write_text("")
        return lines

    def install_packages(self) -> None:
        (self.root / "packages-are-installed").touch()


@pytest.fixture
def machine(tmp_path: Path) -> Machine:
    made = Machine(tmp_path, tmp_path / "a check out")
    (tmp_path / "bin").mkdir()
    made.checkout.mkdir()
    for directory in (tmp_path, *tmp_path.parents):
        if directory.stat().st_uid == os.getuid() and directory != Path(directory.anchor):
            directory.chmod(directory.stat().st_mode | 0o001)  # pytest's own directories are closed to others
    for name in ("atp", "pyproject.toml"):
        shutil.copy2(REPOSITORY / name, made.checkout / name)
    for name in COMMANDS:
        found = shutil.which(name)
        assert found, name
        (tmp_path / "bin" / name).symlink_to(found)
    made.command("python3", PYTHON)
    made.command("id", "#!/bin/sh\necho 0\n")
    (tmp_path / "tool").write_text(TOOL)
    (tmp_path / "tool").chmod(0o755)
    return made


@pytest.mark.parametrize("shell", ["sh", "dash", "bash"])
def test_the_script_is_posix_shell(shell: str) -> None:
    if shutil.which(shell) is None:
        pytest.skip(f"no {shell} here")
    subprocess.run([shell, "-n", REPOSITORY / "atp"], check=True, timeout=20)


def test_ci_runs_the_same_checks_as_a_person() -> None:
    script = REPOSITORY / ".ci" / "run"
    assert os.access(script, os.X_OK)
    longer_soak, coverage, checks = script.read_text().splitlines()[1:]
    assert longer_soak.startswith("export ATP_SOAK_MINUTES=")
    assert coverage.startswith("export ATP_TEST_COVERAGE=1")
    assert checks == 'cd "$(dirname "$0")/.." && exec ./atp test'


def test_without_apt_it_names_the_packages_and_stops(machine: Machine) -> None:
    result = machine.atp("demo")
    assert result.returncode == 1
    assert "no apt here" in result.stderr
    assert "python3-venv python3-libvirt" in result.stderr
    assert not (machine.checkout / ".venv").exists()


def test_without_apt_but_with_everything_there_it_goes_on(machine: Machine) -> None:
    machine.install_packages()
    result = machine.atp("demo")
    assert result.returncode == 0, result.stderr


def test_without_root_and_sudo_it_prints_the_command_and_stops(machine: Machine) -> None:
    machine.command("apt-get", APT_GET)
    machine.command("id", "#!/bin/sh\necho 1000\n")
    result = machine.atp("demo")
    assert result.returncode == 1
    assert "apt-get install --no-install-recommends python3-venv python3-libvirt" in result.stderr
    assert machine.log() == []


def test_an_old_python_is_named_before_anything_is_installed(machine: Machine) -> None:
    machine.command("apt-get", APT_GET)
    machine.settings["FAKE_VERSION"] = "3.10.12"
    result = machine.atp("demo")
    assert result.returncode == 1
    assert "3.11 or newer" in result.stderr and "3.10.12" in result.stderr
    assert machine.log() == []


def test_root_is_asked_nothing_and_old_lists_are_refreshed(machine: Machine) -> None:
    machine.command("apt-get", APT_GET)
    result = machine.atp("demo")
    assert result.returncode == 0, result.stderr
    simulate, update, install, *rest = machine.log()
    assert "--simulate" in simulate and update.endswith("update")
    assert install.endswith("install python3-venv python3-libvirt") and "-y" in install.split()
    assert [line.split()[0] for line in rest] == ["venv", "pip"]
    assert "missing: python3-libvirt (" in result.stderr


def test_others_use_sudo_for_apt_only(machine: Machine) -> None:
    machine.command("apt-get", APT_GET)
    machine.command("sudo", SUDO)
    machine.command("id", "#!/bin/sh\necho 1000\n")
    (machine.root / "lists-are-fresh").touch()
    assert machine.atp("demo").returncode == 0
    assert [line.split()[0] for line in machine.log()] == ["apt-get", "sudo", "apt-get", "venv", "pip"]


def test_a_second_run_installs_nothing(machine: Machine) -> None:
    machine.install_packages()
    machine.atp("--version")
    assert [line.split()[0] for line in machine.log()] == ["venv", "pip"]
    result = machine.atp("run", "-w", "@all", "--", "echo two words", "")
    assert result.stdout == f"atp-tui in {machine.root}: run -w @all -- echo two words \n"
    assert (result.stderr, machine.log()) == ("", [])


def test_it_works_through_a_symbolic_link_from_another_directory(machine: Machine) -> None:
    machine.install_packages()
    link = machine.root / "bin" / "link"
    link.symlink_to(machine.checkout / "atp")
    assert machine.atp("info", script=link).stdout == f"atp-tui in {machine.root}: info\n"
    assert (machine.checkout / ".venv" / "atp.stamp").exists()


def test_an_interrupted_installation_starts_again(machine: Machine) -> None:
    machine.install_packages()
    machine.settings["FAKE_PIP_FAILS"] = "yes"
    assert machine.atp("demo").returncode == 1
    machine.log()
    del machine.settings["FAKE_PIP_FAILS"]
    assert machine.atp("demo").returncode == 0
    assert [line.split()[0] for line in machine.log()] == ["venv", "pip"]


@pytest.mark.parametrize("damage", ["no stamp", "cut stamp", "no interpreter"])
def test_a_half_made_environment_is_made_anew(machine: Machine, damage: str) -> None:
    machine.install_packages()
    machine.atp("demo")
    machine.log()
    stamp = machine.checkout / ".venv" / "atp.stamp"
    match damage:
        case "no stamp":
            stamp.unlink()
        case "cut stamp":
            stamp.write_text(stamp.read_text().splitlines()[0])
        case _:
            (machine.checkout / ".venv" / "bin" / "python").unlink()
    assert machine.atp("demo").returncode == 0
    assert [line.split()[0] for line in machine.log()] == ["venv", "pip"]


def test_other_dependencies_are_installed_into_the_same_environment(machine: Machine) -> None:
    machine.install_packages()
    machine.atp("test", "-q")
    machine.log()
    with (machine.checkout / "pyproject.toml").open("a") as file:
        file.write("# another line\n")
    assert machine.atp("demo").returncode == 0
    (line,) = machine.log()
    assert line.startswith("pip ") and "atp.tests.txt" in line, "the tests' tools are kept up to date as well"


@pytest.mark.parametrize("change", ["moved", "another Python"])
def test_an_environment_for_another_place_or_python_is_made_anew(machine: Machine, change: str) -> None:
    machine.install_packages()
    machine.atp("demo")
    machine.log()
    if change == "moved":
        machine.checkout = machine.checkout.rename(machine.root / "elsewhere")
    else:
        machine.settings["FAKE_VERSION"] = "3.13.5"
    machine.atp("demo")
    assert [line.split()[0] for line in machine.log()] == ["venv", "pip"]


def test_a_newer_patch_release_of_python_changes_nothing(machine: Machine) -> None:
    machine.install_packages()
    machine.atp("demo")
    machine.log()
    machine.settings["FAKE_VERSION"] = "3.11.9"
    machine.atp("demo")
    assert machine.log() == []


def test_the_tests_tools_come_from_the_dependency_group(machine: Machine) -> None:
    machine.install_packages()
    assert machine.atp("test", "-q").returncode == 0
    wanted = (machine.checkout / ".venv" / "atp.tests.txt").read_text().splitlines()
    assert any(line.startswith("pytest>=") for line in wanted)
    assert any(line.startswith("ruff==") for line in wanted)


@pytest.mark.parametrize("counted", ["", " --cov --cov-report=term:skip-covered"])
def test_test_runs_every_check_in_the_checkout(machine: Machine, counted: str) -> None:
    machine.install_packages()
    machine.settings["ATP_TEST_COVERAGE"] = "1" if counted else ""
    result = machine.atp("test")
    assert result.returncode == 0
    in_order = "--dist loadfile --no-loadscope-reorder"
    assert result.stdout.splitlines() == [
        f"{tool} in {machine.checkout}:{arguments}"
        for tool, arguments in [
            ("ruff", " check"),
            ("ruff", " format --check"),
            ("lint-imports", " --no-logo"),
            ("pytest", f" -n 8 {in_order} --ignore tests/unit --ignore tests/ui --ignore tests/chaos"),
            ("pytest", f" tests/unit -n 3 {in_order}{counted}"),
            ("pytest", f" tests/ui -n 8 {in_order}"),
            ("pytest", " tests/chaos -m not alone -n 3 --dist worksteal"),
            ("mypy", ""),
            ("pytest", " tests/chaos -m alone"),
        ]
    ]
    checks = "ruff-check ruff-format import-linter pytest pytest-unit pytest-ui pytest-chaos mypy pytest-alone"
    assert result.stderr.splitlines()[-1] == f"atp: all passed: {checks}"


@pytest.mark.parametrize(
    ("tool", "failed", "passed"),
    [
        ("mypy", "mypy", "ruff-check ruff-format import-linter pytest pytest-unit pytest-ui pytest-chaos pytest-alone"),
        ("ruff", "ruff-check ruff-format", "import-linter pytest pytest-unit pytest-ui pytest-chaos mypy pytest-alone"),
    ],
)
def test_one_failing_check_fails_the_run_and_hides_no_other(
    machine: Machine, tool: str, failed: str, passed: str
) -> None:
    machine.install_packages()
    machine.settings["FAKE_FAILING_TOOL"] = tool
    result = machine.atp("test")
    assert result.returncode == 1
    assert result.stderr.splitlines()[-1] == f"atp: FAILED: {failed} (passed: {passed})"


def test_a_checkout_that_others_may_not_enter_is_named_before_root_runs_tests(machine: Machine) -> None:
    machine.install_packages()
    machine.checkout.chmod(0o700)
    found = machine.atp("test", "-k", "nothing")
    assert found.returncode == 1 and f"none may enter {machine.checkout}; make" in found.stderr
    assert not machine.log(), "nothing is installed before"
    assert machine.atp("--version").returncode == 0
    machine.command("id", "#!/bin/sh\necho 1000\n")
    assert machine.atp("test", "-k", "nothing").returncode == 0, "one's own tests run as oneself alone"


def test_options_after_test_go_to_pytest_alone(machine: Machine) -> None:
    machine.install_packages()
    machine.settings["FAKE_FAILING_TOOL"] = "pytest"
    result = machine.atp("test", "-k", "one or two")
    assert result.stdout == f"pytest in {machine.checkout}: -k one or two\n"
    assert result.returncode == 1
