"""A password written by a slip where a URI, a host, a user or a target belongs is shown nowhere, whatever is done then.

The word is planted into each text of hosts.toml that can hold one of these, into ssh_config's ProxyJump and into `-w`;
then every verb is run, and the screen. It is looked for in standard output, standard error, the log and every file.
"""

from __future__ import annotations

import contextlib
import json
import logging
import os
from pathlib import Path

import pytest

from atp_tui.cli.arguments import Arguments
from atp_tui.cli.tui import screen_of
from atp_tui.config.load import load
from atp_tui.drivers.sources import FileSource
from atp_tui.engine.engine import Engine

from .daemons.pam_sshd import PASSWORD as TYPED
from .daemons.pam_sshd import USER, asking_sshd
from .daemons.sshd import running_sshd
from .drivers.ssh_links import Sleeper
from .program import run_program
from .test_headless_log_in import Run, all_files
from .ui.conftest import lines_of

HANG = 60.0
PLANTED = "not-for-the-screen"

URIS = [
    f"qemu+ssh//root:{PLANTED}@192.0.2.1/system",
    f"qemu+ssh:/root:{PLANTED}@192.0.2.1/system",
    f"qemu+ssh://root:{PLANTED}@192.0.2.1/system",
    f"qemu+ssh://root:{PLANTED}/system",
    f"qemu+ssh://root@{PLANTED}@192.0.2.1/system",
    f"qemu+ssh://root:x@{PLANTED}@192.0.2.1/system",
    f"qemu+ssh://root%3A{PLANTED}@192.0.2.1/system",
    f"qemu+tcp://192.0.2.1/system?password={PLANTED}",
    f"qemu+ssh://192.0.2.1/system?netcat=nc%20root:{PLANTED}@h",
    f"qemu+ssh://192.0.2.1/system?netcat={PLANTED}%20-x",
    f"qemu+ssh://192.0.2.1/system?mode={PLANTED}",
    f"qemu+ssh://192.0.2.1/system#{PLANTED}",
    f"qemu+ssh://192.0.2.1,password={PLANTED}/system",
    f"qemu+ssh://192.0.2.1 password={PLANTED}/system",
    f"esx://root:{PLANTED}@192.0.2.1/",
    f"ssh://root:{PLANTED}@192.0.2.1",
]
NAMES = [f"root:{PLANTED}@192.0.2.1", f"root:{PLANTED}", f"a@root:{PLANTED}@h", f"192.0.2.1?password={PLANTED}"]


def _host(number: int, ssh: dict[str, object] | None = None, **values: object) -> str:
    told = {"id": f"box{number}", "host": "127.0.0.1", **values}
    return "\n".join(["[[hosts]]", *_lines(told), *([] if ssh is None else ["[hosts.ssh]", *_lines(ssh)]), ""])


def _lines(values: dict[str, object]) -> list[str]:
    return [f"{json.dumps(key)} = {json.dumps(value)}" for key, value in values.items()]


def planted_hosts() -> list[str]:
    """One host for each field and slip."""
    tables: list[dict[str, object]] = [{"uri": uri} for uri in URIS]
    tables += [{field: name} for field in ("id", "host", "uri") for name in (*NAMES, *URIS)]
    for name in NAMES:
        tables += [{"tags": [name]}, {"tags": name}]
    for name in NAMES:
        tables += [{"ssh": {key: name}} for key in ("user", "port", "proxy_jump", "host_key_policy", "auth")]
        tables += [{"transport": name}, {"metadata": name}, {name: "x"}, {"ssh": {name: 1}}]
    return [_host(number, **table) for number, table in enumerate(tables)]  # type: ignore[arg-type] # `ssh` is a dict


def atp(home: Path, *arguments: str, **more: str) -> str:
    """All that a run of the program says."""
    env = {**os.environ, "HOME": str(home), "PYTHONPATH": str(Path(__file__).parents[1]), **more}
    for name in ("XDG_CONFIG_HOME", "XDG_STATE_HOME", "XDG_CACHE_HOME", "XDG_DATA_HOME"):
        env[name] = str(home / name)
    done = run_program(arguments, env, HANG)
    said = done.stdout + done.stderr
    assert said, arguments
    assert "Traceback" not in said
    return said


