"""Every key that a widget or a screen binds, written once. Those of a view stand in its own folder.

BINDINGS of the classes, the bottom line, the help, the keys that sentences name, and the ids of `[ui.keys]` are all
taken from here. The keys of commands stand in the registry and in `commands`. `views.keys` has all together.
"""

from __future__ import annotations

from .binding import ENDS, HISTORY, MOVE, NEAR_JOBS, PAGES, REGIONS, bind
from .sums import sums

RUN_HELP = "run on the hosts that the line names; above 5 and for what is dangerous it asks"
CANCEL_HELP = "cancel the job that is shown; where none runs, leave the line"
SHELL_HELP = "back to the shell; its fg brings the screen back"

LINES = (
    bind("lines.up", "up,k", "cursor(-1)", "up", shown=True, group=MOVE),
    bind("lines.down", "down,j", "cursor(1)", "down", shown=True, group=MOVE),
    bind("lines.page-up", "pageup", "page(-1)", "page up", group=PAGES),
    bind("lines.page-down", "pagedown", "page(1)", "page down", group=PAGES),
    bind("lines.first", "home", "first", "first line", group=ENDS),
    bind("lines.last", "end", "last", "last line", group=ENDS),
    bind("lines.count", "0", "count", "count", "begins a count: 0 5 j goes five lines down, 0 1 2 Home to line 12"),
    bind("lines.open", "enter", "open", "open"),
)
"""Of every list."""

ANSWERS = (
    bind("answers.fold", "enter", "open", "fold", "fold or unfold the answer", shown=True),
    bind("answers.mark", "space", "toggle_mark", "mark", "mark the hosts of the answer, for commands", shown=True),
    bind("answers.fold-all", "a", "toggle_all", "fold all", "fold or unfold all answers", shown=True),
    bind("answers.rerun", "r", "rerun", "rerun failed", "run again where it failed", shown=True),
    bind("answers.mask", "x", "mask", "mask", "join answers that differ in names, addresses, times", shown=True),
    bind("answers.copy", "y", "copy", "copy", "copy to the clipboard", shown=True),
    bind("answers.filter", "vertical_line", "filter", "lines", "show only lines that match, as you type", shown=True),
    bind("answers.raw", "o", "raw", "one host", "all that one host has said, in a pager", shown=True),
    bind("answers.save", "w", "save", "save", "save the answers: text, .json, .md, or a folder with a file a host"),
    bind("answers.unmark", "u", "unmark", "unmark all"),
)

PANE = (
    bind("pane.enter", "enter", "submit", "run", RUN_HELP, shown=True),
    bind("pane.older", "up", "older", "older", "what was typed before", shown=True, group=HISTORY),
    bind("pane.newer", "down", "newer", "newer", "what was typed after it", shown=True, group=HISTORY),
    bind("pane.search", "ctrl+r", "search", "search", "search what was typed before; again: further back", shown=True),
    bind("pane.accept", "right", "cursor_right", "complete", "take over the grey completion", shown=True),
    bind("pane.leave", "escape", "leave", "back", "leave the line; a job that runs goes on", shown=True),
    bind("pane.cancel", "ctrl+c", "cancel", "cancel job", CANCEL_HELP, shown=True),
    bind("pane.complete", "tab", "complete", "next", "complete a : command; else the next region", shown=True),
    bind("pane.newer-job", "pageup", "newer_job", "newer job", shown=True, group=NEAR_JOBS),
    bind("pane.older-job", "pagedown", "older_job", "older job", shown=True, group=NEAR_JOBS),
)
"""Of the command line. What it does with Enter and Esc while it filters stands in `screens/keys`."""

FLEET = (
    bind("fleet.next", "tab", "app.focus_next", "next region", group=REGIONS),
    bind("fleet.previous", "shift+tab", "app.focus_previous", "region before", group=REGIONS),
    bind("fleet.back", "escape", "back", "back", "back to the hosts; then the filter goes", shown=True),
    bind("fleet.interrupt", "ctrl+c", "interrupt", "cancel", "cancel the job that is shown"),
)
"""Of the fleet's screen, for what its regions leave over."""

APP = (
    bind("app.palette", "ctrl+p", "command_palette", "find", "find a command, a host or a theme", priority=True),
    bind("app.suspend", "ctrl+z", "suspend_process", "shell", SHELL_HELP, priority=True),
    bind("app.quit", "ctrl+q", "ask_to_quit", "quit", "quit, from everywhere", priority=True),
)

