"""Lists of hosts from files and from standard input: what is read, and what is refused with its line."""

from __future__ import annotations

import os
import threading
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from atp_tui.cli import host_lists
from atp_tui.cli.arguments import parse
from atp_tui.cli.host_lists import LARGEST, expression_of, read_lists
from atp_tui.executor.targets import Targets
from atp_tui.model.errors import ConfigError
from atp_tui.model.host import HostInfo

HOSTS = [HostInfo(f"kvm{n:02}", f"192.0.2.{n}", tags=("rack1",)) for n in range(1, 21)]
HOSTS.append(HostInfo("web.example.org", "192.0.2.99"))


def named(path: Path, data: str | bytes) -> tuple[str, ...]:
    path.write_bytes(data.encode() if isinstance(data, str) else data)
    return Targets(HOSTS).resolve(expression_of(read_lists((str(path),)), HOSTS))


@pytest.mark.parametrize(
    ("text", "ids"),
    [
        ("kvm01\nkvm02\n", "kvm01 kvm02"),
        ("kvm02", "kvm02"),
        ("# all\n\n  kvm01 # the first\n\t\nkvm02#\n", "kvm01 kvm02"),
        ("\ufeffkvm01\r\nkvm02\r\n", "kvm01 kvm02"),
        ("kvm01\rkvm03\r", "kvm01 kvm03"),
        ("kvm01,kvm02\tkvm03  kvm04,\n,kvm05", "kvm01 kvm02 kvm03 kvm04 kvm05"),
        ("kvm[01-03,05]\nkvm[10-12/2]", "kvm01 kvm02 kvm03 kvm05 kvm10 kvm12"),
        ("kvm01\nkvm[01-02]\nkvm01", "kvm01 kvm02"),
        ("web.example.org", "web.example.org"),
    ],
)
def test_names_are_read_as_other_tools_write_them(tmp_path: Path, text: str, ids: str) -> None:
    assert named(tmp_path / "names", text) == tuple(ids.split())