def nowhere(said: str, home: Path, given: Path | None = None) -> None:
    """The word is neither in `said` nor in a file below `home` other than those below `given`."""
    assert PLANTED not in said, next(line for line in said.splitlines() if PLANTED in line)
    for file in home.rglob("*"):
        if file.is_file() and not (given and file.is_relative_to(given)):
            assert PLANTED.encode() not in file.read_bytes(), file


VERBS = [
    ("stats",),
    ("stats", "--json"),
    ("domains",),
    ("domains", "--json"),
    ("hosts", "list"),
    ("hosts", "list", "--json"),
    ("info",),
    ("run", "--yes", "-w", "@all", "--", "true"),
    ("run", "--yes", "-w", "@all", "--json", "--", "true"),
    (),
]


def test_no_verb_shows_what_hosts_toml_has_by_a_slip(tmp_path: Path) -> None:
    given = tmp_path / "given"
    given.mkdir()
    hosts = given / "hosts.toml"
    hosts.write_text("\n".join(planted_hosts()))
    for verb in VERBS:
        said = (
            atp(tmp_path, "--config", str(hosts), *verb)
            if not verb
            else atp(
                tmp_path,
                *verb[:1],
                *(verb[1:2] if verb[0] == "hosts" else ()),
                "--config",
                str(hosts),
                *verb[2 if verb[0] == "hosts" else 1 :],
            )
        )
        nowhere(said, tmp_path, given)


@pytest.fixture
def behind_a_planted_jump(tmp_path: Path) -> Path:
    """A hosts.toml that is right, and an ssh_config whose ProxyJump has a password."""
    given = tmp_path / "given"
    given.mkdir()
    (given / "config").write_text(f"Host *\n ProxyJump root:{PLANTED}@127.0.0.1:1\n")
    ssh: dict[str, object] = {"config_file": str(given / "config"), "user": "nobody"}
    hosts = [_host(0, uri=False, ssh=ssh), _host(1, uri="test+ssh://127.0.0.1/default", ssh=ssh)]
    (given / "hosts.toml").write_text("[transport]\nconnect_timeout = 5\n" + "\n".join(hosts))
    return given / "hosts.toml"


def test_no_verb_shows_what_ssh_config_has_by_a_slip(tmp_path: Path, behind_a_planted_jump: Path) -> None:
    hosts = str(behind_a_planted_jump)
    for verb in (("stats",), ("stats", "--json"), ("domains",), ("run", "--yes", "--json", "-w", "@all", "--", "true")):
        nowhere(atp(tmp_path, verb[0], "--config", hosts, *verb[1:]), tmp_path, behind_a_planted_jump.parent)
    said = atp(tmp_path, "run", "--config", hosts, "-w", "box0", "--", "true")
    nowhere(said, tmp_path, behind_a_planted_jump.parent)
    assert "jump host" in said, "the cause is told all the same"


@pytest.mark.parametrize(
    "line",
    [
        f"ProxyCommand https_proxy=http://root:{PLANTED}@p false --auth {PLANTED} --with={PLANTED} -p{PLANTED} %h",
        f"ProxyCommand ( {PLANTED} (",
        f"ProxyCommand false {PLANTED} %z",
        f"ProxyCommand false -p a;{PLANTED} %h",
        f"ProxyCommand A='a {PLANTED} b' false %h",
        f"KnownHostsCommand known {PLANTED}",
        f"KnownHostsCommand /bin/false --token={PLANTED} {PLANTED} %K",
        f"KnownHostsCommand /bin/false --token={PLANTED}%z",
        f"KnownHostsCommand /bin/false {PLANTED}",
    ],
)
@pytest.mark.parametrize("shell", ["/bin/sh", "/bin/bash"])
def test_no_verb_shows_what_a_command_of_ssh_config_has_in_it(tmp_path: Path, line: str, shell: str) -> None:
    given = tmp_path / "given"
    given.mkdir()
    (given / "config").write_text(f"Host *\n {line}\n")
    ssh: dict[str, object] = {"config_file": str(given / "config"), "user": "nobody", "port": 1}
    hosts = given / "hosts.toml"
    hosts.write_text("[transport]\nconnect_timeout = 5\n" + _host(0, uri=False, ssh=ssh))
    for verb in (("stats",), ("run", "--yes", "--json", "-w", "@all", "--", "true")):
        said = atp(tmp_path, verb[0], "--config", str(hosts), *verb[1:], SHELL=shell)
        nowhere(said, tmp_path, given)
    assert "Command" in said, "what failed is told all the same"


