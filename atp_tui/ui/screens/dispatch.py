"""What the screen's commands do, however they were asked for: by key, `:` line, palette or answer."""

from __future__ import annotations

from collections.abc import Callable, Coroutine, Iterable, Mapping
from dataclasses import replace
from functools import cached_property, partial
from typing import TYPE_CHECKING, Protocol

from textual.message import Message

from ...actions.action import Action, Invocation, Value
from ...actions.follow import options_of
from ...actions.job_words import taken
from ...actions.policy import Agreement
from ...model.connection import ConnectionState
from ...model.credential import Secret
from ...model.errors import ActionFailed
from ...model.message import Message as Reason
from ...model.message import told
from ...model.placeholders import parsed
from ...model.say import Say
from ...model.target import on_hosts
from ..commands import find
from ..early_keys import HearsNothingAtFirst
from ..frame.showing import Showing
from ..job_control import JobControl
from ..keymap import Keymap
from ..messages import QuitRequested, ThemeRequested
from ..ringing import Ringing
from ..services import Services
from ..shown import styled
from ..targeting import Targeting
from ..text import safe
from ..widgets.answers import Answers
from ..widgets.command_pane import Mode
from ..words import sentence
from . import named
from .answer_dispatch import AnswerDispatch
from .editor_dispatch import EditorDispatch
from .job_dispatch import JobDispatch
from .login_queue import LoginQueue
from .look_dispatch import LookDispatch, Looking
from .trust_dispatch import TrustDispatch

if TYPE_CHECKING:
    from .help import HelpScreen
    from .host_dispatch import HostDispatch


class Surface(Looking, Protocol):
    """What commands work on: the main screen, as far as they need it."""

    @property
    def jobs(self) -> JobControl: ...
    @property
    def answers(self) -> Answers: ...
    def ask_for(self, command: str) -> None: ...
    def post_message(self, message: Message) -> bool: ...
    @property
    def showing(self) -> Showing: ...
    @property
    def is_typed_in(self) -> bool: ...
    def spawn(self, work: Coroutine[None, None, None]) -> None: ...


