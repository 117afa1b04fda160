"""Messages apart from words: each id has its sentence on each surface, and each place that tells it its parameters."""

from __future__ import annotations

import ast
import copy
import pickle
from collections.abc import Iterator, Mapping
from pathlib import Path
from string import Formatter

import pytest

import atp_tui
from atp_tui.cli import words as cli_words
from atp_tui.model import english, english_files, english_libvirt, english_shell, english_ssh, english_sudo
from atp_tui.model.catalogue import ENGLISH, Catalogue
from atp_tui.model.causes import LONGEST_SHORT, Cause, Remedy, Trouble
from atp_tui.model.connection import ConnectionState
from atp_tui.model.errors import ActionFailed, ConnectFailed
from atp_tui.model.message import Message, Parameter, sentence, text, told
from atp_tui.model.outcome import Outcome
from atp_tui.model.say import Say
from atp_tui.ui import words as ui_words
from atp_tui.ui.question_words import ASKED, Ask
from atp_tui.ui.step_words import STEPS, Next

PACKAGE = Path(atp_tui.__file__).parent
CATALOGUES = {"library": ENGLISH, "ui": ui_words.WORDS, "cli": cli_words.WORDS}


def fields_of(template: str) -> dict[str, str]:
    """The parameters of a sentence, each with its format."""
    return {name: form or "" for _, name, form, _ in Formatter().parse(template) if name is not None}


def faults(sentences: Mapping[Say, str]) -> list[str]:
    """What is wrong with a table of sentences: ids that are missing or unknown, parameters that no message has."""
    found = [f"{each} has no sentence" for each in Say if each not in sentences]
    for each, template in sentences.items():
        if each not in set(Say):
            found.append(f"{each} is no id")
        elif not set(fields_of(template)) <= set(fields_of(ENGLISH.sentences[each])):
            found.append(f"{each} has other parameters")
    return found


def example(id: Say) -> Message:
    """A message of that id, with parameters of the types that its formats ask for."""
    given: dict[str, Parameter] = {}
    for name, form in fields_of(ENGLISH.sentences[id]).items():
        number = form.endswith(("g", "f", ",")) or name in ("limit", "number", "status", "size", "port", "bits", "most")
        given[name] = 5 if number else f"<{name}>"
    return told(id, **given)


@pytest.mark.parametrize("surface", CATALOGUES)
def test_every_id_has_its_words_on_every_surface(surface: str) -> None:
    words = CATALOGUES[surface]
    assert faults(words.sentences) == []
    assert (set(words.causes), set(words.outcomes), set(words.states)) == (
        set(Cause),
        set(Outcome),
        set(ConnectionState),
    )
    for cause in Cause:
        short = words.short(Trouble(cause, "12345 s", Remedy.RETRY))
        assert 0 < len(short) <= LONGEST_SHORT and "{" not in short
    for id in Say:
        assert (said := words.sentence(example(id))) and "{" not in said
        assert said == " ".join(said.split()), "one line, no blanks too many"


def test_a_table_with_an_id_too_few_or_a_parameter_too_many_is_found() -> None:
    few: dict[Say, str] = {id: words for id, words in ENGLISH.sentences.items() if id is not Say.SILENT}
    assert faults(few) == ["silent has no sentence"]
    assert faults({**ENGLISH.sentences, Say.SILENT: "silent for {seconds}"}) == ["silent has other parameters"]
    assert faults({**ENGLISH.sentences, "silence": "x"}) == ["silence is no id"]  # type: ignore[dict-item]


def test_no_sentence_stands_in_two_parts_of_the_table() -> None:
    rooms = (english_files, english_libvirt, english_shell, english_ssh, english_sudo)
    parts = (english._GENERAL, *(room.SENTENCES for room in rooms))
    assert sum(map(len, parts)) == len(ENGLISH.sentences)
    assert len(set(ENGLISH.sentences.values())) == len(ENGLISH.sentences), "what says the same is one message"


@pytest.mark.parametrize("surface", ["ui", "cli"])
def test_a_surface_has_lines_of_its_own_only_where_it_says_something_else(surface: str) -> None:
    own = {id for id, words in CATALOGUES[surface].sentences.items() if words != ENGLISH.sentences[id]}
    assert len(own) < len(Say) / 4, "what both surfaces say belongs into model/english"