def test_no_verb_shows_what_other_lines_of_ssh_config_have_by_a_slip(tmp_path: Path) -> None:
    given = tmp_path / "given"
    given.mkdir()
    hosts: list[str] = []
    for keyword in ("HostName", "User", "Port", "ProxyJump", "Ciphers", "ConnectTimeout", "LogLevel", "BindAddress"):
        for slip in (f"root:{PLANTED}@127.0.0.1:x", f"root:{PLANTED}", f"ssh://root:{PLANTED}@127.0.0.1"):
            for more in ("", "Nonsense x"):  # with it, the file is read by us and not by ssh
                config = given / str(len(hosts))
                config.write_text(f"Host *\n {keyword} {slip}\n {more}\n")
                hosts.append(_host(len(hosts), uri=False, ssh={"config_file": str(config)}))
    (given / "hosts.toml").write_text("[transport]\nconnect_timeout = 5\n[ssh]\nport = 1\n" + "\n".join(hosts))
    for verb in (("stats", "-v"), ("run", "--yes", "-v", "--json", "-w", "@all", "--", "true")):
        nowhere(atp(tmp_path, verb[0], "--config", str(given / "hosts.toml"), *verb[1:]), tmp_path, given)


@pytest.mark.daemons
def test_no_refused_login_shows_it(tmp_path: Path) -> None:
    given = tmp_path / "given"
    given.mkdir()
    with running_sshd(given / "sshd") as sshd:
        known = given / "known"
        known.write_text(f"[127.0.0.1]:{sshd.port} {sshd.host_public_key}\n")
        (given / "config").write_text(f"User root:{PLANTED}\nUserKnownHostsFile {known}\nIdentityAgent none\n")
        ssh: dict[str, object] = {"config_file": str(given / "config"), "port": sshd.port}
        (given / "hosts.toml").write_text(_host(0, uri=False, ssh=ssh))
        said = atp(tmp_path, "run", "--yes", "-v", "--config", str(given / "hosts.toml"), "-w", "@all", "--", "true")
    nowhere(said, tmp_path, given)
    assert "Permission denied for user root:… on host 127.0.0.1" in said


def test_no_complaint_about_the_command_line_shows_it(tmp_path: Path) -> None:
    for words in (
        [URIS[0]],
        [URIS[2]],
        ["stats", URIS[2]],
        ["run", NAMES[0]],
        ["hosts", NAMES[0]],
        ["info", "--theme", NAMES[0], f"--host=root:{PLANTED}@h"],
        ["run", "-w", "x", "--timeout", NAMES[0], "--", "true"],
    ):
        nowhere(atp(tmp_path, *words), tmp_path)


def test_no_verb_shows_what_targets_have_by_a_slip(tmp_path: Path) -> None:
    hosts = tmp_path / "hosts.toml"
    hosts.write_text(_host(0, uri="test:///default"))
    for expression in (*URIS[:5], *NAMES[:2], f"@root:{PLANTED}@box0", f"box0,root:a,{PLANTED}@box0"):
        nowhere(atp(tmp_path, "run", "--config", str(hosts), "-w", expression, "--", "true"), tmp_path)


