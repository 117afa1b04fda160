"""The rules of docs/architecture.md that a machine can check: who imports whom, what that loads, how big a room is."""

from __future__ import annotations

import ast
import os
import subprocess
import sys
from collections.abc import Iterable
from pathlib import Path

import pytest

from .conftest import LONGEST

REPOSITORY = Path(__file__).resolve().parent.parent
PACKAGE = REPOSITORY / "atp_tui"
SOURCES = sorted(PACKAGE.rglob("*.py"))

LONGEST_FILE = 400
LONGEST_FUNCTION = 60

LIBRARIES = frozenset({"textual", "rich", "asyncssh", "libvirt"})

# What importing every module of a layer must not load. A static graph, which import-linter reads, cannot see a library
# that comes in through another one.
KEPT_OUT = {
    "model": LIBRARIES,
    "transport": LIBRARIES,
    "config": LIBRARIES,
    "executor": LIBRARIES,
    "monitor": LIBRARIES,
    "actions": LIBRARIES,
    "engine": LIBRARIES,
    "ui": frozenset({"asyncssh", "libvirt"}),
    "drivers": frozenset({"textual", "rich"}),
    "storage": LIBRARIES,
}

IMPORT_LAYER = """
import importlib, pkgutil, sys
before = set(sys.modules)
layer = importlib.import_module(sys.argv[1])
for module in pkgutil.walk_packages(layer.__path__, layer.__name__ + "."):
    importlib.import_module(module.name)
print(*sorted({name.partition(".")[0] for name in set(sys.modules) - before}))
"""

RUN_PROGRAM = """
import runpy, sys
sys.argv[0] = "atp-tui"
try:
    runpy.run_module("atp_tui", run_name="__main__")
except SystemExit as stopped:
    assert not stopped.code, stopped.code
print(*sorted({name.partition(".")[0] for name in sys.modules}))
"""


