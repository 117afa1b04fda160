"""The keywords of ssh_config(5) up to OpenSSH 10, and the checks that OpenSSH makes of the values used here."""

from __future__ import annotations

import re
import socket
from collections.abc import Mapping, Sequence

from ....config.ssh_lines import Line
from .. import wildcards


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


_ONE_WORD = _words(
    """
    addkeystoagent addressfamily batchmode bindaddress bindinterface canonicalizefallbacklocal
    canonicalizehostname canonicalizemaxdots casignaturealgorithms certificatefile checkhostip ciphers
    clearallforwardings compression connectionattempts connecttimeout controlmaster controlpath controlpersist
    enableescapecommandline enablesshkeysign escapechar exitonforwardfailure fingerprinthash
    forkafterauthentication forwardagent forwardx11 forwardx11timeout forwardx11trusted gatewayports
    gssapiauthentication gssapiclientidentity gssapidelegatecredentials gssapikexalgorithms gssapikeyexchange
    gssapirenewalforcesrekey gssapiserveridentity gssapitrustdns hashknownhosts hostbasedacceptedalgorithms
    hostbasedauthentication hostkeyalgorithms hostkeyalias hostname identitiesonly identityagent identityfile
    ignoreunknown kbdinteractiveauthentication kbdinteractivedevices kexalgorithms loglevel macs
    nohostauthenticationforlocalhost numberofpasswordprompts obscurekeystroketiming passwordauthentication
    permitlocalcommand pkcs11provider port preferredauthentications proxyjump proxyusefdpass
    pubkeyacceptedalgorithms pubkeyauthentication refuseconnection requesttty requiredrsasize revokedhostkeys
    securitykeyprovider serveralivecountmax serveraliveinterval sessiontype stdinnull streamlocalbindmask
    streamlocalbindunlink stricthostkeychecking syslogfacility tag tcpkeepalive tunnel tunneldevice
    updatehostkeys user verifyhostkeydns versionaddendum visualhostkey warnweakcrypto xauthlocation
    """
)
_MORE_WORDS = _words(
    """
    canonicaldomains canonicalizepermittedcnames channeltimeout dynamicforward globalknownhostsfile host include
    ipqos localforward logverbose match permitremoteopen rekeylimit remoteforward sendenv setenv
    userknownhostsfile
    """
)
COMMANDS = frozenset({"proxycommand", "localcommand", "remotecommand", "knownhostscommand"})
"""Keywords whose value is all of the line: quotes and `#` belong to the shell."""

_OTHER_NAMES = {
    "challengeresponseauthentication": "kbdinteractiveauthentication",
    "skeyauthentication": "kbdinteractiveauthentication",
    "tisauthentication": "kbdinteractiveauthentication",
    "dsaauthentication": "pubkeyauthentication",
    "keepalive": "tcpkeepalive",
    "pubkeyacceptedkeytypes": "pubkeyacceptedalgorithms",
    "hostbasedkeytypes": "hostbasedacceptedalgorithms",
    "smartcarddevice": "pkcs11provider",
    "identityfile2": "identityfile",
}
_GONE = _words(
    """
    afstokenpassing cipher compressionlevel fallbacktorsh globalknownhostsfile2 kerberosauthentication
    kerberostgtpassing protocol rhostsauthentication rhostsrsaauthentication rsaauthentication useprivilegedport
    useroaming usersh useblacklistedkeys userknownhostsfile2
    """
)
"""Passed over, as OpenSSH passes over what it once had."""

_ON_OFF = ("yes", "true", "no", "false")
_SWITCHES = _words(
    """
    batchmode checkhostip hashknownhosts identitiesonly kbdinteractiveauthentication
    nohostauthenticationforlocalhost passwordauthentication proxyusefdpass tcpkeepalive
    """
)
_CHOICES: Mapping[str, tuple[str, ...]] = {
    **dict.fromkeys(_SWITCHES, _ON_OFF),
    "addressfamily": ("any", "inet", "inet6"),
    "compression": ("yes", "no"),
    "pubkeyauthentication": (*_ON_OFF, "unbound", "host-bound"),
    "stricthostkeychecking": (*_ON_OFF, "ask", "off", "accept-new"),
}
_SAME_CHOICE = {"true": "yes", "false": "no", "off": "no"}

_SIZE = re.compile(r"(\d+)(?:\.(\d+))?([bkmgtpe]?)", re.IGNORECASE)
_LEAST_SIZE = 16
_TIME = re.compile(r"(?:\d+[smhdwSMHDW]?)+")
_SPAN = re.compile(r"(\d+)([smhdw]?)", re.IGNORECASE)
_SECONDS = {"": 1, "s": 1, "m": 60, "h": 3600, "d": 86400, "w": 604800}
_HOP = re.compile(r"(?P<uri>ssh://)?(?:.+@)?(?:\[[^\]]+\]|[^\[\]:@/]+)(?::(?P<port>[^:/]*))?(?(uri)/?)")
"""One jump host. Tokens are no part of its port: OpenSSH replaces them later."""

