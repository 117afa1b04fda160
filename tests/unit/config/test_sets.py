"""`[sets]` of hosts.toml: what is taken, and what is said of the rest, with its line."""

from __future__ import annotations

from pathlib import Path

import pytest

from atp_tui.config.edits import Tag
from atp_tui.config.host_programs import Answer
from atp_tui.config.hosts_file import HostsFile
from atp_tui.config.load import parse
from atp_tui.config.undo import Versions, folder_of
from atp_tui.model.errors import ConfigErrors
from atp_tui.model.sets import NamedSet

FILE = Path("/etc/fleet/hosts.toml")
HOSTS = (
    '[[hosts]]\nid = "kvm01"\nhost = "a"\ntags = ["rack1"]\n[[hosts]]\nid = "kvm02"\nhost = "b"\nenabled = false\n'
    'tags = ["spare"]\n'
)


def test_sets_are_read_in_their_order() -> None:
    config = parse(f'[sets]\nedge = "@rack1&!kvm01"\n"rack.2" = "@edge,kvm02"\n{HOSTS}', FILE)
    assert config.sets == (NamedSet("edge", "@rack1&!kvm01"), NamedSet("rack.2", "@edge,kvm02"))
    assert config.warnings == ()
    assert parse(HOSTS, FILE).sets == ()


@pytest.mark.parametrize(
    ("table", "line", "key", "message", "hint"),
    [
        ("sets = 5", 1, "sets", "is the number 5", "write [sets]"),
        ("[sets]\nedge = 5", 2, "sets.edge", "is the number 5", "an expression of targets"),
        ('[sets]\nedge = ["kvm01"]', 2, "sets.edge", "is an array", "an expression of targets"),
        ('[sets]\nedge = " "', 2, "sets.edge", "names no hosts", "an expression of targets"),
        ('[sets]\na.b = "kvm01"', 2, "sets.a", "is a table", "stands in quotes"),
        ('[sets]\n"a b" = "kvm01"', 2, 'sets."a b"', "'a b' is no name of a set", "so that @name can be a target"),
        ('[sets]\n"" = "kvm01"', 2, 'sets.""', "is no name of a set", "one word"),
        ('[sets]\n"a>b" = "kvm01"', 2, 'sets."a>b"', "is no name of a set", "one word"),
        ('[sets]\nall = "kvm01"', 2, "sets.all", "'all' cannot be a set", "@all means something already"),
        ('[sets]\nLast = "kvm01"', 2, "sets.Last", "'Last' cannot be a set", "@last means something already"),
        ('[sets]\njob = "kvm01"', 2, "sets.job", "'job' cannot be a set", "another word"),
        ('[sets]\n"job.17" = "kvm01"', 2, 'sets."job.17"', "cannot be a set", "an earlier job"),
        ('[sets]\n\nrack1 = "kvm01"', 3, "sets.rack1", "'rack1' is a tag too", "call the set otherwise"),
        ('[sets]\nspare = "kvm01"', 2, "sets.spare", "'spare' is a tag too", "call the set otherwise"),
        ('[sets]\nkvm02 = "kvm01"', 2, "sets.kvm02", "'kvm02' is a host too", "call the set otherwise"),
        ('[sets]\nedge = "kvm[01"', 2, "sets.edge", "a bracket without its partner", "kvm[01-18,20]"),
        ('[sets]\nedge = """kvm01\n"""', 2, "sets.edge", "a line break", "in one line"),
        ('[sets]\nedge = "@edge,kvm01"', 2, "sets.edge", "names itself: @edge names @edge", "take one"),
        ('[sets]\nx = "@a"\na = "@b"\nb = "@c"\nc = "kvm01&!@a"', 3, "sets.a", "@a names @b names @c names @a", "take"),
        ('[sets]\na1 = "@a[1-2]"\na2 = "kvm01"', 2, "sets.a1", "names itself", "take"),
        (f'[sets]\nedge = "{"kvm01," * 700}kvm01"', 2, "sets.edge", "has 4,205 characters", "at most 4,096"),
    ],
)
def test_a_mistake_is_told_with_its_line(table: str, line: int, key: str, message: str, hint: str) -> None:
    with pytest.raises(ConfigErrors) as caught:
        parse(f"{table}\n{HOSTS}", FILE)
    (error,) = caught.value.errors
    assert (error.file, error.line, error.key) == (FILE, line, key)
    assert message in error.message and hint in (error.hint or ""), str(error)


