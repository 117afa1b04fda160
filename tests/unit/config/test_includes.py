"""hosts.toml in several files: which files are read, what they may hold, and how hosts are edited where they stand."""

from __future__ import annotations

import os
import re
from collections.abc import Callable
from datetime import datetime
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from atp_tui.config import hosts_file as module
from atp_tui.config.edits import Add, Change, Copy, Edit, Move, Remove, Tag, Transfer
from atp_tui.config.fleet import FleetConfig
from atp_tui.config.hosts_file import HostsFile
from atp_tui.config.includes import MOST
from atp_tui.config.load import load
from atp_tui.config.replace import replace_file
from atp_tui.config.undo import Versions
from atp_tui.model.errors import ConfigError, ConfigErrors
from atp_tui.model.host import HostInfo

MAIN = 'include = ["hosts.d/*.toml"]\n[ssh]\nuser = "root"\n\n# the first\n[[hosts]]\nid = "a"\nhost = "192.0.2.1"\n'
RACK1 = '# rack 1\n\n# about b\n[[hosts]]\nid = "b"\nhost = "192.0.2.2" # here\n[hosts.ssh]\nport = 2\n\n'
RACK2 = '[[hosts]]\r\nid = "c"\r\nhost = "192.0.2.3"\r\n'


@pytest.fixture
def main(tmp_path: Path) -> Path:
    folder = tmp_path / "fleet" / "hosts.d"
    folder.mkdir(parents=True)
    (folder / "rack2.toml").write_bytes(RACK2.encode())
    (folder / "rack1.toml").write_text(RACK1)
    (folder / ".hidden.toml").write_text("nonsense")
    main = folder.parent / "hosts.toml"
    main.write_text(MAIN)
    return main


def rack(main: Path, number: int) -> Path:
    return main.parent / f"hosts.d/rack{number}.toml"


def opened(main: Path) -> HostsFile:
    return HostsFile(main, Versions(main.parents[1] / "state"), lambda: datetime(2026, 7, 28))


def ids(config: FleetConfig) -> list[str]:
    return [host.id for host in config.hosts]


def texts(main: Path) -> list[bytes]:
    return [path.read_bytes() for path in (main, rack(main, 1), rack(main, 2))]


def wrong(main: Path) -> list[str]:
    with pytest.raises(ConfigErrors) as caught:
        load(main)
    return [str(error).replace(f"{main.parent}/", "") for error in caught.value.errors]


def test_the_hosts_come_in_the_order_of_the_names_of_their_files(main: Path) -> None:
    config = load(main)
    assert ids(config) == ["a", "b", "c"]
    assert config.files == ("hosts.toml", "hosts.d/rack1.toml", "hosts.d/rack2.toml")
    assert config.files_of_hosts() == {"a": "hosts.toml", "b": "hosts.d/rack1.toml", "c": "hosts.d/rack2.toml"}
    settings = config.hosts[1].ssh
    assert settings is not None and (settings.user, settings.port) == ("root", 2)


def test_patterns_that_match_nothing_or_the_same_file_again_are_no_error(main: Path) -> None:
    main.write_text(
        MAIN.replace('["', '["none.d/*.toml", "./hosts.d/rack2.toml", "').replace('l"]', f'l", "{rack(main, 1)}"]')
    )
    assert ids(load(main)) == ["a", "c", "b"]


def test_a_relative_path_starts_from_the_folder_of_hosts_toml_in_each_file(main: Path) -> None:
    rack(main, 1).write_text(RACK1 + 'identity_files = ["key"]\n')
    settings = load(main).hosts[1].ssh
    assert settings is not None and settings.identity_files == (str(main.parent / "key"),)


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ('include = "x"\n', "hosts.toml:1: include: is the text 'x'; write an array of names"),
        ("include = [5]\n", "hosts.toml:1: include[0]: is the number 5; write an array of names"),
        ('include = [""]\n', "hosts.toml:1: include[0]: is empty; write an array of names"),
        ('include = [\n"x.toml"]\n', "hosts.toml:2: include[0]: there is no file 'x.toml'; write that file"),
        ('include = ["*.toml"]\n', "hosts.toml:1: include[0]: '*.toml' names this file itself"),
        ('include = ["hosts.d/../hosts.toml"]\n', "hosts.toml:1: include[0]: 'hosts.d/../hosts.toml' names this file"),
        ('include = ["hosts.d"]\n', "hosts.d: is a directory; name the file, such as"),
    ],
)
def test_a_wrong_include_is_told_with_its_line(main: Path, text: str, told: str) -> None:
    main.write_text(text)
    (line,) = wrong(main)
    assert line.startswith(told)