FORM = (
    bind("form.save", "ctrl+s", "save", "save", shown=True, priority=True),
    bind("form.try", "ctrl+t", "try_out", "test connection", shown=True, priority=True),
    bind("form.leave", "escape,ctrl+c", "leave", "leave it", shown=True, priority=True),
    bind("form.next", "down", "app.focus_next", "next field"),
    bind("form.previous", "up", "app.focus_previous", "field before"),
)
HELP = (bind("help.close", "escape,q,question_mark,ctrl+c", "app.pop_screen", "closes", shown=True),)

PAGER = (
    bind("pager.search", "slash", "search", "search", "search by a regular expression", shown=True),
    bind("pager.next", "n", "find(1)", "next", "the next line that is found", shown=True),
    bind("pager.before", "N", "find(-1)", "before", "the line before that is found", shown=True),
    bind("pager.close", "escape,q,ctrl+c", "leave", "closes", shown=True),
)
"""Of one host's output."""

DIALOGUE = (
    bind("dialogue.up", "up", "scroll_lines(-1)", "up"),
    bind("dialogue.down", "down", "scroll_lines(1)", "down"),
    bind("dialogue.page-up", "pageup", "page_lines(-1)", "page up"),
    bind("dialogue.page-down", "pagedown", "page_lines(1)", "page down"),
)
QUESTION = (
    bind("question.yes", "y", "answer(True)", "yes", shown=True),
    bind("question.no", "n,escape,enter,q,ctrl+c", "answer(False)", "no", shown=True),
)
TYPED_QUESTION = (bind("typed-question.leave", "escape,ctrl+c", "leave", "leave it", shown=True, priority=True),)
PASSWORD = (bind("password.leave", "escape,ctrl+c", "leave", "leave it", shown=True, priority=True),)
LOGIN = (
    bind("login.all", "ctrl+t", "everywhere", "for all", shown=True, priority=True),
    bind("login.leave", "escape,ctrl+c", "leave", "leave it", shown=True, priority=True),
)

CHOICES = (
    bind("import.choose", "space", "choose", "choose", shown=True),
    bind("import.all", "a", "choose_all(True)", "all", shown=True),
    bind("import.none", "u", "choose_all(False)", "none", shown=True),
    bind("import.write", "enter", "open", "write and connect", shown=True),
)
IMPORT = (bind("import.back", "escape,ctrl+c", "back", "back", shown=True, priority=True),)
ONLY = (
    *(bind(f"only.{each.name}", each.key, f"choose('{each.name}')", each.words) for each in sums() if each.key),
    bind("only.leave", "escape,q,ctrl+c", "choose('')", "leave it", shown=True),
)
IMPORT_SOURCE = (bind("import-source.back", "escape,ctrl+c", "back", "back", shown=True, priority=True),)
GUIDE = (
    bind("guide.import", "1", "choose('import')", "import from ~/.ssh/config", shown=True),
    bind("guide.demo", "2", "choose('demo')", "open the demo", shown=True),
    bind("guide.example", "3", "choose('example')", "write an example", shown=True),
    bind("guide.quit", "q,escape,ctrl+c", "choose('quit')", "quit", shown=True),
)

CHAINS = (
    (LINES, FLEET, APP),
    (ANSWERS, LINES, FLEET, APP),
    (PANE, FLEET, APP),
    (LINES, PAGER, APP),
    (LINES, HELP, APP),
)
"""What is asked for a key, in this order, in each place of the fleet's screens: where a key may have one meaning only.
The commands come last in all but the help's and the pager's."""

_FIXED = (
    FORM, DIALOGUE, QUESTION, TYPED_QUESTION, PASSWORD, LOGIN, CHOICES, IMPORT, IMPORT_SOURCE, GUIDE, ONLY,
)  # fmt: skip
FIXED = {binding.id: binding for part in _FIXED for binding in part if binding.id} | {
    binding.id: binding for binding in PANE if binding.id and binding.action == "cursor_right"
}
"""By id, the bindings whose keys are the same for everybody: a question is answered by the same keys everywhere, the
first start has no hosts.toml, and the key that takes a completion over is the one that moves the cursor."""

CHANGEABLE = {
    binding.id: binding
    for chain in CHAINS
    for part in chain
    for binding in part
    if binding.id and binding.id not in FIXED
}
"""By id, those whose keys `[ui.keys]` may change."""
