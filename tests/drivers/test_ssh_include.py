"""Which files an Include of ssh_config names: the real `ssh -G` says so, and by a table where it is not installed."""

from __future__ import annotations

import os
import pwd
import random
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from atp_tui.config.ssh_glob import Pattern
from atp_tui.config.ssh_import import candidates
from atp_tui.drivers.ssh.config.own import read_own
from atp_tui.drivers.ssh.config.programs import Programs
from atp_tui.drivers.ssh.config.reader import ConfigReader
from atp_tui.drivers.ssh.config.said import ConfigBroken, Question
from atp_tui.drivers.ssh.config.state import read_state
from atp_tui.model.errors import ConfigError

NO_FILE = Path("/nowhere/ssh_config")
HANG = 120.0
PYTHON = os.path.realpath(sys.executable)

FILES = (
    "a", "b", "ab", "ax", "]x", "\\x", "-b", "a-b", "a\\-b", "!x", "1x", "^x", "é", "\udcff", ".h", "d1/f", "d1/d2/g",
    ".d/f", "[ab]", "x*y", "[:alpha:]", ":x", "{a,b}", "~x", "a b", "A",
)  # fmt: skip

TABLE = {
    r"[\]]x": ["]x"],
    r"[a\-b]x": ["ax"],
    r"a[\-]b": ["a-b"],
    r"[\\]x": ["\\x"],
    "[!a]x": ["!x", "1x", ":x", "\\x", "]x", "^x", "~x"],
    "[^a]x": ["^x", "ax"],
    "[]-a]x": ["]x", "^x", "ax"],
    "[]x": [],
    r"[a\]": [],
    "[ab]": ["a", "b"],
    r"\[ab]": ["[ab]"],
    "[a-": [],
    "d1/f/": [],
    "d1/": ["d1"],
    "*/.": ["d1"],
    "*/f": ["d1/f"],
    "*/*/": ["d1/d2"],
    "*//f": ["d1/f"],
    "[d/]1": [],
    "d1[/]f": [],
    "?": ["A", "a", "b", "\udcff"],
    "??": ["!x", "-b", "1x", ":x", "\\x", "]x", "^x", "ab", "ax", "d1", "~x", "é"],
    "[é]": [],
    "[é][é]": ["é"],
    "[[:digit:]]x": ["1x"],
    "[[:no:]]x": [],
    "[[:alpha:]": [],
    "[[:alnum:]]x": ["A", "a", "b"],
    ".h*": [".h"],
    "*h": [],
    "[.]h": [],
    r"\.?": ["..", ".d", ".h"],
    "d1/.*": ["d1/.", "d1/.."],
    "{a,b}": ["{a,b}"],
    r"a\ b": ["a b"],
    r"x\*y": ["x*y"],
    "gone": [],
    "gone/*": [],
}


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    for name in FILES:
        file = tmp_path / "own/tree" / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.touch(0o644)
    return tmp_path / "own/tree"


def found(pattern: str, tree: Path) -> list[str]:
    return [str(file) for file in Pattern(f"{tree}/{pattern}", tree).files()]


def quoted(word: str) -> str:
    escaped = word.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'


def of_ssh(patterns: list[str], config: Path) -> list[list[str]]:
    """The files that the real ssh includes, of each pattern by itself."""
    lines = "".join(f"Include {quoted(pattern)}\n" for pattern in patterns)
    config.write_text(lines, encoding="utf-8", errors="surrogateescape")
    asked = subprocess.run(["ssh", "-G", "-vvv", "-F", config, "--", "x"], capture_output=True, timeout=HANG)
    assert asked.returncode == 0, asked.stderr[-400:]
    names: list[list[str]] = [[] for _ in patterns]
    for line, name in re.findall(rb"^debug3: .*? line (\d+): Including file (.*) depth 0", asked.stderr, re.MULTILINE):
        names[int(line) - 1].append(str(Path(os.fsdecode(_plain(name)))))
    return names


def _plain(name: bytes) -> bytes:
    """A name as it is: in a message ssh writes some bytes of it as backslash and number."""
    return re.sub(
        rb"\\(\\|[0-7]{3})", lambda sign: b"\\" if sign[1] == b"\\" else bytes([int(sign[1], 8)]), name
    )  # fmt: skip


def broken(pattern: str) -> bool:
    """Whether ssh itself reads beyond its end: the bracket that would close the set is that of a class."""
    return pattern == "[[:alpha:]"


@pytest.mark.parametrize("pattern", list(TABLE))
def test_an_include_names_the_files_that_openssh_reads(pattern: str, tree: Path) -> None:
    wanted = [str(tree / name) for name in TABLE[pattern]]
    assert found(pattern, tree) == wanted
    if not broken(pattern):
        assert of_ssh([f"{tree}/{pattern}"], tree / "../../config") == [wanted], "the table is what ssh does"