def test_a_user_and_a_port_of_a_line_do_not_count_and_that_is_told(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "pssh.txt"
    assert named(path, "kvm03\nroot@kvm01:2222\nada@kvm[04-05]\nkvm02:22") == (
        "kvm01", "kvm02", "kvm03", "kvm04", "kvm05",
    )  # fmt: skip
    told = capsys.readouterr().err
    assert told == f"atp-tui: {path}:2: users and ports of this list do not count: hosts.toml has those\n"


@pytest.mark.parametrize(
    ("data", "line", "message", "hint"),
    [
        ("", None, "names no host", "kvm[01-18]"),
        ("\n# none today\n , \n", None, "names no host", "kvm[01-18]"),
        ("kvm01\nkvm1\n", 2, "no such host: kvm1 (line 2)", "did you mean kvm"),
        ("kvm01\nroot@db1:22\n", 2, "no such host: db1 (line 2)", "hosts list"),
        ("kvm[19-22]", 1, "no such hosts: kvm21 (line 1), kvm22 (line 1)", "did you mean"),
        ("a1\n" + "\n".join(f"b{n}" for n in range(30)), 1, "b8 (line 10) and 21 more", ""),
        ("kvm01\n@rack1\n", 2, "'@rack1' is an expression", "write -w"),
        ("kvm01\nkvm02&kvm03\n", 2, "is an expression", "write -w"),
        ("kvm*", 1, "is an expression", "wildcards"),
        ("state:failed", 1, "'state:…' is no name", "write names"),
        ("cpu>80", 1, "is an expression", "write -w"),
        ("qemu+ssh://root@kvm01/system", 1, "a URI", "write names"),
        ("kvm01:x", 1, "is no name", "write names"),
        ("root@", 1, "is no name", "write names"),
        ("kvm01\n\nkvm[01-03", 3, "a bracket without its partner", "kvm[01-18]"),
        ("kvm01]", 1, "a bracket without its partner", "kvm[01-18]"),
        ("kvm[05-01]", 1, "runs backwards", "write kvm[01-05]"),
        ("kvm[]", 1, "a range is empty", "kvm[01-18"),
        ("kvm[1_0]", 1, "is no range", "kvm[01-18"),
        ("kvm01\nkvm[1-99999],x,y", 2, "stands for too many names", "at most 100,000"),
        ("kvm01\na\x00b\n", 2, "is no name", "write names"),
        (b"kvm01\n\xff\xfe\n", 2, "is not UTF-8 text", "UTF-8"),
    ],
)
def test_a_mistake_is_told_with_its_line(
    tmp_path: Path, data: str | bytes, line: int | None, message: str, hint: str
) -> None:
    path = tmp_path / "names"
    with pytest.raises(ConfigError) as caught:
        named(path, data)
    assert (caught.value.file, caught.value.line) == (path, line), str(caught.value)
    assert message in caught.value.message and hint in (caught.value.hint or ""), str(caught.value)


def test_no_part_of_a_line_that_may_be_a_password_is_shown(tmp_path: Path) -> None:
    for text in ("qemu+ssh://root:hunter22@kvm01/system", "root:hunter22@kvm01:x", "ada:hunter22@nowhere"):
        with pytest.raises(ConfigError) as caught:
            named(tmp_path / "names", text)
        assert "hunter22" not in str(caught.value)


def test_what_cannot_be_read_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for file, said in ((tmp_path, "is a directory"), (tmp_path / "none", "No such file")):
        with pytest.raises(ConfigError, match=said):
            read_lists((str(file),))
    monkeypatch.setattr(host_lists, "LARGEST", 3 << 20)
    with pytest.raises(ConfigError, match="has more than 3 MiB"):
        read_lists(("/dev/zero",))
    assert LARGEST == 16 << 20


def test_a_pipe_is_read_to_its_end_and_several_lists_add_up(tmp_path: Path) -> None:
    pipe, file = tmp_path / "pipe", tmp_path / "file"
    os.mkfifo(pipe)
    file.write_text("kvm03,kvm01")
    writer = threading.Thread(target=pipe.write_text, args=("kvm01\nkvm02\n",))
    writer.start()
    lists = read_lists((str(pipe), str(file)))
    writer.join()
    assert expression_of(lists, HOSTS) == "kvm01,kvm02,kvm03"


@settings(max_examples=60, deadline=None)
@given(
    st.lists(
        st.one_of(
            st.sampled_from([host.id for host in HOSTS]),
            st.builds("kvm[{0:02}-{1:02}]".format, st.integers(1, 9), st.integers(10, 20)),
        ),
        min_size=1,
        max_size=12,
    ),
    st.lists(st.sampled_from([" ", "\n", "\r\n", ",", "\t", " # kvm99\n", ",\n\n"]), min_size=12, max_size=12),
)
def test_a_list_means_what_clustershell_makes_of_its_names(
    tmp_path_factory: pytest.TempPathFactory, names: list[str], between: list[str]
) -> None:
    from ClusterShell.NodeSet import RESOLVER_NOGROUP, NodeSet

    text = "".join(name + sign for name, sign in zip(names, between, strict=False))
    expected = NodeSet(",".join(names), resolver=RESOLVER_NOGROUP)
    assert set(named(tmp_path_factory.getbasetemp() / "names", text)) == set(expected)


def test_the_largest_list_is_read_in_a_moment(tmp_path: Path) -> None:
    path = tmp_path / "names"
    path.write_text("\n".join(["kvm01"] * 99_999 + ["kvm02"]))
    assert named(path, path.read_bytes()) == ("kvm01", "kvm02")
    path.write_text("[" * 1_000_000)
    with pytest.raises(ConfigError, match="a bracket without its partner"):
        read_lists((str(path),))


@pytest.mark.parametrize(
    ("words", "targets", "lists"),
    [
        ("run -w @rack1 --hosts-file names -w kvm01 true", ("@rack1", "kvm01"), ("names",)),
        ("run -w - true", (), ("-",)),
        ("run --hosts-file - -w - -w a true", ("a",), ("-",)),
        ("connect --hosts-file a --hosts-file b", (), ("a", "b")),
        ("hosts list -w - --json", (), ("-",)),
        ("jobs cancel 3 -", ("-",), ()),
    ],
)
def test_the_words_of_lists(words: str, targets: tuple[str, ...], lists: tuple[str, ...]) -> None:
    found = parse(words.split())
    assert (found.targets, found.lists) == (targets, lists)


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ("run true", "hosts are needed"),
        ("connect", "hosts are needed: -w TARGETS, or --hosts-file FILE"),
        ("run -w - --stdin tar x", "standard input has the list of the hosts"),
    ],
)
def test_words_that_make_no_sense(words: str, said: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        parse(words.split())
    assert ended.value.code == 2 and said in " ".join(capsys.readouterr().err.split())