@pytest.mark.parametrize(
    ("data", "told"),
    [
        (b'\n[ssh]\nuser = "x"\n', "rack1.toml:2: ssh: an included file has hosts alone; write it in hosts.toml"),
        (b'include = ["x"]\n', "rack1.toml:1: include: an included file includes no others; write it in hosts.toml"),
        (b"nonsense = 1\n", "rack1.toml:1: nonsense: an included file has hosts alone"),
        (b"\n\xff\n", "rack1.toml:2: is not UTF-8 text; save the file as UTF-8"),
        (b"\x7fELF\x00\x01", "rack1.toml:1: is not TOML"),
        (b"hosts = 5\n", "rack1.toml:1: hosts: is the number 5; begin each host with [[hosts]]"),
        (b'[[hosts]]\nid = "b"\n', "rack1.toml:1: hosts[b].host: is missing"),
        (
            b'\n[[hosts]]\nid = "a"\nhost = "x"\n',
            "rack1.toml:3: hosts[0].id: 'a' is the id of the host at hosts.toml:7 already; choose another, or take the"
            " host out of one of the two files: a move that was cut short leaves it in both",
        ),
        (b"a = " + b"[" * 50_000, "rack1.toml: is nested too deeply; hosts.toml:1 includes it"),
    ],
    ids=["settings", "nested", "unknown", "not-utf8", "binary", "no-hosts", "no-host", "twice", "deep"],
)
def test_what_is_wrong_in_an_included_file_is_told_with_its_name_and_line(main: Path, data: bytes, told: str) -> None:
    rack(main, 1).write_bytes(data)
    (line,) = wrong(main)
    assert line.startswith(f"hosts.d/{told}")


@pytest.mark.parametrize("kind", ["pipe", "device"])
def test_what_is_no_file_is_refused_without_a_wait_for_it(main: Path, kind: str) -> None:
    writer = -1
    rack(main, 1).unlink()
    if kind == "pipe":
        os.mkfifo(rack(main, 1))
        writer = os.open(rack(main, 1), os.O_RDWR)  # and never says anything
    else:
        rack(main, 1).symlink_to("/dev/zero")
    (line,) = wrong(main)
    assert line.startswith("hosts.d/rack1.toml: cannot be a configuration: is no regular file; hosts.toml:")
    if writer >= 0:
        os.close(writer)


def test_all_that_is_wrong_in_all_files_is_told_at_once(main: Path) -> None:
    main.write_text(MAIN + "nonsense = 1\n")
    rack(main, 1).write_text(RACK1.replace('"b"', '"b b"'))
    rack(main, 2).unlink()
    rack(main, 2).mkdir()
    assert [line.split(": ")[0] for line in wrong(main)] == [
        "hosts.toml:9", "hosts.d/rack1.toml:5", "hosts.d/rack2.toml",
    ]  # fmt: skip


def test_a_setting_of_a_tag_that_is_wrong_for_a_host_elsewhere_is_told_where_it_stands(main: Path) -> None:
    pools = (
        ("x", "min_connections_per_host = 8"),
        ("y", "max_connections_per_host = 9"),
        ("z", "max_connections_per_host = 4"),
    )
    main.write_text(MAIN + "".join(f"[tags.{tag}.transport.pool]\n{line}\n" for tag, line in pools))
    rack(main, 1).write_text(RACK1.replace("[hosts.ssh]", 'tags = ["x", "z"]\n[hosts.ssh]'))
    (line,) = wrong(main)
    assert line.startswith("hosts.toml:")