_TIMES = frozenset({"connecttimeout", "forwardx11timeout", "serveraliveinterval"})
_NUMBERS = frozenset({"connectionattempts", "numberofpasswordprompts", "requiredrsasize", "serveralivecountmax"})


def known_name(keyword: str) -> str | None:
    """The name that counts for a keyword in lower case; empty for one that is passed over, None for an unknown one."""
    name = _OTHER_NAMES.get(keyword, keyword)
    if name in _GONE:
        return ""
    return name if name in _ONE_WORD or name in _MORE_WORDS or name in COMMANDS else None


def values_of(name: str, line: Line) -> tuple[str, ...]:
    """The checked arguments of a line. Raises ValueError with what is wrong, in OpenSSH's words where it has any."""
    words = line.words()  # of a command too: OpenSSH wants its quotes in pairs
    if name in COMMANDS:
        if not line.rest:
            raise ValueError(f'no argument after keyword "{line.keyword}"')
        return (line.rest.lstrip(" \t="),)
    if not words:
        raise ValueError(f'no argument after keyword "{line.keyword}"')
    if name in _ONE_WORD and len(words) > 1:
        raise ValueError(f"keyword {line.keyword} extra arguments at end of line")
    if not words[0]:
        raise ValueError("missing argument")
    if name == "setenv" and not all("=" in word for word in words):
        raise ValueError("Invalid SetEnv.")
    if name == "rekeylimit":
        return (_rekey_limit(words),)
    return (_one(name, words[0]), *words[1:])


def _one(name: str, value: str) -> str:
    """A checked value as `ssh -G` prints it."""
    small = value.lower()
    if name in _CHOICES:
        if small not in _CHOICES[name]:
            raise ValueError(f'unsupported option "{value}": write {", ".join(_CHOICES[name])}')
        return _SAME_CHOICE.get(small, small)
    if name in _TIMES and small != "none":
        return str(_seconds(value))
    if name in _NUMBERS and not value.isdecimal():
        raise ValueError(f"invalid number {value!r}")
    if name == "proxyjump" and small != "none":
        if not all(map(_is_hop, value.split(","))):
            raise ValueError(f'Invalid ProxyJump "{value}"')
        before, comma, last = value.rpartition(",")
        return f"{before}{comma}{_hop_as_printed(last)}"
    if name == "hostkeyalias":
        return wildcards.small(value)
    return str(_port(value)) if name == "port" else value


def _seconds(text: str) -> int:
    if not _TIME.fullmatch(text):
        raise ValueError(f"invalid time value {text!r}")
    return sum(int(number) * _SECONDS[unit.lower()] for number, unit in _SPAN.findall(text))


def _rekey_limit(words: Sequence[str]) -> str:
    """Bytes and seconds, 0 for no limit."""
    size = _SIZE.fullmatch(words[0])
    if size is None and words[0] != "default":
        raise ValueError(f"Bad number {words[0]!r}")
    count = 0 if size is None else _bytes(*size.groups())
    if 0 < count < _LEAST_SIZE:
        raise ValueError("RekeyLimit too small")
    if len(words) > 2:
        raise ValueError("keyword rekeylimit extra arguments at end of line")
    return f"{count} {_seconds(words[1]) if len(words) > 1 and words[1] != 'none' else 0}"


def _bytes(whole: str, part: str | None, unit: str) -> int:
    shift = 10 * "bkmgtpe".index(unit.lower() or "b")
    return (int(whole) << shift) + (int(part) << shift) // 10 ** len(part) if part else int(whole) << shift


def _is_hop(text: str) -> bool:
    match = _HOP.fullmatch(text)
    if match is None:
        return False
    try:
        return not match["port"] or bool(_port(match["port"]))
    except ValueError:
        return False


def _hop_as_printed(text: str) -> str:
    """The hop that ssh itself connects: it prints that one anew, and those before it as they stand."""
    user, at, where = text.removeprefix("ssh://").rstrip("/").rpartition("@")
    host, colon, port = where.rpartition(":")
    if not colon or "]" in port:
        host, port = where, ""
    if port:
        return f"{user}{at}{host}:{_port(port)}"
    return user + at + re.sub(r"^\[([^:\]]*)\]$", r"\1", host)


def _port(text: str) -> int:
    try:
        port = int(text) if text.isdecimal() else socket.getservbyname(text, "tcp")
    except OSError:
        port = 0
    if not 0 < port < 65536:
        raise ValueError(f"Bad port '{text}'")
    return port