def loaded_by(code: str, *arguments: str) -> set[str]:
    """Top-level names of the modules that `code` lists in its last line, in an interpreter of its own."""
    result = subprocess.run(
        [sys.executable, "-c", code, *arguments],
        cwd=REPOSITORY,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert result.returncode == 0, result.stderr
    return set(result.stdout.splitlines()[-1].split())


def test_import_contracts_are_kept() -> None:
    command = Path(sys.executable).with_name("lint-imports")
    result = subprocess.run([command], cwd=REPOSITORY, capture_output=True, text=True, timeout=60, check=False)
    assert result.returncode == 0, result.stdout + result.stderr


@pytest.mark.parametrize("layer", KEPT_OUT)
def test_importing_a_layer_loads_only_what_belongs_there(layer: str) -> None:
    loaded = loaded_by(IMPORT_LAYER, f"atp_tui.{layer}")
    assert "atp_tui" in loaded
    assert not loaded & KEPT_OUT[layer]


def test_the_model_needs_the_standard_library_only() -> None:
    assert loaded_by(IMPORT_LAYER, "atp_tui.model") - sys.stdlib_module_names == {"atp_tui"}


@pytest.mark.parametrize(
    "words", ["--version", "--help", "completion bash", "completion zsh", "man", "complete-words targets"]
)
def test_the_entry_point_is_light(words: str) -> None:
    loaded = loaded_by(RUN_PROGRAM, *words.split())
    assert "atp_tui" in loaded
    assert not loaded & (LIBRARIES | {"ClusterShell", "tomlkit"})


LOADED_BY_PROGRAM = """
import atexit, os, runpy, sys
def leave(status):
    sys.stdout.flush()
    print()
    print(*sorted(sys.modules), flush=True)
    ends(status)
ends, os._exit = os._exit, leave  # how the program ends itself
sys.argv = ["atp-tui", *sys.argv[1:]]
runpy.run_module("atp_tui", run_name="__main__")
"""

NOT_FOR_A_COMMAND = (
    "ui", "config.imports", "config.document", "config.edits", "config.form", "config.hosts_file",
    "engine.asking", "engine.away", "engine.guests", "engine.pages", "engine.reload", "monitor.arrangements",
    "monitor.domain_query", "monitor.facts", "monitor.happenings", "monitor.metadata_reader", "monitor.sampler",
    "monitor.tally", "executor.masking", "cli.doctor", "cli.examples", "cli.hosts_arguments", "cli.jobs", "cli.dry_run",
    "cli.tables", "drivers.libvirt.driver", "drivers.simulated", "drivers.ssh.config.own",
)  # fmt: skip
"""Modules, and rooms with all that is in them, that a command on a host has no use for."""


def loaded(file: Path, verb: str, *words: str) -> set[str]:
    """The modules that a verb has loaded when it ends; what it keeps goes beside its hosts.toml."""
    environment = {**os.environ, "XDG_STATE_HOME": str(file.parent), "XDG_CACHE_HOME": str(file.parent)}
    result = subprocess.run(
        [sys.executable, "-c", LOADED_BY_PROGRAM, verb, "--config", str(file), *words],
        cwd=REPOSITORY, env=environment, stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=60,
        check=False,
    )  # fmt: skip
    return set(result.stdout.splitlines()[-1].split())


@pytest.fixture(scope="module")
def refusing(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A hosts.toml whose one host refuses each connection."""
    file = tmp_path_factory.mktemp("refusing") / "hosts.toml"
    file.with_name("ssh_config").touch()
    ssh = f'[hosts.ssh]\nport = 1\nconfig_file = "{file.with_name("ssh_config")}"\n'
    file.write_text(f'[[hosts]]\nid = "a"\nhost = "127.0.0.1"\nuri = false\n{ssh}')
    return file


def within(modules: Iterable[str], rooms: Iterable[str]) -> list[str]:
    places = tuple(f"atp_tui.{room}" for room in rooms)
    return [name for name in modules if name in places or name.startswith(tuple(f"{place}." for place in places))]


def test_a_command_loads_nothing_that_it_never_uses(refusing: Path) -> None:
    """Each of the program's own modules takes a third of a millisecond, and there are 750."""
    modules = loaded(refusing, "run", "--yes", "-w", "a", "--", "true")
    assert {"atp_tui.drivers.ssh.link", "asyncssh", "atp_tui.engine.local"} <= modules, "it went all the way"
    assert within(modules, NOT_FOR_A_COMMAND) == []
    assert [room for room in (*NOT_FOR_A_COMMAND, *NOT_FOR_A_LOOK) if not _is_there(room)] == [], "renamed since"
    assert not modules & {
        "libvirt",
        "textual",
        "rich",
        "ClusterShell",
        "tomlkit",
        "yaml",
        "cryptography.x509",
        "OpenSSL",
    }


NOT_FOR_THE_FIRST_FRAME = (
    "ui.screens.ask", "ui.screens.guide", "ui.screens.help", "ui.screens.host_dispatch", "ui.screens.host_form",
    "ui.screens.import_hosts", "ui.screens.login", "ui.screens.pager", "ui.screens.password", "ui.dump",
    "ui.followed_lines", "ui.views.domain.view", "ui.views.domains.view", "ui.views.events.view",
    "ui.views.followed.view", "ui.views.heat.view", "ui.views.jobs.view", "cli.editor", "config.document",
    "config.form", "config.imports.sources",
)  # fmt: skip
"""Dialogues, and views that are not the first one: each is loaded when it is first opened."""


def test_the_first_frame_loads_no_dialogue_and_no_other_view() -> None:
    code = "import sys, atp_tui.cli.tui, atp_tui.ui.views.fleet.view, atp_tui.engine.engine; print(*sys.modules)"
    modules = loaded_by(code)
    assert "atp_tui.ui.screens.main" in modules
    assert within(modules, NOT_FOR_THE_FIRST_FRAME) == []
    rooms = [room for room in NOT_FOR_THE_FIRST_FRAME if not _is_there(room)]
    assert rooms == [], "no module has that name any more"


def _is_there(room: str) -> bool:
    place = PACKAGE / room.replace(".", "/")
    return place.is_dir() or place.with_suffix(".py").is_file()


NOT_FOR_A_LOOK = (
    "ui.app", "actions.registry", "engine.engine", "transport.manager", "executor.runner", "monitor.fleet",
    "drivers.ssh.hostkeys", "storage.audit", "config.document", "config.hosts_file",
)  # fmt: skip
"""Modules that a verb which contacts no host and changes nothing has no use for."""


@pytest.mark.parametrize("words", ["hosts list", "info", "jobs"])
def test_a_verb_that_only_looks_loads_nothing_of_what_runs_a_fleet(refusing: Path, words: str) -> None:
    modules = loaded(refusing, *words.split())
    assert {"atp_tui.cli.dispatch", "atp_tui.cli.output"} <= modules
    assert within(modules, NOT_FOR_A_LOOK) == []
    assert not modules & (LIBRARIES - {"rich"} | {"ClusterShell", "tomlkit"}), (
        "rich knows how wide a text is in a table"
    )


KEEPS_WHAT_IT_FOUND = "cli/doctor/verdict.py"
"""One of its classes has no slots, since it keeps what it has found: both are of the standard library's decorator."""


def slow_data(source: str) -> bool:
    """Whether a module has the standard library make data with slots, which is dear (see model/data_class)."""
    nodes = list(ast.walk(ast.parse(source)))
    takes = any(
        isinstance(node, ast.ImportFrom)
        and node.module == "dataclasses"
        and any(alias.name == "dataclass" for alias in node.names)
        for node in nodes
    )
    return any(
        isinstance(node, ast.Call)
        and ast.unparse(node.func) in ("dataclass", "dataclasses.dataclass")
        and any(word.arg == "slots" for word in node.keywords)
        and (takes or isinstance(node.func, ast.Attribute))
        for node in nodes
    )


def test_data_with_slots_is_made_by_our_own_decorator() -> None:
    """`from …model.data_class import dataclass`: the program makes some hundred such classes before its first act."""
    slow = [str(path.relative_to(PACKAGE)) for path in SOURCES if slow_data(path.read_text(encoding="utf-8"))]
    assert [place for place in slow if place not in (KEEPS_WHAT_IT_FOUND, "model/data_class.py")] == []


@pytest.mark.parametrize(
    "source",
    [
        "from dataclasses import dataclass, replace\n@dataclass(frozen=True, slots=True)\nclass A: ...",
        "import dataclasses\n@dataclasses.dataclass(slots=True)\nclass A: ...",
    ],
)
def test_dear_data_is_found(source: str) -> None:
    assert slow_data(source)
    assert not slow_data(source.replace("slots=True", "eq=False"))


THREADS = frozenset({"Thread", "Timer", "Lock", "RLock", "Condition", "Event", "Semaphore", "Barrier", "local"})

MAY_WAIT = ("drivers/", "storage/", "ui/output.py", "ui/leaving.py")
"""Where threads may be. `ui/output.py` is the terminal's: Textual's kind of driver, which `drivers` may not see.
`ui/leaving.py` ends a program whose event loop may be what hangs."""


def thread_words(source: str) -> set[str]:
    """What a module takes of the modules for threads."""
    found = set()
    for node in ast.walk(ast.parse(source)):
        match node:
            case ast.Attribute(value=ast.Name(id="threading"), attr=name) if name in THREADS:
                found.add(name)
            case ast.ImportFrom(module="threading" | "concurrent.futures" | "queue" as module):
                found.add(module)
            case ast.Import(names=names):
                found |= {alias.name for alias in names} & {"concurrent.futures", "queue", "multiprocessing"}
            case _:
                pass
    return found


def test_threads_and_locks_are_only_where_the_architecture_has_them() -> None:
    places = {str(path.relative_to(PACKAGE)): thread_words(path.read_text(encoding="utf-8")) for path in SOURCES}
    assert {place: words for place, words in places.items() if words and not place.startswith(MAY_WAIT)} == {}
    assert {place for place, words in places.items() if words} >= {"storage/thread.py", "drivers/aside.py"}


@pytest.mark.parametrize(
    "source", ["import threading\nthreading.Lock()", "import queue", "from threading import excepthook as x"]
)
def test_a_thread_is_found(source: str) -> None:
    assert thread_words(source)


MAKES_SAFE_TEXT = {"model/text.py", "ui/text.py"}
"""What makes `Safe` and `Printed`: the sanitiser, and what cuts its text. Everything else is checked by mypy."""

HANDS_OVER = {
    "Content": {"ui/shown.py"},
    "Static": {"ui/shown.py"},
    "Segment": {"ui/widgets/lines.py", "ui/ascii.py"},
    "Strip": {"ui/widgets/lines.py"},
    "Option": {"ui/screens/guide.py"},
    "Hit": {"ui/screens/palette.py"},
    "DiscoveryHit": {"ui/screens/palette.py"},
    "Text": {"executor/texts.py"},  # a class of its own
    **{name: set() for name in ("Label", "Markdown", "Log", "RichLog", "Button", "DataTable", "Console")},
    "print": set(),
}
"""What takes text to a terminal, with the modules that may call it."""

WRITES = {
    "stdout": {"cli/output.py", "cli/tui.py", "__main__.py"},
    "stderr": {"cli/output.py", "cli/tui.py", "__main__.py", "cli/verbs.py"},
    "os.write": {"cli/crash.py", "cli/typed.py", "drivers/live_output.py", "drivers/terminal/pipes.py", "ui/output.py"},
}
"""The standard streams and the descriptors below them, with the modules that may touch them."""


def draws(source: str) -> set[str]:
    """By which ways the text of a module reaches a terminal, or becomes safe text."""
    found: set[str] = set()
    for node in ast.walk(ast.parse(source)):
        match node:
            case ast.Call(func=ast.Name(id="cast"), args=[ast.Name(id="Safe" | "Printed" as name), *_]):
                found.add(name)
            case ast.Call(func=ast.Name(id=name)):
                found |= {name} & (HANDS_OVER.keys() | {"Safe", "Printed"})
            case ast.Call(func=ast.Attribute(value=ast.Name(id="Content" | "Text" | "Strip" as name), attr=attr)):
                found |= {name} if attr != "blank" else set()
            case ast.Call(func=ast.Attribute(attr="notify"), keywords=words) if words:
                found |= set() if any(word.arg == "markup" for word in words) else {"notify with markup"}
            case ast.Attribute(value=ast.Name(id="sys"), attr="stdout" | "stderr" as name):
                found.add(name)
            case ast.Call(func=ast.Attribute(value=ast.Name(id="os"), attr="write"), args=[to, *_]):
                found |= {"os.write"} if may_be_a_stream(to) else set()
            case ast.Assign(targets=[ast.Attribute(attr="border_title" | "border_subtitle")], value=value):
                found |= {"a title with markup"} if isinstance(value, ast.Constant | ast.JoinedStr) else set()
            case _:
                pass
    return found


def may_be_a_stream(descriptor: ast.expr) -> bool:
    """Whether it is 1 or 2, or a descriptor that somebody gave: a file's is called by another name or made here."""
    return isinstance(descriptor, ast.Constant) or ast.unparse(descriptor).endswith("descriptor")


def test_only_safe_text_reaches_a_terminal() -> None:
    """Together with the types: what is drawn or printed is `Safe` or `Printed`, which the sanitiser alone makes."""
    owners = HANDS_OVER | WRITES | dict.fromkeys(("Safe", "Printed"), MAKES_SAFE_TEXT)
    files = {"drivers/ssh/key_files.py", "storage/lockfile.py", "storage/spill.py"}  # which write to files of their own
    wrong = [
        f"{place}: {way}"
        for path in SOURCES
        if (place := str(path.relative_to(PACKAGE))) not in files
        for way in sorted(draws(path.read_text(encoding="utf-8")))
        if place not in owners.get(way, set())
    ]
    assert wrong == []


@pytest.mark.parametrize(
    "source",
    [
        "Segment(name)", "Content(name)", "Content.from_markup(name)", "Text.from_ansi(name)", "Static(name)",
        "print(name)", "sys.stdout.write(name)", "Safe(name)", "cast(Safe, name)", "os.write(1, name)",
        "self.border_title = f'{name}'", "self.notify(name, title='x')",
    ],
)  # fmt: skip
def test_a_way_around_the_sanitiser_is_found(source: str) -> None:
    assert draws(source)


def test_every_room_is_named_for_what_it_holds() -> None:
    vague = {"utils", "util", "helpers", "common", "misc", "base"}
    assert [path for path in SOURCES if vague & set(path.relative_to(REPOSITORY).with_suffix("").parts)] == []


def test_the_tests_that_begin_first_are_there() -> None:
    assert [name for name in LONGEST if not (REPOSITORY / "tests" / f"{name}.py").is_file()] == []


def members(tree: ast.Module) -> int:
    """The members of enumerations, a line each. They do not count: Python has no way to divide one between files."""
    enums = [
        each for each in tree.body if isinstance(each, ast.ClassDef) and "Enum" in "".join(map(ast.unparse, each.bases))
    ]
    return sum(isinstance(line, ast.Assign) for each in enums for line in each.body)


def offences(source: str) -> list[str]:
    """What in a module's source breaks the house rules, one line each."""
    found = []
    tree = ast.parse(source)
    if (lines := source.count("\n") - members(tree)) > LONGEST_FILE:
        found.append(f"1: {lines} lines")
    for node in ast.walk(tree):
        what = offence(node)
        if what:
            found.append(f"{getattr(node, 'lineno', 1)}: {what}")
    return found


def offence(node: ast.AST) -> str | None:
    """The rule that one node breaks, if it does."""
    match node:
        case ast.FunctionDef() | ast.AsyncFunctionDef():
            length = (node.end_lineno or node.lineno) - node.lineno + 1
            return f"{node.name} has {length} lines" if length > LONGEST_FUNCTION else None
        case ast.Call(func=ast.Attribute(attr="wait_for") | ast.Name(id="wait_for")):
            return "wait_for: asyncio.timeout does not lose a result that comes with the cancellation"
        case ast.Attribute(attr="to_thread") | ast.alias(name="to_thread"):
            return "to_thread: a hung call keeps the shared executor, and the program, from ending"
        case ast.Call(func=ast.Attribute(attr="run_in_executor"), args=[ast.Constant(value=None), *_]):
            return "run_in_executor(None): see to_thread"
        case ast.ExceptHandler(body=[ast.Pass()]) if node.type is None or catches_everything(node.type):
            return "an exception of any kind is swallowed"
        case _:
            return None


def catches_everything(caught: ast.expr) -> bool:
    names = caught.elts if isinstance(caught, ast.Tuple) else [caught]
    return any(isinstance(name, ast.Name) and name.id in {"Exception", "BaseException"} for name in names)


@pytest.mark.parametrize("path", SOURCES, ids=lambda path: str(path.relative_to(REPOSITORY)))
def test_a_module_keeps_the_house_rules(path: Path) -> None:
    assert offences(path.read_text(encoding="utf-8")) == []


@pytest.mark.parametrize(
    "source",
    [
        "\n" * (LONGEST_FILE + 1),
        "def long():\n" + "    f()\n" * LONGEST_FUNCTION,
        "async def f():\n    await asyncio.wait_for(g(), 1)\n",
        "from asyncio import wait_for\nwait_for(g(), 1)\n",
        "async def f():\n    await asyncio.to_thread(g)\n",
        "from asyncio import to_thread\n",
        "loop.run_in_executor(None, f)\n",
        "try:\n    f()\nexcept Exception:\n    pass\n",
        "try:\n    f()\nexcept:\n    pass\n",
        "try:\n    f()\nexcept (OSError, BaseException):\n    pass\n",
    ],
)
def test_the_house_rules_find_each_offence(source: str) -> None:
    assert len(offences(source)) == 1


def test_members_of_an_enumeration_are_not_counted_as_lines() -> None:
    ids = "class Say(StrEnum):\n" + "".join(f'    WORD_{number} = "{number}"\n' for number in range(LONGEST_FILE + 9))
    assert offences(ids) == []
    assert len(offences(ids + "\n" * LONGEST_FILE)) == 1


@pytest.mark.parametrize(
    "source",
    [
        "\n" * LONGEST_FILE,
        "def long_enough():\n" + "    f()\n" * (LONGEST_FUNCTION - 1),
        "try:\n    f()\nexcept FileNotFoundError:\n    pass\n",
        "loop.run_in_executor(lane, f)\n",
        "# wait_for and to_thread may be spoken of\n",
    ],
)
def test_the_house_rules_find_nothing_else(source: str) -> None:
    assert offences(source) == []