PIECES = (
    "a", "b", "x", "1", "-", "]", "[", "!", "^", "\\", "*", "?", "/", ".", ":", "é", "\udcff", "A", "~", "{", "*/",
    "d1", "[[:alpha:]]", "[[:digit:]a]", "[![:punct:][:space:]]", "[[:alnum:]]", "[:digit:]", "[a-c]", "[!a]", "[\\]]",
    "[^a]", "[a\\-c]", "[]-a]", "[.-1]", "[a/b]", "[é]", "\\é", "/.", "//", "d2", "f",
)  # fmt: skip


@pytest.mark.parametrize("seed", range(4))
def test_whatever_the_pattern_it_names_the_files_that_openssh_reads(seed: int, tree: Path) -> None:
    chance = random.Random(seed)
    patterns = list(TABLE)
    for _ in range(400):
        pattern = "".join(chance.choice(PIECES) for _ in range(chance.randint(1, 6)))
        if chance.random() < 0.5:  # one that is near a name that is there
            signs = list(chance.choice(FILES))
            at = chance.randrange(len(signs))
            sign = signs[at]
            signs[at] = chance.choice(["?", "*", f"[{sign}]", f"\\{sign}", f"[!{sign}]", f"[\\{sign}z]", f"[a-{sign}]"])
            pattern = "".join(signs)
        if not re.search(r"\.\.|\[:", pattern) or pattern in PIECES:  # .. leads to what is not this test's
            patterns.append(pattern)
    patterns = [pattern for pattern in patterns if not broken(pattern)]
    asked = of_ssh([f"{tree}/{pattern}" for pattern in patterns], tree / "../../config")
    assert sum(map(bool, asked)) > 100
    assert {pattern: found(pattern, tree) for pattern in patterns} == dict(zip(patterns, asked, strict=True))