def test_a_file_without_rights_is_named_and_one_that_strangers_may_write_is_warned_of(main: Path) -> None:
    rack(main, 1).chmod(0o666)
    (warning,) = load(main).warnings
    assert warning.file == rack(main, 1) and "somebody else may write it" in warning.message
    os.symlink(rack(main, 1), main.parent / "hosts.d/loop.toml")
    assert ids(load(main)) == ["a", "b", "c"]
    (main.parent / "hosts.d/rack9.toml").symlink_to("rack9.toml")
    (line,) = wrong(main)
    assert line.startswith("hosts.d/rack9.toml: cannot be read") and line.endswith("hosts.toml:1 includes it")


def test_a_folder_that_cannot_be_looked_into_lets_no_host_go(main: Path) -> None:
    (main.parent / "loop.d").symlink_to("loop.d")
    main.write_text(MAIN.replace('["', '["loop.d/*.toml", "none.d/*/x.toml", "'))
    (line,) = wrong(main)
    assert line.startswith("hosts.toml:1: include[0]: the folder of 'loop.d/*.toml' cannot be read: Too many levels")


def test_too_many_files_are_refused(main: Path) -> None:
    for number in range(MOST + 1):
        (main.parent / f"hosts.d/{number}.toml").touch()
    (line,) = wrong(main)
    assert line.startswith("hosts.toml:1: include[0]: there are more than 1,000 files")


def test_each_edit_goes_to_the_file_in_which_the_host_stands(main: Path) -> None:
    file = opened(main)
    written = file.edit([Tag("a", ("x",)), Tag("c", ("x",)), Change("b", ((("ssh", "port"), 3),))], "tags")
    assert [each.name for each in written.changes] == ["hosts.toml", "hosts.d/rack1.toml", "hosts.d/rack2.toml"]
    assert written.touched == ("a", "b", "c")
    assert texts(main) == [
        MAIN.encode() + b'tags = ["x"]\n',
        RACK1.replace("port = 2", "port = 3").encode(),
        RACK2.encode() + b'tags = ["x"]\r\n',
    ]
    assert written.config.hosts == load(main).hosts and written.config.included == load(main).included
    assert [line for line in written.difference.splitlines() if line.startswith("---")] == [
        "--- hosts.toml before", "--- hosts.d/rack1.toml before", "--- hosts.d/rack2.toml before",
    ]  # fmt: skip
    assert file.undo().touched == ("a", "b", "c") and texts(main) == [MAIN.encode(), RACK1.encode(), RACK2.encode()]
    assert file.redo().touched == ("a", "b", "c") and load(main).hosts == written.config.hosts


def test_a_host_of_an_included_file_is_copied_beside_it_and_removed_from_it(main: Path) -> None:
    file = opened(main)
    assert ids(file.edit([Copy("b", "new", ((("host",), "192.0.2.9"),))], "copy").config) == ["a", "b", "new", "c"]
    assert ids(file.edit([Remove("b"), Remove("a")], "remove").config) == ["new", "c"]
    assert rack(main, 1).read_text().startswith("# rack 1\n\n") and ids(load(main)) == ["new", "c"]
    assert [field.value for field in file.fields(["new"])[0] if field.key in ("host", "ssh.port")] == ["192.0.2.9", "2"]


def test_a_new_host_goes_into_hosts_toml_or_into_the_file_that_is_named(main: Path) -> None:
    def new(host: str, file: str = "") -> Add:
        return Add(((("id",), host), (("host",), "192.0.2.9")), file=file)

    file = opened(main)
    file.edit([new("d")], "add")
    file.edit([new("e", "hosts.d/rack2.toml")], "add")
    file.edit([new("f", str(rack(main, 1)))], "add")
    config = load(main)
    assert [each.hosts for each in config.included] == [("b", "f"), ("c", "e")] and ids(config)[:2] == ["a", "d"]
    with pytest.raises(ConfigError, match=r"there are hosts.toml, hosts.d/rack1.toml, hosts.d/rack2.toml") as caught:
        file.edit([new("g", "rack3.toml")], "add")
    assert caught.value.message == "'rack3.toml' is no file that it includes"


