"""The keywords of ssh_config(5) up to OpenSSH 10, and the checks that OpenSSH makes of the values used here."""

from __future__ import annotations

import re
import socket

from ....config.ssh_lines import Line


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

_SWITCHES = _words(
    """
    checkhostip hashknownhosts identitiesonly kbdinteractiveauthentication nohostauthenticationforlocalhost
    passwordauthentication proxyusefdpass tcpkeepalive
    """
)
_ON_OFF = ("yes", "true", "no", "false")
_TIME = re.compile(r"(?:\d+[smhdwSMHDW]?)+")
_HOP = re.compile(r"(?P<uri>ssh://)?(?:.+@)?(?:\[[^\]]+\]|[^\[\]:@/]+)(?::(?P<port>[^:/]*))?(?(uri)/?)")
"""One jump host. Tokens are no part of its port: OpenSSH replaces them later."""

_TIMES = frozenset({"connecttimeout", "serveraliveinterval"})


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
    _check(name, words[0])
    if name == "port":
        return (str(_port(words[0])),)
    if name == "setenv" and not all(word.find("=") > 0 for word in words):
        raise ValueError("Invalid SetEnv.")
    return tuple(words)


def _check(name: str, value: str) -> None:
    if name in _SWITCHES and value.lower() not in _ON_OFF:
        raise ValueError(f'unsupported option "{value}": write yes or no')
    if name == "compression" and value.lower() not in ("yes", "no"):
        raise ValueError(f'unsupported option "{value}": write yes or no')
    if name in _TIMES and value.lower() != "none" and not _TIME.fullmatch(value):
        raise ValueError(f"invalid time value {value!r}")
    if name == "addressfamily" and value.lower() not in ("any", "inet", "inet6"):
        raise ValueError(f'unsupported option "{value}": write any, inet or inet6')
    if name == "requiredrsasize" and not value.isdecimal():
        raise ValueError(f"invalid number {value!r}")
    if name == "proxyjump" and value.lower() != "none" and not all(map(_is_hop, value.split(","))):
        raise ValueError(f'Invalid ProxyJump "{value}"')
    if name == "pubkeyauthentication" and value.lower() not in (*_ON_OFF, "unbound", "host-bound"):
        raise ValueError(f'unsupported option "{value}"')


def _is_hop(text: str) -> bool:
    match = _HOP.fullmatch(text)
    if match is None:
        return False
    try:
        return not match["port"] or bool(_port(match["port"]))
    except ValueError:
        return False


def _port(text: str) -> int:
    try:
        port = int(text) if text.isdecimal() else socket.getservbyname(text, "tcp")
    except OSError:
        port = 0
    if not 0 < port < 65536:
        raise ValueError(f"Bad port '{text}'")
    return port
