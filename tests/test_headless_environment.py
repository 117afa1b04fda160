"""The headless verbs in the environments that machines really have: few descriptors, no home, other locales."""

from __future__ import annotations

import json
import os
import pty
import subprocess
from collections.abc import Mapping
from pathlib import Path

import pytest

from atp_tui.ui.theme import themes_folder
from tests.daemons.hosts_toml import host_table, ssh_table
from tests.daemons.libvirtd import PrivateLibvirtd
from tests.daemons.sshd import PrivateSshd
from tests.test_headless import HANG, atp, command_line, environment, written

pytestmark = pytest.mark.daemons


@pytest.fixture
def config(tmp_path: Path, sshd: PrivateSshd) -> str:
    return written(tmp_path / "hosts.toml", host_table("web1", None, ssh_table(sshd)))


def before(words: list[str], *arguments: str, environ: Mapping[str, str] | None = None) -> tuple[int, str, str]:
    """Run the program with other words before it; its exit status, standard output and errors."""
    done = subprocess.run(
        [*words, *command_line(*arguments)],
        env=environment() if environ is None else environ,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        encoding="utf-8",
        timeout=HANG,
        check=False,
    )
    assert "Traceback" not in done.stderr and ".py" not in done.stderr, done.stderr
    return done.returncode, done.stdout, done.stderr


@pytest.mark.parametrize("limit", [5, 6, 7, 8, 9, 10, 11, 12, 14, 16, 20])
def test_with_few_descriptors_it_says_so_or_does_its_work(config: str, limit: int) -> None:
    words = ["prlimit", f"--nofile={limit}:{limit}"]
    status, said, complaints = before(words, "--config", config, "run", "-w", "web1", "echo", "on")
    if status == 0:
        assert said == "web1: on\n"
    else:
        assert f"this machine's limit of {limit} open files (ulimit -n): 0 libvirt hosts fit" in complaints, complaints


@pytest.mark.parametrize("megabytes", [120, 500])
def test_with_little_memory_it_says_so_or_does_its_work(config: str, megabytes: int) -> None:
    words = ["prlimit", f"--as={megabytes << 20}"]
    status, said, complaints = before(words, "--config", config, "run", "-w", "web1", "echo", "on")
    assert (status == 0 and said == "web1: on\n") or (status in (3, 70) and complaints), (status, complaints)


def test_hosts_beyond_the_limit_of_descriptors_are_told_of_it_and_the_others_are_watched(
    tmp_path: Path, libvirtd: PrivateLibvirtd
) -> None:
    """GLib, in libvirt's client, ends the whole program where it cannot have a pipe."""
    hosts = (host_table(f"virt{number:02}", libvirtd.uri("tcp"), None) for number in range(40))
    config = written(tmp_path / "hosts.toml", *hosts)
    status, said, complaints = before(["prlimit", "--nofile=110:110"], "--config", config, "stats", "--json")
    found = [(host["state"], host["cause"]) for host in json.loads(said)["hosts"]]
    full = ("reconnecting", "this machine's limit of 110 open files (ulimit -n): 28 libvirt hosts fit")
    assert (status, set(found), complaints) == (3, {("connected", None), full}, "")
    assert 25 <= found.count(("connected", None)) <= 30
    done = before(["prlimit", "--nofile=1024:1024"], "info")
    assert "\nopen files     this machine's limit of 1,024 open files (ulimit -n): 326 libvirt hosts fit\n" in done[1]