async def test_the_screen_shows_and_keeps_none_of_it(
    tmp_path: Path, behind_a_planted_jump: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    for name in ("HOME", "XDG_CONFIG_HOME", "XDG_STATE_HOME", "XDG_CACHE_HOME"):
        monkeypatch.setenv(name, str(tmp_path))
    caplog.set_level(logging.DEBUG)
    app = screen_of(Engine(FileSource(load(behind_a_planted_jump))), Arguments(verb="tui"))
    seen: list[str] = []
    async with app.run_test(size=(160, 50)) as pilot:

        async def until(text: str) -> None:
            for _ in range(400):
                seen.append("\n".join(lines_of(app)))
                if text in seen[-1]:
                    return
                await pilot.pause(0.02)
            raise AssertionError(f"{text!r} did not come:\n{seen[-1]}")

        await until("jump host")
        await pilot.press("down", "down")
        for key in ("enter", "r", "escape"):
            await pilot.press(key)
            await pilot.pause()
            seen.append("\n".join(lines_of(app)))
        await pilot.press("exclamation_mark")
        for character in f"@root:{PLANTED}@box0 true":
            await pilot.press({"@": "at", ":": "colon", " ": "space", "-": "minus"}.get(character, character))
        await pilot.press("enter")
        await pilot.pause()
        line = f"@root:{PLANTED}@box0 true"  # what is being typed stands in its own line
        seen.append("\n".join(lines_of(app)).replace(line, ""))
        assert "a user in '@root:…@box0'" in seen[-1]
        await pilot.press("escape", "q")
    nowhere("\n".join(seen) + caplog.text, tmp_path, behind_a_planted_jump.parent)


def test_no_edit_of_hosts_toml_shows_what_was_typed_by_a_slip(tmp_path: Path) -> None:
    given = tmp_path / "given"
    given.mkdir()
    hosts = given / "hosts.toml"
    hosts.write_text(_host(0, uri=False))
    before = hosts.read_text()
    edits: list[tuple[str, ...]] = [("edit", "box0", f"{key}={slip}") for key in ("uri", "host") for slip in URIS]
    for name in NAMES:
        edits += [("add", name, "x"), ("add", "x", name), ("edit", "box0", name)]
        edits += [("edit", "box0", f"ssh.port={name}"), ("edit", "box0", f"{name}=x"), ("tag", "box0", f"+{name}")]
        edits += [
            ("tag", "box0", name),
            ("move", "box0", "after", name),
            ("move", "box0", name, "x"),
            ("copy", "box0", name),
        ]
    for name in NAMES[:3]:  # where hosts are named
        edits += [("edit", name, "host=x"), ("remove", name), ("enable", name), ("check", name), (name,)]
    for verb, *words in edits:
        nowhere(atp(tmp_path, "hosts", verb, "--config", str(hosts), *words), tmp_path)
    assert hosts.read_text() == before


DEFECT = """
from atp_tui.transport.login_desk import LoginDesk
def close(self):
    secrets = [topic.kept.secret.reveal() for topic in self.gate._topics.values() if topic.kept]
    raise LookupError(f"nothing is known of {secrets[0]!r}")
LoginDesk.close = close
"""
"""What nobody has foreseen, as the program ends with the password in a variable and in the error's own words."""


def processes() -> str:
    """The command lines and environments of all processes, those of the far side too: it is this machine."""
    said = []
    for process in Path("/proc").iterdir():
        if process.name.isdigit():
            for name in ("cmdline", "environ", "comm"):
                with contextlib.suppress(OSError):
                    said.append((process / name).read_bytes().decode(errors="replace"))
    return "\n".join(said)


@pytest.mark.daemons
async def test_what_was_typed_is_in_no_report_process_job_audit_log_or_answer(tmp_path: Path) -> None:
    home = tmp_path / "home"
    home.mkdir()
    with asking_sshd(tmp_path / "sshd", ["PasswordAuthentication yes"]) as daemon:
        ssh: dict[str, object] = {
            "user": USER, "port": daemon.port, "known_hosts": [str(daemon.known_hosts)], "identity_files": [],
            "config_file": "/dev/null",
        }  # fmt: skip
        config = home / "hosts.toml"
        config.write_text(_host(0, uri=False, ssh=ssh))

        async def typed(*words: str, before: str = "", sleeper: Sleeper | None = None) -> tuple[int, str, str]:
            run = Run(home, words[0], "-v", "--config", str(config), *words[1:], before=before)
            await run.until("password: ")
            run.type(TYPED)
            if sleeper is not None:
                await sleeper.runs()
                assert TYPED not in processes()
                sleeper.kill()
            status, out, err = await run.over()
            assert TYPED not in out + err + run.said
            return status, out, err

        sleeper = Sleeper()
        line = f"echo begun; {sleeper.line}; echo over"
        status, out, _ = await typed("run", "--yes", "-w", "box0", "--", line, sleeper=sleeper)
        assert (status, out.split()) == (0, ["box0:", "begun", "box0:", "over"])
        status, out, _ = await typed("stats", "--json")
        assert (status, json.loads(out)["hosts"][0]["state"]) == (0, "connected")
        status, _, err = await typed("run", "--yes", "-w", "box0", "--", "true", before=DEFECT)
        assert status == 70
        assert "the report is in" in err
    said = atp(home, "doctor", "--config", str(config))
    assert TYPED not in said + all_files(home)
    assert "LookupError: nothing is known of '…'" in all_files(home), "the report is among them"
    assert "begun" in all_files(home), "the log of jobs and the audit are among them"