@pytest.mark.parametrize(
    ("edit", "words"),
    [
        (Add(((("id",), "b"), (("host",), "x"))), r"rack1.toml: id: there is a host 'b' already"),
        (Change("a", ((("id",), "c"),)), "there is a host 'c' already"),
        (Copy("c", "a"), r"there is a host 'a' already"),
        (Move("a", "b"), r"hosts.toml: 'b' stands in another file, hosts.d/rack1.toml; move 'a' to that file first"),
        (Change("b", ((("ssh", "port"), 99999),)), r"rack1.toml:8: hosts\[b\].ssh.port: 99999 is out of range"),
        (Tag("x", ("y",)), "there is no host 'x'"),
        (Transfer("x", "hosts.toml"), "there is no host 'x'"),
    ],
)
def test_what_would_be_wrong_is_told_with_its_file_and_nothing_is_written(main: Path, edit: Edit, words: str) -> None:
    before = texts(main)
    with pytest.raises(ConfigError, match=words):
        opened(main).edit([edit], "")
    assert texts(main) == before


def test_a_host_moves_with_its_comments_and_comes_back(main: Path) -> None:
    before, hosts = texts(main), {host.id: host for host in load(main).hosts}
    file = opened(main)
    written = file.edit([Transfer("b", "hosts.d/rack2.toml"), Transfer("a", "hosts.d/rack2.toml")], "move")
    moved = '\n# about b\n[[hosts]]\nid = "b"\nhost = "192.0.2.2" # here\n[hosts.ssh]\nport = 2\n'
    moved += '\n# the first\n[[hosts]]\nid = "a"\nhost = "192.0.2.1"\n'
    assert rack(main, 2).read_bytes() == RACK2.encode() + moved.replace("\n", "\r\n").encode()
    assert rack(main, 1).read_text() == "# rack 1\n" and main.read_text() == MAIN.partition("\n# the")[0]
    assert written.changes[0].name == "hosts.d/rack2.toml"
    assert {host.id: host for host in load(main).hosts} == hosts
    assert file.edit([Transfer("b", "hosts.d/rack2.toml")], "again").changes == ()
    file.undo()
    assert texts(main) == before
    file.edit([Transfer("c", "hosts.toml")], "move")
    assert ids(load(main)) == ["a", "c", "b"] and rack(main, 2).read_bytes() == b""


class Crash(BaseException):
    """The program is killed."""


def writes(monkeypatch: pytest.MonkeyPatch, at: int, fails: Callable[[], object]) -> None:
    """The write of that number, counted from 0, of files of hosts fails."""
    seen: list[Path] = []

    def replacing(path: Path, data: bytes, **how: object) -> None:
        seen.append(path)
        if len(seen) == at + 1:
            fails()
        replace_file(path, data, **how)  # type: ignore[arg-type]

    monkeypatch.setattr(module, "replace_file", replacing)


@pytest.mark.parametrize("back", [False, True])
def test_a_crash_between_the_two_files_of_a_move_loses_no_host(
    main: Path, monkeypatch: pytest.MonkeyPatch, back: bool
) -> None:
    def crash() -> None:
        raise Crash

    file = opened(main)
    if back:
        file.edit([Transfer("b", "hosts.d/rack2.toml")], "move")
    with monkeypatch.context() as patch, pytest.raises(Crash):
        writes(patch, 1, crash)
        file.undo() if back else file.edit([Transfer("b", "hosts.d/rack2.toml")], "move")
    (line,) = wrong(main)
    assert "hosts.d/rack2.toml:" in line and "hosts.d/rack1.toml:" in line and "a move that was cut short" in line