@pytest.mark.parametrize("name", ["plain", "a[b]", "a\\b", "\\*", "é?"])
@pytest.mark.parametrize("pattern", ["part", "~/.ssh/p*", "\\~/part", "~nobody-here/part"])
def test_the_name_of_a_home_directory_is_read_as_openssh_reads_it(
    name: str, pattern: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for home in (name, "ab", "éx"):
        for directory in ("", "~"):
            (tmp_path / home / ".ssh" / directory).mkdir(parents=True, exist_ok=True)
            (tmp_path / home / ".ssh" / directory / "part").touch(0o644)
    monkeypatch.setenv("HOME", str(tmp_path / name))
    names = Pattern(pattern, Path("~/.ssh").expanduser()).files()
    assert [list(map(str, names))] == of_ssh([pattern], tmp_path / "config")


@pytest.mark.parametrize(
    ("pattern", "directory"),
    [("*", "@/"), ("d1/[ab]", "@/d1/"), ("d1/f", "@/d1/"), ("d1/f/", "@/d1/f/"), ("*/f", None), ("[a/b]", None)],
)
def test_one_directory_is_looked_at_where_names_come_and_go_in_one(
    pattern: str, directory: str | None, tree: Path
) -> None:
    assert Pattern(pattern, tree).only_directory() == (directory and directory.replace("@", str(tree)))


@pytest.mark.parametrize("pattern", ["[a\\]]x", "[[:alnum:]]", "d?/."])
def test_a_file_that_openssh_would_read_is_watched(pattern: str, tmp_path: Path) -> None:
    (tmp_path / "config").write_text(f"Include {tmp_path}/{pattern}\n")
    state = read_state(tmp_path / "config", NO_FILE)
    assert state.empty
    if pattern == "d?/.":
        (tmp_path / "d1").mkdir()
    else:
        (tmp_path / {"[a\\]]x": "]x"}.get(pattern, "q")).write_text("User ann\n")
    assert not state.is_current()


@pytest.mark.parametrize(
    "line", ["Include", 'Include ""', "Include =", "Include # x", "Include = # x", 'Include "" /a']
)
def test_an_include_of_nothing_is_taken_as_openssh_takes_it(line: str, tmp_path: Path) -> None:
    question = Question("box", config_file=tmp_path / "config")
    (tmp_path / "config").write_text(f"Include {line}\nUser ann\n")
    asked = subprocess.run(
        ["ssh", "-G", "-F", tmp_path / "config", "box"], capture_output=True, text=True, timeout=HANG
    )
    if asked.returncode:
        words = re.sub(r".*config line 1: ", "", asked.stderr.splitlines()[0])
        with pytest.raises(ConfigBroken, match=f"config line 1: {re.escape(words)}"):
            read_own(question, NO_FILE, Programs())
    else:
        assert read_own(question, NO_FILE, Programs()).first("user") == "ann"


def test_the_systems_file_includes_nothing_below_a_home_directory(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    (tmp_path / "part").write_text("User ann\n")
    (tmp_path / "system").write_text("Include ~/part\n")
    with pytest.raises(ConfigBroken, match=re.escape("system line 1: bad include path ~/part.")):
        read_own(Question("box"), tmp_path / "system", Programs())
    (tmp_path / ".ssh").mkdir()
    (tmp_path / ".ssh/config").write_text("Include ~/part\n")
    assert read_own(Question("box"), NO_FILE, Programs()).first("user") == "ann"


@pytest.mark.parametrize("name", ["part", "é part", "\udcff", "a\\b", "\\303\\251"])
def test_a_line_that_only_openssh_finds_wrong_is_found_by_any_name_of_its_file(name: str, tmp_path: Path) -> None:
    (tmp_path / name).write_text("Host bad\n  Ciphers none-such\n")
    escaped = name.replace("\\", "\\\\")
    config = f"Include {quoted(f'{tmp_path}//./{escaped}')}\nHost good\n  User ann\n"
    (tmp_path / "config").write_text(config, encoding="utf-8", errors="surrogateescape")
    reader = ConfigReader(NO_FILE)
    assert reader.read(Question("good", config_file=tmp_path / "config")).first("user") == "ann"
    with pytest.raises(ConfigBroken, match="line 2: Bad SSH2 cipher spec"):
        reader.read(Question("bad", config_file=tmp_path / "config"))


def test_an_ssh_that_dies_without_a_word_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """OpenSSH 9 reads beyond the end of `[[:alpha:]`, and may not survive it."""
    ssh = shutil.which("ssh")
    (tmp_path / "ssh").write_text(f'#!/bin/sh\ncase "$*" in *none*) exec {ssh} "$@" ;; esac\nkill -SEGV $$\n')
    (tmp_path / "ssh").chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}:{os.environ['PATH']}")
    (tmp_path / "config").write_text("User ann\n")
    with pytest.raises(ConfigBroken, match="ssh cannot use its configuration: ssh -G ended with signal 11"):
        ConfigReader(NO_FILE).read(Question("box", config_file=tmp_path / "config"))


CLOSED = """
import pathlib, sys
from atp_tui.config.ssh_import import candidates
from atp_tui.drivers.ssh.config.client import SshClient
from atp_tui.drivers.ssh.config.reader import ConfigReader
from atp_tui.drivers.ssh.config.said import ConfigBroken, Question
from atp_tui.model.errors import ConfigError
config = pathlib.Path(sys.argv[1])
class NotInstalled(SshClient):
    can_answer = lambda self, question: None
for client in SshClient, NotInstalled:
    try:
        print(ConfigReader(pathlib.Path("/nowhere"), client()).read(Question("box", config_file=config)).first("user"))
    except ConfigBroken as error:
        print(error)
try:
    print(*(host.id for host in candidates(config)))
except ConfigError as error:
    print(error)
"""


@pytest.mark.skipif(shutil.which("setpriv") is None or os.geteuid() != 0, reason="another user is needed")
@pytest.mark.parametrize(
    ("include", "mode", "refused"),
    [
        ("closed", 0o000, True),  # a directory that may not be opened
        ("clos*", 0o311, True),
        ("closed", 0o555, False),
        ("closed/*", 0o000, False),  # of which no names are known
        ("closed/file", 0o000, False),
        ("closed/file", 0o311, False),
        ("closed/*", 0o311, False),
    ],
)
def test_a_closed_directory_stops_what_it_stops_for_openssh(include: str, mode: int, refused: bool) -> None:
    directory = Path("/tmp") / f"included-{os.getpid()}"
    directory.mkdir()
    (directory / "closed").mkdir()
    (directory / "closed/file").write_text("Port 7\n")
    config = directory / "config"
    config.write_text(f"Host box\n  Include {directory}/{include}\n  User ann\n")
    for file in (config, directory / "closed/file"):
        file.chmod(0o644)
    directory.chmod(0o755)
    (directory / "closed").chmod(mode)
    nobody = ["setpriv", f"--reuid={pwd.getpwnam('nobody').pw_uid}", "--clear-groups"]
    environment = {"HOME": "/nowhere", "PATH": os.environ["PATH"], "PYTHONPATH": ":".join(filter(None, sys.path))}
    try:
        asked, said = [
            subprocess.run(
                [*nobody, *words, config, *rest], capture_output=True, text=True, env=environment, timeout=HANG
            )
            for words, rest in ((["ssh", "-G", "-F"], ["box"]), ([PYTHON, "-c", CLOSED], []))
        ]
    finally:
        shutil.rmtree(directory)
    assert bool(asked.returncode) == refused, asked.stderr
    told = said.stdout.splitlines()
    if refused:
        assert ["Permission denied" in line and f"{directory}/closed" in line for line in told] == [True] * 3, said
    else:
        assert told == ["ann", "ann", "box"], said


def test_the_guided_import_reads_the_same_files(tree: Path) -> None:
    (tree / "]x").write_text("Host found\n")
    (tree / "config").write_text(f"Include {tree}/[\\]]x\nInclude {tree}/d1/f/\n")
    assert [host.id for host in candidates(tree / "config")] == ["found"]
    with pytest.raises(ConfigError):
        candidates(tree)
