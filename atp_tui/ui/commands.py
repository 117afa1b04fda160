"""What can be typed and pressed: the actions on hosts and the screen's own commands, in one list.

The keys, the `:` command line, its completion, the palette and the help screen are all made from it.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from ..actions.action import Action
from ..model.data_class import dataclass
from .key_names import key_name


@dataclass(frozen=True, slots=True)
class ScreenCommand:
    """One command of the screen. `key` is a Textual key name, None where it has none.

    `action` is the action of the registry that it stands for, `view` the view that it opens, `in_view`: a view performs
    it; none of these: the screen does it itself.
    """

    name: str
    title: str
    key: str | None
    help: str
    action: Action | None = None
    view: str = ""
    in_view: bool = False

    @property
    def id(self) -> str:
        """What `[ui.keys]` calls it: `action.retry`, `view.events`, `view.sort`, `screen.filter`."""
        of_views = self.view or self.in_view
        return f"{'view' if of_views else 'screen' if self.action is None else 'action'}.{self.name}"

    @property
    def needs_hosts(self) -> bool:
        """Whether it is done to hosts."""
        return self.action is not None and self.action.needs_hosts


FIRST = (
    ScreenCommand("filter", "filter", "slash", "show only hosts that match: a name, a tag, state:failed, cpu>80"),
    ScreenCommand("command", "command", "colon", "type a command of this list"),
    ScreenCommand(
        "only",
        "show only",
        "equals_sign",
        "show what a sum at the top counts: only failed; once more shows all",
    ),
)
LAST = (
    ScreenCommand("previous-view", "view before", "minus", "back to the view that was open before this one"),
    ScreenCommand("zoom", "zoom", "w", "give the pane with the focus all the room; once more, or Esc, shares it again"),
    ScreenCommand("pane", "command pane", "H", "hide the command line and the answers, or show them again: pane off"),
    ScreenCommand("mouse", "mouse off", "M", "leave the mouse to the terminal, to mark text; once more takes it back"),
    ScreenCommand("older-job", "older job", "less_than_sign", "show the answers of the job started before"),
    ScreenCommand("newer-job", "newer job", "greater_than_sign", "show the answers of the job started after"),
    ScreenCommand("rerun", "rerun failed", None, "run the command that is shown again where it failed"),
    ScreenCommand("mask-answers", "mask answers", None, "join answers that differ in what is masked only; or not"),
    ScreenCommand("answer-lines", "lines of answers", None, "show only lines that match a regular expression"),
    ScreenCommand("pause", "pause job", None, "begin on no further host of the job that is shown; what runs goes on"),
    ScreenCommand("resume", "resume job", None, "let the job that is shown go on, also with its next wave"),
    ScreenCommand("raw-answer", "one host's answer", None, "all that one host has said, in a pager: raw-answer kvm07"),
    ScreenCommand("save-answers", "save answers", None, "save them: save-answers out.txt, out.json, out.md or folder/"),
    ScreenCommand("cancel", "cancel job", None, "end the job that is shown"),
    ScreenCommand("clear", "clear answers", None, "close the answers of all jobs that have ended"),
    ScreenCommand("jump", "jump to host", None, "put the cursor on a host: jump kvm07"),
    ScreenCommand("theme", "theme", "t", "choose the colours: theme dark; without a name, the next one"),
    ScreenCommand("copy-address", "copy address", "y", "copy the address of the host under the cursor, or of @tag"),
    ScreenCommand("open-editor", "open editor", "O", "open your editor on hosts.toml, at the host under the cursor"),
    ScreenCommand("locator", "copy locator", None, "copy what opens this view in another terminal"),
    ScreenCommand("dump", "dump screen", None, "write the screen to files, as SVG and as text"),
    ScreenCommand("help", "help", "question_mark", "this page"),
    ScreenCommand("quit", "quit", "q", "leave; asks first while jobs run"),
)
"""The screen's own commands; the registry's and those of views stand between them."""


def all_commands(actions: Iterable[Action], of_views: Iterable[ScreenCommand] = ()) -> tuple[ScreenCommand, ...]:
    """The screen's own commands, the registry's actions, and the commands that open views or that views perform."""
    listed = (
        ScreenCommand(each.name, each.title, each.key and key_name(each.key), each.help, each) for each in actions
    )
    return (*FIRST, *listed, *of_views, *LAST)


def find(commands: Sequence[ScreenCommand], name: str) -> ScreenCommand | None:
    """The command of that name, or the only one that begins so."""
    exact = next((command for command in commands if command.name == name), None)
    near = [command for command in commands if name and command.name.startswith(name)]
    return exact or (near[0] if len(near) == 1 else None)
