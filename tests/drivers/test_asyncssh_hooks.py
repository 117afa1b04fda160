"""docs/asyncssh-hooks.md, the code and the installed asyncssh: what is used is there, in the shape relied on."""

from __future__ import annotations

import ast
import asyncio
import importlib
import inspect
import re
import tomllib
from importlib.metadata import version
from pathlib import Path
from typing import Any

import asyncssh
import pytest
from asyncssh.channel import SSHChannel
from asyncssh.connection import SSHConnection

from atp_tui.drivers.ssh.key_blobs import certificate_in
from atp_tui.drivers.ssh.sessions import CommandSession
from atp_tui.model.outcome import Command

from ..daemons.sshd import PrivateSshd
from .ssh_links import HANG, linked, new_key
from .test_ssh_certificates import keygen

ROOT = Path(__file__).parents[2]
CODE = ROOT / "atp_tui" / "drivers" / "ssh"
PAGE = (ROOT / "docs" / "asyncssh-hooks.md").read_text()
HOOKS = re.findall(r"^\| `(.+?)` \|", PAGE, re.MULTILINE)
METHOD = re.compile(r"(async )?(\w+)\.(\w+)\((.*)\)")
ATTRIBUTE = re.compile(r"(\w+)\.(\w+): (\w+)")

OURS = {("known_hosts.py", "before")}
"""Names of files and of variables in them that hold another object of the same class of ours."""

_PRIVATE = re.compile(r"_[a-zA-Z][a-z0-9]\w*")
_REPLACED = re.compile(r"\.(\w+) = .*# type: ignore\[[a-z,-]*assign[a-z,-]*\]")


def used_in(path: Path) -> set[str]:
    """The private names that a module uses of other objects than its own, and the methods that it replaces."""
    text = path.read_text()
    found = set(_REPLACED.findall(text))
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.Attribute):
            of = node.value.id if isinstance(node.value, ast.Name) else ""
            if _PRIVATE.fullmatch(node.attr) and of not in ("self", "cls") and (path.name, of) not in OURS:
                found.add(node.attr)
        elif isinstance(node, ast.Constant) and isinstance(node.value, str) and _PRIVATE.fullmatch(node.value):
            found.add(node.value)
    return found


def named(hook: str) -> tuple[str, str]:
    """The class or module of a hook, and its name there."""
    if match := METHOD.fullmatch(hook):
        return match[2], match[3]
    match = ATTRIBUTE.fullmatch(hook)
    assert match is not None, hook
    return match[1], match[2]


def holder(name: str) -> Any:
    """The class or module of that name."""
    names = ("public_key", "kex_dh", "crypto.dh", "compression", "encryption", "connection", "logging", "packet")
    for module in ("", *(f".{each}" for each in names)):
        if module.endswith(f".{name}"):
            return importlib.import_module(f"asyncssh{module}")
        if found := getattr(importlib.import_module(f"asyncssh{module}"), name, None):
            return found
    raise AssertionError(f"asyncssh has no {name}")


def shape(method: Any) -> str:
    """The names of its parameters: `data, datatype=…, *rest`."""
    stars: dict[object, str] = {inspect.Parameter.VAR_POSITIONAL: "*", inspect.Parameter.VAR_KEYWORD: "**"}
    return ", ".join(
        stars.get(each.kind, "") + each.name + ("" if each.default is each.empty else "=…")
        for each in inspect.signature(method).parameters.values()
        if each.name != "self"
    )


def test_the_page_has_what_the_code_uses_and_nothing_else() -> None:
    used = {name: path.name for path in CODE.rglob("*.py") for name in used_in(path)}
    on_page = {name for hook in HOOKS for name in named(hook)[1:]}
    classes = {named(hook)[0] for hook in HOOKS}
    assert {name: file for name, file in used.items() if name not in on_page | classes} == {}
    text = "\n".join(path.read_text() for path in CODE.rglob("*.py"))
    assert [name for name in on_page if not re.search(rf"\b{name}\b", text)] == []


@pytest.mark.parametrize("hook", [hook for hook in HOOKS if METHOD.fullmatch(hook)])
def test_a_method_takes_what_it_is_given(hook: str) -> None:
    match = METHOD.fullmatch(hook)
    assert match is not None
    method = getattr(holder(match[2]), match[3])
    assert shape(method) == match[4]
    assert inspect.iscoroutinefunction(method) is bool(match[1])


@pytest.mark.daemons
async def test_an_attribute_is_there_with_its_type(sshd: PrivateSshd, tmp_path: Path) -> None:
    """On a connection, on the channel of a command that runs, and on a host's certificate."""
    key = new_key(tmp_path / "key")
    new_key(tmp_path / "ca")
    keygen("-s", tmp_path / "ca", "-I", "id", "-h", "-V", "+1d", f"{key}.pub")
    certificate = certificate_in(asyncssh.read_certificate(tmp_path / "key-cert.pub").public_data)
    wrong: list[str] = []

    def look(*_: object) -> None:
        connection: Any = link._connection
        channels = connection._channels.values()
        objects = {
            "SSHClientConnection": connection,
            "SSHClientChannel": next(each for each in channels if isinstance(each._session, CommandSession)),
            "SSHOpenSSHCertificate": certificate,
            "SSHKey": asyncssh.read_public_key(f"{key}.pub"),
        }
        for hook in HOOKS:
            if match := ATTRIBUTE.fullmatch(hook):
                of = objects.get(match[1]) or holder(match[1])
                if match[3] not in [kind.__name__ for kind in type(getattr(of, match[2], None)).__mro__]:
                    wrong.append(f"{hook} is {getattr(of, match[2], None)!r}")
        handlers = [*SSHConnection._packet_handlers.values(), *SSHChannel._packet_handlers.values()]
        wrong.extend(f"{handler} {shape(handler)}" for handler in handlers if shape(handler).count(",") != 2)
        looked.set()

    looked = asyncio.Event()
    async with linked(sshd) as link, asyncio.timeout(HANG):
        await link.run(Command("echo here"), look, HANG)
    assert looked.is_set() and wrong == []


def test_no_version_is_admitted_that_nobody_has_looked_at() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    (wanted,) = [line for line in project["dependencies"] if line.startswith("asyncssh")]
    (looked_at,) = re.findall(r"as of asyncssh (\d+\.\d+)", PAGE)
    assert wanted == f"asyncssh=={looked_at}.*"
    assert version("asyncssh").startswith(f"{looked_at}.")


def test_each_test_that_the_page_names_is_there() -> None:
    files = set(re.findall(r"`(test_\w+\.py)`", PAGE))
    assert [name for name in files if not (Path(__file__).parent / name).exists()] == []