def test_sets_too_deep_and_too_many_are_refused() -> None:
    deep = "\n".join(f's{n} = "@s{n + 1}"' for n in range(16)) + '\ns16 = "kvm01"'
    with pytest.raises(ConfigErrors, match=r"hosts.toml:2: sets.s0: is 17 sets deep; at most 16"):
        parse(f"[sets]\n{deep}\n{HOSTS}", FILE)
    assert len(parse(f"[sets]\n{deep.partition(chr(10))[2]}\n{HOSTS}", FILE).sets) == 16
    many = "\n".join(f's{n} = "kvm01"' for n in range(1_001))
    with pytest.raises(ConfigErrors, match="has 1,001 sets; at most 1,000"):
        parse(f"[sets]\n{many}\n{HOSTS}", FILE)


def test_a_name_that_stands_for_nothing_is_warned_of_at_its_set() -> None:
    text = (
        f'[sets]\nedge = "kvm99,@rack1,@rak1,web*,kvm[98-99],site:x,@job.3,@last.failed,@core"\ncore = "kvm01"\n{HOSTS}'
    )
    assert [str(each) for each in parse(text, FILE).warnings] == [
        f"{FILE}:2: sets.edge: no such host: kvm99; did you mean kvm02?",
        f"{FILE}:2: sets.edge: no such tag or set: @rak1; did you mean @rack1?",
    ]


def test_a_program_that_gives_a_tag_the_name_of_a_set_breaks_no_file() -> None:
    text = f'[sets]\nedge = "kvm01"\n[[sources]]\nname = "netbox"\ncommand = ["x"]\n{HOSTS}'
    answer = Answer('[{"id": "new", "host": "n", "tags": ["edge"]}]', 1.0)
    config = parse(text, FILE, answers=lambda _: answer)
    assert [host.id for host in config.hosts] == ["kvm01", "new"]
    assert [str(each) for each in config.warnings] == [
        f"{FILE}:2: sets.edge: 'edge' is a tag or a host of the source netbox too, and the set counts; "
        "call the set otherwise"
    ]


def test_what_guard_names_may_be_a_set_that_hangs_on_the_file_alone() -> None:
    good = f'[guard]\nprotected = ["edge"]\nread_only = ["edge", "kvm02"]\n[sets]\nedge = "@rack1"\n{HOSTS}'
    assert parse(good, FILE).warnings == ()
    for expression, told in (
        ("@rack1&cpu>80", "cpu>80 of the set @edge"),
        ("state:failed", "state:failed of the set @edge"),
        ("STATE:failed", "STATE:failed of the set @edge"),
        ("@last.failed", "@last.failed of the set @edge"),
        ("@inner", "vm.tag:web of the set @inner"),
    ):
        text = f'[guard]\nread_only = ["rack1",\n"edge"]\n[sets]\nedge = "{expression}"\ninner = "vm.tag:web"\n{HOSTS}'
        with pytest.raises(ConfigErrors) as caught:
            parse(text, FILE)
        assert str(caught.value).startswith(f"{FILE}:3: guard.read_only[1]: 'edge' hangs on {told}; [guard] takes sets")


def test_an_edit_of_a_host_keeps_the_table_and_refuses_a_tag_of_that_name(tmp_path: Path) -> None:
    path, text = tmp_path / "hosts.toml", f'# mine\n[sets] # named\nedge = "@rack1"   # the edge\n\n{HOSTS}'
    path.write_text(text)
    file = HostsFile(path, Versions(folder_of(path, tmp_path / "state")))
    written = file.edit((Tag("kvm01", ("new",)),), "tag")
    assert path.read_text() == (now := text.replace('["rack1"]', '["rack1", "new"]'))
    assert written.config.sets == (NamedSet("edge", "@rack1"),)
    with pytest.raises(ConfigErrors, match="'edge' is a tag too"):
        file.edit((Tag("kvm01", ("edge",)),), "tag")
    assert path.read_text() == now