@pytest.mark.parametrize("locale", [{"LC_ALL": "C"}, {"LC_ALL": "C", "PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0"}])
def test_the_command_is_sent_as_it_is_in_every_locale(config: str, locale: dict[str, str]) -> None:
    told = before([], "--config", config, "run", "-w", "web1", "echo", "ü", environ={**environment(), **locale})
    assert told == (0, "web1: ü\n", "")


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can become a user without a name")
@pytest.mark.parametrize("verb", ["info", "stats"])
def test_a_user_without_a_name_and_a_home_is_told_so(verb: str) -> None:
    words = ["setpriv", "--reuid", "54321", "--clear-groups", "env", "-u", "HOME"]
    status, said, complaints = before(words, verb)
    assert "there is no home directory: HOME is not set, and user 54321 has no name" in complaints
    if verb == "info":
        assert status == 0 and "log            none: there is no home directory" in said
    else:
        assert (status, said) == (2, "")


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can become a user without a name")
def test_a_user_without_a_home_reaches_hosts_and_sees_no_error_of_a_library(tmp_path: Path, sshd: PrivateSshd) -> None:
    hosts = host_table("web1", None, ssh_table(sshd)), host_table("virt1", "qemu+tls://127.0.0.1:1/system", None)
    words = ["setpriv", "--reuid", "54321", "--clear-groups", "env", "-u", "HOME", "-u", "XDG_CONFIG_HOME"]
    os.chmod(written(tmp_path / "hosts.toml", *hosts), 0o644)
    sshd.config_file.chmod(0o644)  # one that is named and cannot be read stops a host, as for ssh
    sshd.known_hosts.chmod(0o600)
    for directory in (tmp_path, *tmp_path.parents, sshd.config_file.parent):
        if directory.stat().st_uid == os.getuid() and directory != Path("/tmp") and directory.is_relative_to("/tmp"):
            directory.chmod(0o755)
    status, said, complaints = before(words, "--config", str(tmp_path / "hosts.toml"), "stats")
    assert status == 3 and "home" not in said and "Error" not in said + complaints
    assert "/etc/pki/CA/cacert.pem" in said and "[127.0.0.1]" in said  # a file of the system's; known_hosts


def test_a_theme_that_is_not_there_is_told_by_every_verb(config: str) -> None:
    for verb in (("run", "-w", "web1", "true"), ("stats",), ("domains",), ("hosts", "list"), ("info",)):
        done = atp("--theme", "nope", "--config", config, *verb)
        assert (done.returncode, done.stdout) == (2, "")
        assert done.stderr.startswith("atp-tui: --theme: no theme nope; there are auto, colour-blind-safe, dark")
        assert atp("--theme", "light", "--config", config, "hosts", "list").returncode == 0


def test_a_theme_of_ones_own_goes_by_the_name_in_its_file_and_what_is_wrong_with_it_is_told(config: str) -> None:
    (folder,) = (line.split()[1] for line in atp("info").stdout.splitlines() if line.startswith("themes "))
    own = Path(folder) / "copy.toml"
    own.parent.mkdir(parents=True)
    text = (themes_folder() / "dark.toml").read_text()
    own.write_text(text.replace('name = "dark"', 'name = "mine"'))
    assert atp("--theme", "mine", "--config", config, "hosts", "list").returncode == 0
    own.write_text(own.read_text().replace("#7aa2d8", "#zz"))
    done = atp("--theme", "mine", "--config", config, "hosts", "list")
    assert (done.returncode, done.stdout) == (2, "")
    why, said = done.stderr.splitlines()
    assert why.startswith(f"atp-tui: warning: {own}:6: colors.primary: ")
    assert said.startswith("atp-tui: --theme: no theme mine; there are auto, colour-blind-safe, dark")
    assert "by the name that stands in a file of themes/" in " ".join(atp("--help").stdout.split())


def test_no_compiler_is_started(config: str, tmp_path: Path) -> None:
    """asyncssh's search for libraries that it can do without ran ldconfig, gcc and ld, as PATH has them."""
    for name in ("gcc", "cc", "ld", "objdump"):
        program = tmp_path / name
        program.write_text(f"#!/bin/sh\necho {name} >>{tmp_path}/started\nexit 1\n")
        program.chmod(0o755)
    environ = environment({"PATH": f"{tmp_path}:{os.environ['PATH']}"})
    assert before([], "--config", config, "run", "-w", "web1", "echo", "on", environ=environ)[:2] == (0, "web1: on\n")
    assert not (tmp_path / "started").exists(), (tmp_path / "started").read_text()