# -- the places that tell a message ------------------------------------------------------------------------------------


def sources() -> Iterator[tuple[str, ast.Module]]:
    for file in sorted(PACKAGE.rglob("*.py")):
        if not file.name.startswith(("english", "say")) and file != PACKAGE / "ui" / "words.py":
            yield str(file.relative_to(PACKAGE)), ast.parse(file.read_text("utf-8"))


def ids_in(node: ast.AST) -> set[Say]:
    return {
        Say[each.attr]
        for each in ast.walk(node)
        if isinstance(each, ast.Attribute) and isinstance(each.value, ast.Name) and each.value.id == "Say"
    }


def tellings(tree: ast.Module) -> Iterator[ast.Call]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "told":
            yield node


def test_each_place_gives_a_message_all_its_parameters_and_no_other() -> None:
    wrong = []
    for name, tree in sources():
        loose, open_calls = ids_in(tree), []
        compared = {id for node in ast.walk(tree) if isinstance(node, ast.Compare) for id in ids_in(node)}
        # looked up in a table, as what would mend it
        compared |= {
            id
            for node in ast.walk(tree)
            if isinstance(node, ast.Dict)
            for key in node.keys
            if key
            for id in ids_in(key)
        }
        for call in tellings(tree):
            given = {word.arg for word in call.keywords}
            direct = ids_in(call.args[0])
            if not isinstance(call.args[0], ast.Attribute | ast.IfExp) or None in given:  # something is in a variable
                open_calls.append(given)
            if None not in given:
                loose -= direct
                wrong += [
                    f"{name}:{call.lineno}: {id}" for id in direct if given != set(fields_of(ENGLISH.sentences[id]))
                ]
        for id in loose - compared:
            wanted = set(fields_of(ENGLISH.sentences[id]))
            if not any(given == wanted or (None in given and given - {None} <= wanted) for given in open_calls):
                wrong.append(f"{name}: {id} is told with other parameters")
    assert wrong == []


def test_each_sentence_is_told_somewhere() -> None:
    used = {id for _, tree in sources() for id in ids_in(tree)}
    assert set(Say) - used == set()


def test_no_error_of_a_connection_a_job_or_the_door_has_words_of_its_own() -> None:
    """But for what is wrong with files and settings, and the errors that the demo makes up: these are words."""
    border = ("drivers/simulated/", "drivers/ssh/config/", "cli/output.py", "cli/standard_input.py")
    words_about_files = {"drivers/ssh/endpoint.py", "drivers/ssh/reading.py", "drivers/ssh/host_key_command.py",
                         "drivers/ssh/options.py", "drivers/ssh/hostkeys.py", "drivers/ssh/dial.py"}  # fmt: skip
    names = {
        "PoolClosed", "TooManyWaiters", "CheckoutTimeout", "HostUnknown", "ActionFailed", "ReadOnly", "CallFailed",
        "ConfirmationWanted", "ConnectFailed", "AuthFailed", "CredentialWanted", "HostKeyRejected", "HostKeyRevoked",
        "ConnectionLost", "ConnectTimeout", "CallTimeout", "Unsupported", "NoPlace", "NotStarted",
    }  # fmt: skip
    wrong = []
    for name, tree in sources():
        if name.startswith(border) or name in words_about_files:
            continue
        for node in ast.walk(tree):
            made = isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in names
            if (
                isinstance(node, ast.Call)
                and made
                and node.args
                and isinstance(node.args[0], ast.JoinedStr | ast.Constant)
            ):
                wrong.append(f"{name}:{node.lineno}")
    assert wrong == []


def test_each_line_of_a_dialogue_has_its_words_and_is_asked_with_its_parameters() -> None:
    assert set(ASKED) == set(Ask)
    given: dict[Ask, set[str]] = {}
    for name, tree in sources():
        for node in ast.walk(tree) if name.startswith("ui/screens/") else ():
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "asked":
                # a key's sign may come in a variable: it is told by the end of its name
                named = {word.arg for word in node.keywords if word.arg is not None and not word.arg.endswith("_key")}
                for each in ast.walk(node.args[0]):
                    if isinstance(each, ast.Attribute) and isinstance(each.value, ast.Name) and each.value.id == "Ask":
                        given[Ask[each.attr]] = named
    wanted = {id: {name for name in fields_of(ASKED[id]) if not name.endswith("_key")} for id in Ask}
    assert given == wanted


