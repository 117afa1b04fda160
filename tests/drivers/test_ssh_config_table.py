"""The table of docs/ssh.md and the code agree on every keyword of ssh_config(5): what is said to hold has an effect."""

from __future__ import annotations

import gzip
import re
import subprocess
from dataclasses import replace
from pathlib import Path

import pytest

from atp_tui.drivers.ssh.config import keywords
from atp_tui.drivers.ssh.config.honoured import BY_NAME, RULES, Standing, missed
from atp_tui.drivers.ssh.config.own import read_own
from atp_tui.drivers.ssh.config.programs import Programs
from atp_tui.drivers.ssh.config.said import ConfigBroken, Question
from atp_tui.drivers.ssh.endpoint import Endpoint, endpoint_of
from atp_tui.model.errors import ConnectFailed
from atp_tui.model.settings import SshSettings

DOCS = (Path(__file__).parents[2] / "docs" / "ssh.md").read_text()
ROW = re.compile(r"^\| `(\w+)` \| (yes|partly|no|no meaning here) \| ?(.*?) ?\|$", re.MULTILINE)

SAMPLES = {
    "AddressFamily": "inet6",
    "BatchMode": "yes",
    "CheckHostIP": "yes",
    "CASignatureAlgorithms": "ssh-ed25519",
    "ConnectTimeout": "7",
    "ConnectionAttempts": "7",
    "Compression": "yes",
    "ForwardX11Timeout": "7",
    "GlobalKnownHostsFile": "/g",
    "HashKnownHosts": "yes",
    "IdentitiesOnly": "yes",
    "KbdInteractiveAuthentication": "no",
    "KnownHostsCommand": "/bin/true",
    "NoHostAuthenticationForLocalhost": "yes",
    "NumberOfPasswordPrompts": "1",
    "PasswordAuthentication": "no",
    "Port": "7",
    "PubkeyAuthentication": "no",
    "ProxyUseFdpass": "no",
    "RekeyLimit": "1M",
    "RequiredRSASize": "4096",
    "ServerAliveCountMax": "7",
    "ServerAliveInterval": "7",
    "SetEnv": "A=b",
    "StrictHostKeyChecking": "accept-new",
    "TCPKeepAlive": "no",
}
"""A value for each keyword; of one that is not here any word will do."""

BLOCKS = {
    "Host": "Host nobody",
    "Match": "Match host nobody",
    "Include": "Include {part}",
    "IgnoreUnknown": "IgnoreUnknown frob*\nFrobnicate yes\nUser ann",
    "CanonicalDomains": "CanonicalDomains lan\nCanonicalizeHostname yes",
    "CanonicalizeFallbackLocal": "CanonicalizeFallbackLocal no\nCanonicalizeHostname yes",
    "CanonicalizeHostname": "CanonicalizeHostname yes\nMatch canonical\n User ann",
    "CanonicalizePermittedCNAMEs": "CanonicalizePermittedCNAMEs *:*\nCanonicalizeHostname yes",
    "CanonicalizeMaxDots": "CanonicalizeMaxDots 5\nHostName a.b.c\nCanonicalDomains l\nCanonicalizeHostname yes",
    "RefuseConnection": "RefuseConnection moved",
    "Tag": "Tag x\nMatch tagged x\n User ann",
}
"""Lines that show what a keyword does beyond its own value, before a User line."""


def meant(directory: Path, text: str) -> Endpoint | str:
    """What our own reading makes of a file, or why there is no way."""
    (directory / "part").write_text("User ann\n")
    (directory / "config").write_text(text.format(part=directory / "part"))
    question, programs = Question("box", config_file=directory / "config"), Programs()
    try:
        found = endpoint_of(question, read_own(question, Path("/nowhere"), programs), SshSettings())
    except (ConfigBroken, ConnectFailed) as error:
        return error.message
    return replace(found, unread=())


def test_the_table_of_the_docs_is_that_of_the_code() -> None:
    assert ROW.findall(DOCS) == [(rule.name, str(rule.standing), rule.why) for rule in RULES]
    assert all(rule.why for rule in RULES if rule.standing is not Standing.YES)


def test_the_table_has_every_keyword_that_is_read_and_those_of_the_manual() -> None:
    known = {*keywords._ONE_WORD, *keywords._MORE_WORDS, *keywords.COMMANDS}
    assert known == BY_NAME.keys()
    assert len(BY_NAME) == len(RULES) > 100
    page = subprocess.run(["man", "-w", "ssh_config"], capture_output=True, text=True, check=False).stdout.strip()
    if page:  # the manual of the ssh that is installed; its keywords are in the list above, too
        text = (gzip.decompress if page.endswith(".gz") else bytes)(Path(page).read_bytes()).decode()
        named = {name.lower() for name in re.findall(r"^\.It Cm (\w+)$", text, re.MULTILINE)}
        assert len(named) > 80
        assert named <= BY_NAME.keys()


@pytest.mark.parametrize("name", [rule.name for rule in RULES])
def test_what_is_said_to_hold_changes_something_and_nothing_else_does(name: str, tmp_path: Path) -> None:
    line = BLOCKS.get(name) or f"{name} {SAMPLES.get(name, 'x1')}"
    after = "" if name == "User" else "\nUser eve"
    changed = meant(tmp_path, line + after) != meant(tmp_path, after)
    assert changed == (BY_NAME[name.lower()].standing in (Standing.YES, Standing.PARTLY))


def test_what_is_done_as_the_value_has_it_is_not_told() -> None:
    said = {
        "forwardagent": ("no",), "connecttimeout": ("5",), "user": ("ann",), "requesttty": ("force",),
        "preferredauthentications": ("publickey,password",), "stricthostkeychecking": ("false",), "frob": ("x",),
    }  # fmt: skip
    assert [(rule.name, value) for rule, value in missed(said)] == [
        ("ConnectTimeout", "5"),
        ("RequestTTY", "force"),
        ("StrictHostKeyChecking", "false"),
    ]