class Dispatch:
    """One method a command of the screen; the registry's actions go through the door."""

    def __init__(self, screen: Surface, services: Services, keys: Keymap, targeting: Targeting) -> None:
        self._screen = screen
        self._fleet, self._spill = services.fleet, services.ring.spill
        self._person = services.who
        self._read_only = services.read_only
        self._keys = keys
        self._targeting = targeting
        ringing = Ringing(services.ring, lambda: screen.app, services.ring_command, partial(screen.tell, wrong=True))
        self.jobs = JobDispatch(screen, services.fleet, keys, ringing)
        self._look = LookDispatch(screen, services.fleet, keys, services.dump_folder, self.meant, services.aside)
        self.logins = LoginQueue(screen, services.fleet, services.who, keys)
        trust = TrustDispatch(screen, services.fleet, self, self.logins)
        self._own: dict[str, Callable[[str], object]] = {
            **self._look.by_name,
            **AnswerDispatch(screen, services.fleet, keys, services.aside).by_name,
            "command": lambda text: screen.pane.enter(Mode.COMMAND, text),
            "older-job": lambda _: self.jobs.show_older(),
            "newer-job": lambda _: self.jobs.show_newer(),
            "rerun": self._rerun,
            "mask-answers": lambda _: self.jobs.mask(),
            "pause": lambda _: self.jobs.pause(),
            "resume": lambda _: self.jobs.resume(),
            "cancel": self._cancel,
            "clear": self._clear,
            "open-editor": lambda _: EditorDispatch(screen, services, targeting).open(),
            "theme": lambda name: screen.post_message(ThemeRequested(name)),
            "help": self._open_help,
            "quit": self._quit,
        }
        self._prompts: dict[str, Callable[[str], object]] = {
            "run": lambda line: screen.pane.enter(Mode.RUN, line or None),
            "follow": self._follow,
            **{name: partial(self._move, name) for name in ("push", "pull", "forward")},
            "shell": partial(self._open_shell, services),
            "trust-key": trust.look_at_key,
            "log-in": trust.ask_for_password,
            **{f"{it}-host": partial(self._form, f"{it}-host") for it in ("add", "edit", "copy", "tag", "remove")},
            "enable-host": self._enable,
            "import": lambda text: self._hosts_file.take_over(*text.strip().partition(" ")[::2]),
        }
        """Where the screen gathers the arguments of an action by a dialogue or the command pane."""

    def _move(self, action: str, line: str) -> None:
        from .file_dispatch import start

        start(self._screen, self, self._fleet, action, line)

    def _open_shell(self, services: Services, line: str) -> None:
        from .shell_dispatch import ShellDispatch

        ShellDispatch(self._screen, services.fleet, self, self._targeting, services.shell_ended).open(line)

    @cached_property
    def _help(self) -> HelpScreen:
        """Loaded when it is first asked for, as each dialogue is: the first frame is sooner without them."""
        from .help import HelpScreen, command_section
        from .keys import help_keys

        return HelpScreen([command_section(self._keys), *help_keys(self._keys)], self._keys)

    @cached_property
    def _hosts_file(self) -> HostDispatch:
        """The forms of host management, loaded when the first is asked for: the first frame is sooner without them."""
        from .host_dispatch import HostDispatch

        return HostDispatch(self._screen, self._fleet, self._keys, self._person)

    def do(self, name: str, argument: str = "") -> None:
        """Do the command of that name, or of that beginning."""
        command = find(self._keys.commands, name)
        if self._look.line_number(name):
            self._look.go_to_line(name)
        elif command is None:
            named.put(self._screen, self._fleet, name, argument, self._keys.sign("screen.help"))
        elif command.view:
            self._screen.navigation.open(command.view, argument)
        elif command.in_view:
            self._screen.navigation.perform(command.name, argument)
        elif command.action is None:
            self._own[command.name](argument)
        elif command.action.prompts:
            if self._read_only and command.action.changes and command.name != "run":  # a line can be typed, and waits
                pointed = self._targeting.hosts if command.action.needs_hosts else ()
                self._refuse(self.invocation(command.name, pointed, {}), told(Say.READ_ONLY, action=command.name))
                return
            self._prompts[command.name](argument)
        else:
            self._act(command.action, argument)

    def run_line(self, line: str, targets: tuple[str, ...]) -> None:
        """Run what was entered in the command line, which is kept until it really runs."""
        pane = self._screen.pane

        def run(invocation: Invocation) -> None:
            # the number that was typed is that of these hosts: others may be connected or busy by now
            if pane.still_has(line) and self._targeting.can_run_on(targets):
                pane.line_is_run()
                self.jobs.start(invocation)
            else:
                again = f"{self._keys.sign('pane.enter')} asks again"
                self._screen.tell(f"hosts of the line have gone meanwhile: {again}", wrong=True)

        try:
            options, command = taken(line, spill=self._spill)
            parsed(command)  # a wrong placeholder leaves the line as it stands
        except ActionFailed as error:
            self._screen.tell(sentence(error.reason), wrong=True)
            return
        if not command:
            self._screen.tell("a command is needed behind its options", wrong=True)
        elif self.jobs.has_room():
            self.if_confirmed(self.invocation("run", targets, {**options, "command": command}), "run", "run it", run)

    def _follow(self, line: str) -> None:
        """Follow what a command says on the hosts that are pointed at, or that `@…` names as the first word."""
        chosen = self._targeting.select(line)
        if not line.strip():
            self._screen.ask_for("follow")
        elif chosen.problem is not None or not chosen.command:
            self._screen.tell(chosen.problem or "no command after the hosts", wrong=True)
        elif self.jobs.has_room():
            options, command = options_of(chosen.command)
            try:
                parsed(command)
            except ActionFailed as error:
                self._screen.tell(sentence(error.reason), wrong=True)
                return
            asked = self.invocation("follow", chosen.ids, {"command": command, **options})
            self.if_confirmed(asked, "follow", "follow it", self.jobs.start)

    def _rerun(self, _: str) -> None:
        job = self._screen.jobs.shown
        failed = job.model.failed_hosts if job is not None else ()
        if job is not None and job.running:
            self._screen.tell(f"{job.name} still runs: once it has ended, it can run again", wrong=True)
            return
        if job is None or not failed:
            self._screen.tell("nothing failed")
            return
        asked = job.asked
        if self.jobs.has_room():
            again = self.invocation(asked.action, failed, asked.arguments, asked.secret)
            yes, what = ("run it", "") if asked.action == "run" else (asked.action, asked.action)
            action = self._action(asked.action)
            always = action is None or action.changes
            self.if_confirmed(again, f"{asked.action} again", yes, self.jobs.start, what, always=always)

    def _open_help(self, _: str) -> None:
        app = self._screen.app
        if not app.is_screen_installed(self._help):
            app.install_screen(self._help, "help")  # kept when it is closed
        if self._help not in app.screen_stack:
            app.push_screen(self._help)

    def _clear(self, _: str) -> None:
        if self.jobs.clear():
            self._screen.view.take_focus()

    def _quit(self, _: str) -> None:
        question = self.jobs.before_quitting()
        if question is None:
            self._screen.post_message(QuitRequested())
        else:
            self._ask(question, lambda: self._screen.post_message(QuitRequested()))

    def _cancel(self, _: str) -> None:
        if not self.jobs.cancel():
            shown = self._screen.jobs.shown
            self._screen.tell("the job that is shown has ended" if shown else "no command was run yet")

    # Hosts of hosts.toml

    def _form(self, name: str, argument: str) -> None:
        """A form or a question, or at once where the line has said all."""
        action = self._action(name)
        argument = argument.strip()  # a blank behind the hosts says nothing, least of all that no question is wanted
        word = argument.partition(" ")[0]
        if action is None or (argument and word != argument) or (argument and not word.startswith("@")):
            if action is not None:
                self._act(action, argument)
            return
        hosts = self.meant(argument) if action.needs_hosts else ()
        if hosts is None:
            return
        if action.needs_hosts and not hosts:
            self._screen.tell("no host is marked or under the cursor", wrong=True)
        elif name == "add-host":
            self._hosts_file.add()
        elif name == "tag-host":
            self._screen.ask_for(f"tag-host {argument}".rstrip())
        elif name == "copy-host":
            self._hosts_file.copy(hosts[0])
        elif name == "edit-host":
            self._hosts_file.edit(hosts)
        else:
            self._hosts_file.remove(hosts)

    def _enable(self, argument: str) -> None:
        """Where the line names no host, those of the hosts pointed at that are disabled."""
        pointed = self._fleet.rows(self._targeting.hosts)
        named = argument.strip() or ",".join(row.id for row in pointed if row.state is ConnectionState.DISABLED)
        action = self._action("enable-host")
        if not named:
            self._screen.tell("no disabled host is marked or under the cursor", wrong=True)
        elif action is not None:
            self._act(action, named)

    def _action(self, name: str) -> Action | None:
        return next((each.action for each in self._keys.commands if each.name == name), None)

    # The registry's actions

    def invocation(
        self, action: str, hosts: Iterable[str], arguments: Mapping[str, Value], secret: Secret | None = None
    ) -> Invocation:
        """What this person asks for."""
        return Invocation(action, on_hosts(*hosts), arguments, self._person, secret)

    def _act(self, action: Action, argument: str) -> None:
        hosts: tuple[str, ...] = ()
        if action.needs_hosts:
            word, _, rest = argument.partition(" ")
            named = word if word.startswith("@") else ""
            argument = rest if named else argument
            if not (hosts := self.hosts_for(named, disabled_too=action.of_file)):
                return
        try:
            invocation = self.invocation(action.name, hosts, action.typed(argument))
        except ActionFailed as error:
            self._screen.tell(sentence(error.reason), wrong=True)
            return

        if action.starts_job and not self.jobs.has_room():
            return

        def act(agreed: Invocation) -> None:
            if action.starts_job:
                self.jobs.start(agreed)
                return
            where = agreed.text("set") if not hosts else hosts[0] if len(hosts) == 1 else f"{len(hosts)} hosts"
            self._screen.spawn(self.reported(agreed, f"{action.title}: {where}" if where else action.title))

        self.if_confirmed(invocation, action.title, action.title, act, action.help)

    def hosts_for(self, named: str, *, disabled_too: bool = False) -> tuple[str, ...]:
        """The hosts that a command is for: those of an expression, else those pointed at; none, which is told."""
        meant = self.meant(named)
        hosts = meant or () if disabled_too else self._watched(meant or ())
        if meant is not None and not hosts:
            what = "these hosts are disabled" if meant else "no host is marked or under the cursor"
            self._screen.tell(what, wrong=True)
        return hosts

    def if_confirmed(
        self,
        invocation: Invocation,
        title: str,
        yes: str,
        act: Callable[[Invocation], object],
        words: str = "",
        *,
        always: bool = False,
    ) -> None:
        """Act at once, or after a person has agreed to it where the policy wants that.

        `always`: a single key has asked for it, which is not enough to change something on a host.
        """
        admission = self._fleet.admit(invocation)  # before anybody is asked, for nothing perhaps
        asks = admission.confirm or (Agreement(len(invocation.targets), typed=False) if always else None)
        if admission.problem is not None:
            self._refuse(invocation, admission.problem.reason)
        elif asks is None:
            act(invocation)
        else:
            from .ask import ask_first, marked

            what = styled(words) if words else marked(invocation.text("command"), asks.spans)
            question = ask_first(title, what, invocation.hosts, asks, yes, final=not words)
            self.ask_about(invocation, question, lambda: act(replace(invocation, confirmed=asks.number)))

    def _refuse(self, invocation: Invocation, reason: Reason) -> None:
        self._fleet.decline(invocation, reason)
        self._screen.tell(sentence(reason), wrong=True)

    def ask_about(
        self, invocation: Invocation, question: HearsNothingAtFirst[bool], agreed: Callable[[], object]
    ) -> None:
        """As `_ask`; a no is put on record."""
        self._ask(question, agreed, lambda: self._fleet.decline(invocation))

    def _watched(self, hosts: tuple[str, ...]) -> tuple[str, ...]:
        """Those of the hosts that are not disabled."""
        off = {row.id for row in self._fleet.rows(hosts) if row.state is ConnectionState.DISABLED}
        return tuple(host for host in hosts if host not in off)

    def meant(self, expression: str) -> tuple[str, ...] | None:
        """As Targeting.named; None where that went wrong, which is told."""
        found = self._targeting.named(expression)
        if found.problem is not None:
            self._screen.tell(found.problem.sentence, wrong=True)
            return None
        return found.ids

    async def reported(self, invocation: Invocation, done: str) -> None:
        """Have it performed, and tell how it went: `done` where the action has no words of its own."""
        performed = await self._fleet.perform(invocation)
        problem = performed.problem
        if problem is not None:
            self._screen.tell(sentence(problem.reason), wrong=True)
        elif performed.note:
            self._screen.tell(safe(f"{performed.what}: {performed.note}"), wrong=True)
        else:
            self._screen.tell(safe(performed.what) or done)

    def _ask(
        self,
        question: HearsNothingAtFirst[bool],
        agreed: Callable[[], object],
        declined: Callable[[], object] = lambda: None,
    ) -> None:
        def answered(answer: bool | None) -> None:
            (agreed if answer else declined)()

        self._screen.app.push_screen(question, answered)
