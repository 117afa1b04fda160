"""The commands that hosts.toml names, `[commands.NAME]`: plain data, and the line that one comes to."""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterable, Mapping

from .data_class import dataclass
from .errors import ConfigError
from .near import nearest
from .placeholders import parsed

_NAME = re.compile(r"[A-Za-z_][\w-]*", re.ASCII)
_ANY = 1000
"""Signs of a parameter's value that are looked at where the danger of a command is recognised."""


Option = str | int | float | bool
"""The value of an option of a job."""


@dataclass(frozen=True, slots=True)
class Parameter:
    """`default` None: a value has to be given. `choices`: it is one of these; none: any."""

    name: str
    description: str = ""
    default: str | None = None
    choices: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class NamedCommand:
    """`run` has `{NAME}` for each parameter beside the placeholders of each host. `timeout` is in seconds for each.

    `danger`: a person is asked before it runs, whoever types its line. `waves` are the options of its waves by their
    names in `run`; `gate_run` among them has the same placeholders as the line. `sudo` is the user that it runs as.
    """

    name: str
    run: str
    description: str = ""
    parameters: tuple[Parameter, ...] = ()
    timeout: float | None = None
    danger: bool = False
    waves: tuple[tuple[str, Option], ...] = ()
    sudo: str = ""

    def line(self, given: Mapping[str, str]) -> str:
        """The command line with these values, each quoted as one word; placeholders of hosts stay.

        Raises ConfigError for a value that is missing, not among the choices, not known, or cannot stand there.
        """
        return self._bound(self.run, given)

    def options(self, given: Mapping[str, str]) -> dict[str, Option]:
        """The options of its job, by their names in `run`. Raises ConfigError as `line` does."""
        found = dict(self.waves)
        if "gate_run" in found:
            found["gate_run"] = self._bound(str(found["gate_run"]), given)
        found |= {"sudo": self.sudo} if self.sudo else {}
        return found if self.timeout is None else {"timeout": self.timeout, **found}

    def typed(self, text: str) -> dict[str, str]:
        """The values of `key=value` words as a shell takes them apart. Raises ConfigError for a word that is none."""
        try:
            words = shlex.split(text)
        except ValueError as error:
            raise ConfigError(f"{self.name}: a quote has no end") from error
        return pairs(self.name, words)

    @property
    def pattern(self) -> str:
        """A regular expression that finds its line, whatever the values; any line, where it has nothing of its own.

        Each part of the line is taken where it comes first, and no other place is tried: a long text takes a time that
        grows with its length alone.
        """
        parts = parsed(self.run, more=frozenset(each.name for each in self.parameters), strict=True).parts
        found, reach = "", 0
        for part in parts:
            if not isinstance(part, str):
                reach += bool(found) * _ANY
            elif found and reach:
                # what comes first may stand before its own place: `reach` is that of all values so far
                found += rf"(?>[\s\S]{{0,{reach}}}?{re.escape(part)})"
            else:
                found += re.escape(part)
        return found or r"[\s\S]+"

    def _bound(self, text: str, given: Mapping[str, str]) -> str:
        known = {parameter.name: parameter for parameter in self.parameters}
        for name in given:
            if name not in known:
                near = nearest(name, known, 1)
                hint = f"did you mean {near[0]}=?" if near else f"it has {', '.join(known) or 'none'}"
                raise ConfigError(f"{self.name} has no parameter {name[:60]!r}; {hint}")
        values = {name: self._value(parameter, given.get(name)) for name, parameter in known.items()}
        return parsed(text, more=frozenset(known), strict=True).bound(values)

    def _value(self, parameter: Parameter, given: str | None) -> str:
        value = parameter.default if given is None else given
        if value is None:
            choices = f", one of {', '.join(parameter.choices)}" if parameter.choices else ""
            raise ConfigError(f"{self.name} needs {parameter.name}=VALUE{choices}")
        if parameter.choices and value not in parameter.choices:
            raise ConfigError(f"{parameter.name} of {self.name} is one of {', '.join(parameter.choices)}")
        return value


def pairs(command: str, words: Iterable[str]) -> dict[str, str]:
    """The values of `key=value` words. Raises ConfigError for a word that is none; its value may be a secret."""
    found = {}
    for word in words:
        name, equals, value = word.partition("=")
        if not equals or not _NAME.fullmatch(name):
            raise ConfigError(f"behind {command} stand its parameters, each as NAME=VALUE")
        found[name] = value
    return found


def find(commands: Iterable[NamedCommand], name: str) -> NamedCommand:
    """The command of that name. Raises ConfigError where there is none."""
    known = {command.name: command for command in commands}
    if name not in known:
        near = nearest(name, known, 1)
        there = f"there are {', '.join(known)}" if known else "hosts.toml has no [commands.NAME]"
        raise ConfigError(f"no command {name[:60]!r}: {f'did you mean {near[0]}?' if near else there}")
    return known[name]
