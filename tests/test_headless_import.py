"""`hosts import` as a person runs it: real processes, real files, a real terminal to be asked at. No host is needed."""

from __future__ import annotations

import json
import os
import pty
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from atp_tui.cli.arguments import parse
from atp_tui.cli.dispatch import dispatch
from atp_tui.config import replace
from atp_tui.config.imports.sources import SOURCES
from atp_tui.config.load import load
from tests.program import run_program

ROOT = Path(__file__).parents[1]
HANG = 60.0

FILE = '# mine\n[[hosts]]\nid = "kvm1"\nhost = "kvm1"\ntags = ["mine"]\n\n[[hosts]]\nid = "old"\nhost = "192.0.2.9"\n'
INVENTORY = "[web]\nkvm[1:3] ansible_user=root\nb@d\nlocalhost ansible_connection=local\n"


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A directory that is home and working directory, with an inventory in it."""
    (tmp_path / "inventory").write_text(INVENTORY)
    monkeypatch.chdir(tmp_path)
    return tmp_path


def environment(home: Path) -> dict[str, str]:
    named = {name: value for name, value in os.environ.items() if not name.startswith(("XDG_", "ATP_TUI_"))}
    return {**named, "HOME": str(home), "PYTHONPATH": str(ROOT), "PYTHONDONTWRITEBYTECODE": "1"}


def configured(home: Path) -> Path:
    path = home / "hosts.toml"
    path.write_text(FILE)
    return path


def run(home: Path, *words: str) -> subprocess.CompletedProcess[str]:
    done = run_program(words, environment(home), HANG)
    assert "Traceback" not in done.stderr, done.stderr
    return done


def run_with_input(home: Path, data: bytes, *words: str) -> subprocess.CompletedProcess[bytes]:
    command = [sys.executable, "-m", "atp_tui", *words]
    done = subprocess.run(
        command, env=environment(home), cwd=home, input=data, capture_output=True, timeout=HANG, check=False
    )
    assert b"Traceback" not in done.stderr, done.stderr
    return done


def test_what_differs_is_changed_where_that_is_asked_for(home: Path) -> None:
    path = configured(home)
    (home / "inventory").write_text("[web]\nkvm1 ansible_user=admin\nkvm2\n")
    words = ("--config", str(path), "hosts", "import", "ansible", "inventory")
    left = run(home, *words, "--dry-run")
    assert left.returncode == 0 and "left as they are: --update changes them" in left.stdout
    done = run(home, *words, "--update", "--yes")
    assert done.returncode == 0 and "1 host added, 1 changed" in done.stdout
    text = path.read_text()
    assert text.startswith("# mine\n") and 'tags = ["mine", "web"]' in text and 'user = "admin"' in text
    assert 'id = "kvm2"' in text and 'id = "old"' in text
    again = run(home, *words, "--update", "--yes")
    assert again.returncode == 0 and path.read_text() == text, "a second import finds nothing to do"


def read_json(done: subprocess.CompletedProcess[str]) -> dict[str, Any]:
    found = json.loads(done.stdout)
    assert isinstance(found, dict)
    return found


def test_a_dry_run_shows_the_plan_and_the_difference_and_writes_nothing(home: Path) -> None:
    path = configured(home)
    done = run(home, "--config", str(path), "hosts", "import", "ansible", "inventory", "--dry-run")
    assert (done.returncode, done.stderr) == (0, "")
    for words in (
        "new        2 hosts    kvm[2-3]",
        "kvm1       tags: mine → mine web; ssh.user: - → root",
        "old (in hosts.toml alone)",
        "inventory:4: is this machine",
        '+id = "kvm2"',
        f"--- {path}",
    ):
        assert words in done.stdout, done.stdout
    assert path.read_text() == FILE


def test_an_import_is_written_and_a_second_one_has_nothing_to_do(home: Path) -> None:
    path = configured(home)
    words = ("--config", str(path), "hosts", "import", "ansible", "inventory", "--yes", "--json", "--tag", "lab")
    first = read_json(run(home, *words))
    assert [host["id"] for host in first["new"]] == ["kvm2", "kvm3"]
    assert first["changed"] == [
        {
            "id": "kvm1",
            "keys": [
                {"key": "tags", "file": ["mine"], "source": ["mine", "web", "lab"]},
                {"key": "ssh.user", "file": None, "source": "root"},
            ],
        }
    ]
    assert [(each["line"], each["name"]) for each in first["left_out"]] == [(3, "b@d"), (4, "localhost")]
    assert first["written"] is True
    written = path.read_text()
    assert written.startswith(FILE)
    again = read_json(run(home, *words))
    assert (again["new"], again["same"], again["written"]) == ([], ["kvm2", "kvm3"], False)
    assert path.read_text() == written
    (home / "inventory").write_text(INVENTORY.replace("3]", "2]").replace("=root", "=admin"))
    later = read_json(run(home, *words))
    assert [each["id"] for each in later["changed"]] == ["kvm1", "kvm2"]
    assert later["not_in_source"] == ["kvm3"], "only hosts with the tag may have come from there"
    listed = json.loads(run(home, "--config", str(path), "hosts", "list", "--json").stdout)
    assert [host["id"] for host in listed["hosts"]] == ["kvm1", "old", "kvm2", "kvm3"]


def test_what_somebody_else_writes_while_an_import_is_written_stays_and_an_import_is_undone(
    home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path, theirs = configured(home), FILE + '\n[[hosts]]\nid = "theirs"\nhost = "192.0.2.8"\n'

    def overtaken(handle: int, target: Path | None, mode: int | None) -> None:
        if target == path and path.read_text() == FILE:
            path.write_text(theirs)  # in the last moment before the file is replaced
        dress(handle, target, mode)

    dress = replace._dress
    monkeypatch.setattr(replace, "_dress", overtaken)
    words = ["--config", str(path), "hosts", "import", "ansible", "inventory", "--yes"]
    assert dispatch(parse(words)) == 0
    assert path.read_text().startswith(theirs)
    assert [host.id for host in load(path).hosts] == ["kvm1", "old", "theirs", "kvm2", "kvm3"]
    assert dispatch(parse(["--config", str(path), "hosts", "undo"])) == 0
    assert path.read_text() == theirs


def test_without_a_configuration_one_is_made(home: Path) -> None:
    (home / ".ssh").mkdir()
    (home / ".ssh/config").write_text("Host kvm1 kvm2 github.com *.example.org\n")
    assert run(home, "hosts", "import", "ssh-config", "-w", "kvm2", "--yes").returncode == 0
    path = home / ".config/atp_tui/hosts.toml"
    assert path.read_text() == '[[hosts]]\nid = "kvm2"\nhost = "kvm2"\n'
    assert path.stat().st_mode & 0o777 == 0o600


def test_standard_input(home: Path) -> None:
    path = configured(home)
    words = ("--config", str(path), "hosts", "import", "list")
    refused = run_with_input(home, b"web[01-40].example.org\n", *words)
    assert refused.returncode == 2
    assert b"--yes writes it" in refused.stderr
    assert path.read_text() == FILE
    done = run_with_input(home, b"web[01-40].example.org\n", *words, "-", "--user", "root", "--yes")
    assert done.returncode == 0
    assert b"40 hosts added" in done.stdout
    assert path.read_text().count('user = "root"') == 40


@pytest.mark.parametrize(
    ("data", "words", "said"),
    [
        (b"a\0b", ("list",), b"standard input:1: is binary"),
        (b"kvm[1-99999]", ("list",), b"standard input:1: names 99,999 hosts"),
        (b"[a:children]\nb\n[b:children]\na\n", ("ansible", "-"), b"the groups a > b > a hold one another"),
        (b"kvm1", ("list", "--tag", "a b"), b"'a b' is not a tag"),
        (b"kvm1", ("list", "--user", "x;y"), b"is not a user's name"),
        (b"kvm1", ("list", "-w", "kvm2"), b"no such host: kvm2"),
        (b"", ("csv", "gone.csv"), b"gone.csv: cannot be read: No such file"),
        (b"", ("csv", "."), b"is a directory"),
        (b"", ("known-hosts",), b"no file of known-hosts is there"),
        (b"", ("nothing",), b"invalid choice"),
        (b"", ("csv", ""), b"no file is named"),
        (b"", (), b"required"),
    ],
)
def test_what_cannot_be_imported_is_said_and_nothing_is_written(
    home: Path, data: bytes, words: tuple[str, ...], said: bytes
) -> None:
    path = configured(home)
    done = run_with_input(home, data, "--config", str(path), "hosts", "import", *words)
    assert done.returncode == 2
    assert said in done.stderr, done.stderr
    assert path.read_text() == FILE


def test_read_only_writes_nothing_and_shows_a_dry_run(home: Path) -> None:
    path = configured(home)
    words = ("--read-only", "--config", str(path), "hosts", "import", "ansible", "inventory")
    done = run(home, *words, "--yes")
    assert done.returncode == 2
    assert "--read-only" in done.stderr
    assert run(home, *words, "--dry-run").returncode == 0
    assert path.read_text() == FILE


def test_hostile_names_do_nothing_to_a_terminal(home: Path) -> None:
    path = configured(home)
    data = "\x1b[31mred \u202eevil [@click=quit]x\x9b2J kvm[/]\n".encode()
    done = run_with_input(home, data, "--config", str(path), "hosts", "import", "list", "--dry-run")
    shown = done.stdout.decode() + done.stderr.decode()
    assert done.returncode == 0
    assert "evil" in shown
    assert not {"\x1b", "\u202e", "\x9b"} & set(shown)


def test_names_that_are_no_text_are_json_all_the_same(home: Path) -> None:
    path = configured(home)
    words = ("--config", str(path), "hosts", "import", "known-hosts", "-", "--json", "--dry-run")
    done = run_with_input(home, b"h\xffst ssh-rsa K\nkvm9 ssh-rsa L # \xe4\n", *words)
    found = json.loads(done.stdout.decode("utf-8", "strict"))
    assert done.returncode == 0
    assert [host["id"] for host in found["new"]] == ["kvm9"]
    assert [each["line"] for each in found["left_out"]] == [1]
    json.dumps(found, ensure_ascii=False).encode()  # a lone surrogate would not pass


def test_help_names_every_source(home: Path) -> None:
    done = run(home, "hosts", "import", "--help")
    assert done.returncode == 0
    for source in SOURCES:
        assert f"\n  {source} " in done.stdout


def asked(home: Path, answer: bytes) -> tuple[int, str]:
    """The exit status and what was shown, where a person at a terminal gives this answer."""
    command = [
        sys.executable,
        "-m",
        "atp_tui",
        "--config",
        str(home / "hosts.toml"),
        "hosts",
        "import",
        "ansible",
        "inventory",
    ]
    ours, theirs = pty.openpty()
    process = subprocess.Popen(command, env=environment(home), cwd=home, stdin=theirs, stdout=theirs, stderr=theirs)
    os.close(theirs)
    shown = b""
    while True:
        try:
            piece = os.read(ours, 4096)
        except OSError:  # the other end is closed
            break
        if not piece:
            break
        shown += piece
        if answer and b"y or n" in shown:
            os.write(ours, answer)
            answer = b""
    os.close(ours)
    return process.wait(HANG), shown.decode()


def test_a_long_difference_is_cut_before_the_question(home: Path) -> None:
    configured(home)
    (home / "inventory").write_text("new[1:200]\n")
    _, shown = asked(home, b"n\n")
    assert "more lines: --dry-run shows all" in shown
    assert 'id = "new200"' not in shown


@pytest.mark.parametrize(("answer", "status"), [(b"y\n", 0), (b"n\n", 1), (b"\n", 1), (b"\x04", 1)])
def test_a_person_at_a_terminal_is_asked(home: Path, answer: bytes, status: int) -> None:
    path = configured(home)
    ended, shown = asked(home, answer)
    assert ended == status, shown
    assert "2 hosts added: write" in shown
    assert (path.read_text() != FILE) == (status == 0)