def test_each_step_has_its_words_and_is_told_with_its_parameters() -> None:
    assert set(STEPS) == set(Next)
    told_with: dict[Next, set[str | None]] = {}
    for _, tree in sources():
        for node in ast.walk(tree):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "step":
                ids = [each.attr for each in ast.walk(node.args[0]) if isinstance(each, ast.Attribute)]
                named = {word.arg for word in node.keywords}
                told_with |= {Next[id]: named for id in ids if id in Next.__members__}
    assert told_with == {id: {*fields_of(long), *fields_of(short)} for id, (long, short) in STEPS.items()}


# -- messages as data --------------------------------------------------------------------------------------------------


def test_a_message_within_a_message_is_said_in_the_same_words() -> None:
    why = told(Say.NO_AUTH_CONF)
    message = told(Say.WANTS_PASSWORD, peer="kvm01", why=why, remedy=told(Say.WRITE_OR_TYPE_IT, file="auth.conf"))
    assert str(message) == (
        "kvm01 wants a password, and there is no auth.conf; write it to auth.conf (mode 0600), "
        "or press P on the screen"
    )  # fmt: skip
    assert ui_words.sentence(message).endswith("write it to auth.conf (mode 0600), or type it here")
    several = told(Say.ALL_OF, messages=(text("a"), text("b")))
    assert str(several) == "a; b"


def test_a_message_is_equal_hashed_and_carried_as_data() -> None:
    message = told(Say.ABOUT, subject="kvm01", message=told(Say.SILENT, limit=2.0))
    assert message == told(Say.ABOUT, message=told(Say.SILENT, limit=2.0), subject="kvm01")
    assert pickle.loads(pickle.dumps(message)) == copy.deepcopy(message) == message
    assert len({message, copy.deepcopy(message)}) == 1
    error = ConnectFailed(message, kind=Cause.SILENT)
    assert pickle.loads(pickle.dumps(error)).reason == message


def test_remote_text_is_a_parameter_that_nothing_reads_as_a_template() -> None:
    hostile = told(Say.ENDED_SAYING, where="h", why="{0.__class__} {where} %s \x1b[2J\x9b")
    assert "{0.__class__} {where} %s" in str(hostile)
    assert "\x1b" not in ui_words.sentence(hostile) and "\x9b" not in ui_words.sentence(hostile)


def test_an_error_without_an_id_is_words() -> None:
    assert ActionFailed("no").reason == text("no")
    assert (ActionFailed("no").message, str(ActionFailed(told(Say.NO_PUBLIC_KEY)))) == (
        "no",
        "that is no public key of SSH",
    )


def test_another_language_is_another_table(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing but the words changes: what follows from an error does not hang on how it is told."""
    german = Catalogue(
        {id: f"«{template}»" for id, template in ENGLISH.sentences.items()} | {Say.SILENT: "stumm seit {limit:g} s"},
        {cause: f"~{cause.value}"[:LONGEST_SHORT] for cause in Cause} | {Cause.SILENT: "stumm {}"},
        {outcome: outcome.value.upper() for outcome in Outcome},
        {state: state.value.upper() for state in ConnectionState},
    )
    assert faults(german.sentences) == []
    monkeypatch.setattr(ui_words, "WORDS", german)
    down = told(Say.NO_CONNECTION_SINCE_DOWN, host="a", limit=5.0, why=told(Say.SILENT, limit=2.0))
    assert ui_words.sentence(down) == "«no connection to a within 5 s; not connected: stumm seit 2 s»"
    assert ui_words.short(Trouble(Cause.SILENT, "2 s", Remedy.RETRY)) == "stumm 2 s"
    assert (ui_words.outcome_word(Outcome.OK), ui_words.state_word(ConnectionState.FAILED)) == ("OK", "FAILED")


def test_an_unknown_id_is_an_error_of_the_program() -> None:
    with pytest.raises(KeyError):
        sentence(told(Say.SILENT, limit=1.0), {})
    with pytest.raises(KeyError):
        str(told(Say.SILENT, seconds=1.0))