def test_the_log_that_is_named_is_written(config: str) -> None:
    (named,) = (line.split()[1] for line in atp("info").stdout.splitlines() if line.startswith("log "))
    atp("--config", config, "run", "-w", "web1", "true")
    assert "web1" not in Path(named).read_text()
    atp("--config", config, "run", "-v", "-w", "web1", "echo", "word")
    log = Path(named).read_text()
    assert "web1 ssh #1: connected, was connecting" in log and "word" not in log


def test_a_warning_of_the_configuration_is_told_and_in_the_log(tmp_path: Path) -> None:
    (named,) = (line.split()[1] for line in atp("info").stdout.splitlines() if line.startswith("log "))
    path = tmp_path / "hosts.toml"
    path.write_text('[[hosts]]\nid = "a"\nhost = "127.0.0.1"\n\n[tags.prod.ssh]\nport = 22\n')
    done = atp("--config", str(path), "hosts", "list")
    words = f"{path}:5: tags.prod: no host has this tag; check its spelling, or remove the table"
    assert (done.returncode, done.stderr) == (0, f"atp-tui: warning: {words}\n")
    assert Path(named).read_text().endswith(f"WARNING atp_tui.cli.dispatch: {words}\n")


def test_a_new_key_that_cannot_be_stored_is_told(tmp_path: Path, sshd: PrivateSshd) -> None:
    (tmp_path / "no_folder").touch()
    known = tmp_path / "no_folder" / "known_hosts"
    ssh = ssh_table(sshd, known_hosts=[str(known)], host_key_policy="accept-new")
    done = atp("--config", written(tmp_path / "hosts.toml", host_table("web1", None, ssh)), "run", "-w", "web1", "true")
    assert done.returncode == 0
    (told,) = done.stderr.splitlines()
    assert told.startswith(f"atp-tui: warning: web1: its new host key was taken, but not stored: {known}: ")


@pytest.mark.parametrize("kind", ["directory", "fifo"])
def test_a_log_that_cannot_be_opened_costs_one_message(config: str, tmp_path: Path, kind: str) -> None:
    folder = tmp_path / "state" / "atp_tui" / "log"
    folder.mkdir(parents=True)
    path = folder / "atp_tui.log"
    os.mkfifo(path) if kind == "fifo" else path.mkdir()
    done = atp("--config", config, "run", "-w", "web1", "echo on", extra={"XDG_STATE_HOME": str(tmp_path / "state")})
    assert (done.returncode, done.stdout) == (0, "web1: on\n")
    assert done.stderr.startswith(f"atp-tui: warning: there is no log: {path}: ")
    assert len(done.stderr.splitlines()) == 1


def test_sockets_are_where_info_says_however_long_the_other_directories_are(
    tmp_path: Path, libvirtd: PrivateLibvirtd, sshd: PrivateSshd
) -> None:
    uri = f"test+ssh://{sshd.user}@127.0.0.1:{sshd.port}/default?socket={libvirtd.socket}"
    config = written(tmp_path / "hosts.toml", host_table("both", uri, ssh_table(sshd)))
    long = tmp_path / ("x" * 100)
    long.mkdir()
    extra = {"TMPDIR": str(long), "XDG_RUNTIME_DIR": str(long)}
    assert "runtime        /tmp/atp-tui-*" in atp("info", extra=extra).stdout
    done = atp("--config", config, "domains", extra=extra)
    assert (done.returncode, done.stderr) == (0, "")
    assert list(long.iterdir()) == []


def test_a_screen_that_nobody_would_see_is_refused() -> None:
    """Textual draws on standard error: with `2> file` the keys would act unseen."""
    master, slave = pty.openpty()
    try:
        done = subprocess.run(
            command_line("demo"),
            env=environment({"TERM": "xterm"}),
            stdin=slave,
            stdout=slave,
            stderr=subprocess.PIPE,
            text=True,
            timeout=HANG,
            check=False,
        )
    finally:
        os.close(master)
        os.close(slave)
    assert done.returncode == 2
    assert done.stderr == (
        "atp-tui: the screen is drawn on standard error, which is not the terminal; "
        "leave 2> away: warnings are in the log that atp-tui info names\n"
    )