def test_where_the_second_file_cannot_be_written_the_first_is_put_back(
    main: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full() -> None:
        raise OSError(28, "No space left on device")

    before = texts(main)
    writes(monkeypatch, 1, full)
    with pytest.raises(ConfigError, match=r"rack1.toml: cannot be written: No space left on device"):
        opened(main).edit([Transfer("b", "hosts.d/rack2.toml")], "move")
    assert texts(main) == before


def test_what_somebody_else_writes_meanwhile_into_one_of_the_files_stays(
    main: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    theirs = RACK1.replace("# here", "# theirs")
    writes(monkeypatch, 1, lambda: rack(main, 1).write_text(theirs))
    opened(main).edit([Tag("a", ("x",)), Tag("b", ("x",))], "tag")
    assert "# theirs" in rack(main, 1).read_text()
    assert [host.tags for host in load(main).hosts] == [("x",), ("x",), ()]


def test_an_undo_is_refused_where_any_of_its_files_was_changed_since(main: Path) -> None:
    file = opened(main)
    file.edit([Tag("a", ("x",)), Tag("b", ("x",))], "tag")
    rack(main, 1).write_text(RACK1 + "# theirs\n")
    before = texts(main)
    with pytest.raises(ConfigError, match=r"rack1.toml: was changed by somebody else since 'tag'"):
        file.undo()
    assert texts(main) == before


def test_no_edit_is_made_beside_an_included_file_that_somebody_has_emptied(main: Path) -> None:
    """The fleet would follow the edit, and let all hosts of that file go: an editor has found the disk full."""
    file = HostsFile(main, before=load(main))
    rack(main, 1).write_text("")
    with pytest.raises(ConfigError, match=r"rack1\.toml: is empty now; write its hosts again"):
        file.edit([Tag("a", ("x",))], "")
    assert main.read_text() == MAIN
    rack(main, 1).write_text("# moved\n")
    assert file.edit([Tag("a", ("x",))], "").touched == ("a",)


def test_a_file_whose_last_host_was_moved_out_here_is_empty_and_edits_go_on(main: Path) -> None:
    file = HostsFile(main, before=load(main))
    file.edit([Transfer("c", "hosts.toml")], "")
    assert not rack(main, 2).read_bytes()
    assert file.edit([Tag("c", ("x",))], "").touched == ("c",)


def test_a_change_of_an_included_file_is_seen_by_the_next_edit(main: Path) -> None:
    file = opened(main)
    assert ids(file.known()) == ["a", "b", "c"]
    rack(main, 2).unlink()
    (main.parent / "hosts.d/rack3.toml").write_bytes(RACK2.replace('"c"', '"d"').encode())
    assert ids(file.known()) == ["a", "b", "d"]
    rack(main, 1).write_text("# none\n")
    assert ids(file.edit([Tag("d", ("x",))], "").config) == ["a", "d"]


ARRAY = """# of the rack
hosts = [
    # the first
    { id = "b", host = "192.0.2.2", ssh = { port = 2222 }, metadata = { "a b" = "#1" } }, # in the corner
    { id = "z", host = "192.0.2.4", tags = ["x", "y#"] },
]
"""
ONE_LINE = 'hosts = [{ id = "b", host = "192.0.2.2" }, { id = "z", host = "192.0.2.4" }]\n'


def described(config: FleetConfig) -> dict[str, HostInfo]:
    return {host.id: host for host in config.hosts}


@pytest.mark.parametrize("array", [ARRAY, ONE_LINE, ARRAY.replace("\n", "\r\n")])
def test_a_host_moves_out_of_an_array_with_its_comments_and_back(main: Path, array: str) -> None:
    rack(main, 1).write_bytes(array.encode())
    file = opened(main)
    before, there = texts(main), described(file.known())
    written = file.edit([Transfer("b", "hosts.toml")], "move")
    assert described(written.config) == there == described(load(main))
    text = main.read_text()
    if array is not ONE_LINE:
        assert '# the first\n# in the corner\n[[hosts]]\nid = "b"\n' in text
        assert "# the first" not in rack(main, 1).read_text() and "# of the rack" in rack(main, 1).read_text()
    file.undo()
    assert texts(main) == before
    file.edit([Transfer("z", "hosts.d/rack2.toml")], "move")
    file.edit([Transfer("z", "hosts.d/rack1.toml")], "move")
    assert described(file.known()) == there == described(load(main))


def test_a_host_moves_into_an_array_with_its_comments_or_not_at_all(main: Path) -> None:
    rack(main, 1).write_text(ARRAY)
    file = opened(main)
    there = described(file.known())
    moved = file.edit([Transfer("a", "hosts.d/rack1.toml")], "move")
    assert described(moved.config) == there == described(load(main))
    text = rack(main, 1).read_text()
    assert text.startswith(ARRAY.removesuffix("]\n") + "    # the first\n    {") and text.endswith("},\n]\n")
    file.undo()
    rack(main, 1).write_text(ONE_LINE)
    main.write_text(main.read_text().replace("[[hosts]]", "# about it\n[[hosts]] # here", 1))
    before = texts(main)
    with pytest.raises(ConfigError, match=r"rack1.toml: has its hosts in one line, where the host's comments"):
        opened(main).edit([Transfer("a", "hosts.d/rack1.toml")], "")
    assert texts(main) == before


NAMES = [f"h{number}" for number in range(6)]


@given(
    homes=st.lists(st.integers(0, 2), min_size=6, max_size=6),
    moves=st.lists(st.tuples(st.sampled_from(NAMES), st.integers(0, 2)), max_size=6),
)
def test_hosts_that_move_about_stay_what_they_are(
    tmp_path_factory: pytest.TempPathFactory, homes: list[int], moves: list[tuple[str, int]]
) -> None:
    folder = tmp_path_factory.mktemp("fleet")
    names = ["hosts.toml", "a.d/1.toml", "a.d/2.toml"]
    (folder / "a.d").mkdir()
    parts = ["", "", ""]
    for name, home in zip(NAMES, homes, strict=True):
        parts[home] += f'# {name}\n[[hosts]]\nid = "{name}"\nhost = "{name}" # its name\nmetadata.n = "{home}"\n\n'
    parts[0] = 'include = ["a.d/*"]\n\n' + parts[0]
    for name, text in zip(names, parts, strict=True):
        (folder / name).write_text(text)
    hosts = {host.id: host for host in load(folder / "hosts.toml").hosts}
    file = HostsFile(folder / "hosts.toml")
    for host, to in moves:
        config = file.edit([Transfer(host, names[to])], "").config
        assert config.files_of_hosts()[host] == names[to]
        assert config.hosts == load(folder / "hosts.toml").hosts
    assert {host.id: host for host in load(folder / "hosts.toml").hosts} == hosts
    lines = [line for name in names for line in (folder / name).read_text().splitlines() if line]
    assert sorted(lines) == sorted(line for text in parts for line in text.splitlines() if line)


TOLD = ("", "its ")
IN_ARRAY = '  # HOST\n  { id = "HOST", host = "HOST", metadata = { n = "#1", "a b" = "2" } }, # its HOST\n'
AS_TABLE = '\n# HOST\n[[hosts]]\nid = "HOST"\nhost = "HOST" # its HOST\nmetadata.n = "#1"\nmetadata."a b" = "2"\n'


@given(
    kinds=st.lists(st.booleans(), min_size=3, max_size=3),
    homes=st.lists(st.integers(0, 2), min_size=6, max_size=6),
    moves=st.lists(st.tuples(st.sampled_from(NAMES), st.integers(0, 2)), max_size=6),
)
def test_hosts_that_move_between_arrays_and_tables_keep_keys_and_comments(
    tmp_path_factory: pytest.TempPathFactory, kinds: list[bool], homes: list[int], moves: list[tuple[str, int]]
) -> None:
    folder = tmp_path_factory.mktemp("fleet")
    names = ["hosts.toml", "a.d/1.toml", "a.d/2.toml"]
    (folder / "a.d").mkdir()
    for number, (name, is_array) in enumerate(zip(names, kinds, strict=True)):
        mine = [host for host, home in zip(NAMES, homes, strict=True) if home == number]
        text = 'include = ["a.d/*"]\n' if number == 0 else ""
        if is_array:
            text += "hosts = [\n" + "".join(IN_ARRAY.replace("HOST", each) for each in mine) + "]\n"
        else:
            text += "".join(AS_TABLE.replace("HOST", each) for each in mine)
        (folder / name).write_text(text)
    hosts = described(load(folder / "hosts.toml"))
    file = HostsFile(folder / "hosts.toml")
    for host, to in moves:
        config = file.edit([Transfer(host, names[to])], "").config
        assert config.files_of_hosts()[host] == names[to]
        assert described(config) == described(load(folder / "hosts.toml")) == hosts
        whole = "".join((folder / name).read_text() for name in names)
        assert sorted(re.findall(r"# (?:its )?h\d", whole)) == sorted(
            f"# {its}{each}" for its in ("", "its ") for each in NAMES
        )
