"""Connection URIs of libvirt, taken apart and checked: https://libvirt.org/uri.html."""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import lru_cache
from ipaddress import IPv6Address
from urllib.parse import SplitResult, unquote, urlsplit

from . import uri_drivers, uri_parameters
from .checks import fits_host, fits_user
from .data_class import dataclass
from .errors import ConfigError
from .frozen import FrozenDict
from .quoting import HIDDEN, redacted
from .uri_drivers import EXAMPLE, SIMULATED

TRANSPORTS = ("ssh", "tcp", "tls", "unix")
"""Those of libvirt's remote transports that the program opens itself."""

_SCHEME = re.compile(r"(?P<driver>[a-z][a-z0-9]*)(?:\+(?P<transport>[a-z0-9]+))?")
_PASSWORD = re.compile(r"(?<=://)([^/@:?#\[]*):(?!\d+(?:[/?#]|$))[^@]*(?=@)")
_BLANK_OR_CONTROL = re.compile(r"[\0- \x7f]")
_CONTROL = re.compile(r"[\0-\x1f\x7f]")
_NOT_IN_HOSTS = frozenset("[]@:/?#, \\")
_ESCAPE = re.compile(r"%(?![0-9A-Fa-f]{2})")


@dataclass(frozen=True, slots=True)
class ConnectionUri:
    """A libvirt connection URI in parts: driver[+transport]://[user@][host][:port]/path[?query].

    `host` is without the brackets of IPv6. `transport` is None for a connection inside the machine. The names in
    `query` are in small letters, as libvirt takes them in any.
    """

    driver: str
    transport: str | None
    user: str | None
    host: str | None
    port: int | None
    path: str
    query: Mapping[str, str]
    text: str

    def __str__(self) -> str:
        return self.text

    @property
    def remarks(self) -> tuple[uri_parameters.Remark, ...]:
        """What its parameters say that has no effect here, or weakens a check: for a warning to a person."""
        if self.driver == SIMULATED:
            return ()  # its driver refuses what it does not know
        return uri_parameters.remarks(self.query, self.driver, self.transport)


@lru_cache(maxsize=256)  # the same few are asked for again and again; a failure is not kept
def parse_uri(text: str) -> ConnectionUri:
    """Check a connection URI and take it apart.

    Raises ConfigError (key "uri") for: no scheme, a scheme that no driver has or that libvirt serves by a protocol of
    the driver's own, a transport the program does not open, a password anywhere, a bad port or address, an empty host
    where the transport needs one, a path that the driver does not have, a parameter twice or with a value of no use,
    control characters or white space. No message shows what could be a password.
    """
    return _Reading(text).uri()


class _Reading:
    """One URI being read."""

    def __init__(self, text: str) -> None:
        self._text = text

    def uri(self) -> ConnectionUri:
        text = self._text
        if _PASSWORD.search(text):
            raise self._password()
        if not text or _BLANK_OR_CONTROL.search(text):
            raise self._wrong("white space or a control character" if text else "nothing", EXAMPLE)
        if "#" in text:
            raise self._wrong("a #", "a URI has no part behind a #: write %23 where one is meant")
        parts = self._split()
        driver, transport = self._scheme(parts)
        user, host = self._user(parts.netloc), self._host(parts.netloc)
        port = self._port(parts)
        if (host and not fits_host(host)) or (user and not fits_user(user)):
            hint = "ssh refuses such names too: write the host's and the user's own"
            raise self._wrong("a name that a shell would act on", hint)
        if transport in ("ssh", "tcp", "tls") and not host:
            raise self._wrong(f"no host for +{transport}", EXAMPLE)
        if transport == "unix" and host:
            raise self._wrong("a host for +unix", "write driver+unix:///path?socket=/run/…")
        if (user is not None or port is not None) and not host:
            raise self._wrong("a user or a port without a host", EXAMPLE)
        if transport is None and host and driver != SIMULATED:
            transport = "tls"  # libvirt's own default for a URI with a host and no transport
        path = self._path(driver, transport, host, parts.path)
        query = FrozenDict(self._query(driver, parts.query))
        return ConnectionUri(driver, transport, user, host, port, path, query, text)

    def _wrong(self, what: str, hint: str, shown: str | None = None) -> ConfigError:
        text = redacted(self._text) if shown is None else shown
        return ConfigError(f"{what} in {text!r}", key="uri", hint=hint)

    def _password(self) -> ConfigError:
        text, sign, query = self._text.partition("?")  # a parameter without a = may be the password
        if "@" in query:  # the ? may be the password's own, with all that stands between it and the user
            shown = redacted(f"{text.partition('@')[0]}@") + HIDDEN
        else:
            shown = redacted(text) + (sign and f"?{HIDDEN}")
        return self._wrong("a password", "never write one there: it ends up in process lists and logs", shown)

    def _split(self) -> SplitResult:
        try:
            return urlsplit(self._text)
        except ValueError:  # its words may quote a password
            hint = "write [2001:db8::1]:16509 for an IPv6 address with a port, and a name in plain letters"
            raise self._wrong("an address that cannot be read (Invalid IPv6 or odd letters)", hint) from None

    def _scheme(self, parts: SplitResult) -> tuple[str, str | None]:
        scheme = _SCHEME.fullmatch(parts.scheme)
        if scheme is None or "://" not in self._text:
            raise self._wrong("no driver://", EXAMPLE)
        driver, transport = scheme["driver"], scheme["transport"]
        if (trouble := uri_drivers.trouble(driver)) is not None:
            raise self._wrong(*trouble)
        if transport is not None and (transport not in TRANSPORTS or driver == SIMULATED):
            words = "the transports are " + ", ".join(TRANSPORTS)
            if transport.startswith("libssh"):
                words = "write +ssh: it takes keyfile=, known_hosts= and sshauth= here"
            raise self._wrong(f"the transport {transport!r}", "sim:// has none" if driver == SIMULATED else words)
        return driver, transport

    def _port(self, parts: SplitResult) -> int | None:
        hint = "write a number from 1 to 65535 behind the colon"
        try:
            port = parts.port
        except ValueError:  # its words quote what stands there
            raise self._wrong("a port that is none (Port out of range, or no number),", hint) from None
        if port == 0:
            raise self._wrong("the port 0", hint)
        return port

    def _user(self, netloc: str) -> str | None:
        written, at, _ = netloc.rpartition("@")
        user = self._unescaped(written)
        if ":" in user:
            raise self._password()
        if "@" in written:
            raise self._wrong("a second @", "write %40 for an @ in a user's name")
        self._check_word(user, "user")
        if at and not user:
            raise self._wrong("no user before the @", EXAMPLE)
        return user or None

    def _host(self, netloc: str) -> str | None:
        """The host in the case it was written in, which urlsplit().hostname loses: ssh_config's patterns mind it."""
        address = netloc.rpartition("@")[2]
        if not address.startswith("["):
            host = self._unescaped(address.partition(":")[0])
            self._check_word(host, "host")
            if not _NOT_IN_HOSTS.isdisjoint(host):
                raise self._wrong("a host name with signs that none has", EXAMPLE)
            return host or None
        inner, _, rest = address[1:].partition("]")
        host = self._unescaped(inner) if "%25" in inner else inner  # an interface's name needs no %25 with libvirt
        try:
            IPv6Address(host)
            bad = bool(rest) and not rest.startswith(":")
        except ValueError:
            bad = True
        if bad:
            raise self._wrong("an IPv6 address that is none (Invalid IPv6)", "write [2001:db8::1] or [fe80::1%25eth0]")
        return host

    def _check_word(self, part: str, name: str) -> None:
        if part.startswith("-") or not part.isprintable():
            raise self._wrong(f"a {name} that is no {name} ({redacted(part)!r})", EXAMPLE)

    def _path(self, driver: str, transport: str | None, host: str | None, written: str) -> str:
        path = self._unescaped(written)
        if driver != SIMULATED and uri_parameters.is_secret("", path):
            raise self._password()
        if "@" in path and driver not in (SIMULATED, "test"):  # the end of user:1234/word@host: test alone opens files
            raise self._password()
        self._check_value(path, "the path")
        paths = uri_drivers.PATHS.get(driver)
        if (paths and path not in paths) or (driver == "test" and not path.strip("/")):
            ways = paths or ("/default",)
            scheme = self._text.partition("://")[0].lower()
            place = f"[{host}]" if host and ":" in host else host or ""
            hint = "write " + " or ".join(f"{scheme}://{place}{way}" for way in ways)
            raise self._wrong("no path" if not path.strip("/") else f"a path that {driver} does not have", hint)
        return written or "/"

    def _query(self, driver: str, written: str) -> dict[str, str]:
        """As libvirt splits it: `&` between parameters, no `+` for a blank, capitals for small letters."""
        if ";" in written and driver != SIMULATED:
            raise self._wrong("a ; between parameters", "write & there, and %3B where a ; is meant")
        query: dict[str, str] = {}
        for part in filter(None, written.split("&")):
            raw, _, value = part.partition("=")
            name = self._unescaped(raw).lower()
            value = self._unescaped(value)
            # the end of user:pass?word@host, which may have a = as well
            is_end = "@" in name or ("@" in value and name not in uri_parameters.KNOWN)
            if driver != SIMULATED and (is_end or uri_parameters.is_secret(name, value)):
                raise self._password()
            if not name or not name.isprintable():
                raise self._wrong("a parameter without a name that can be read", "write ?name=value&name=value")
            if name in query:
                raise self._wrong(f"{name}= twice", "write it once: which of them counts, programs do not agree")
            self._check_value(value, f"{name}=")
            query[name] = value
        try:
            if driver != SIMULATED:
                uri_parameters.check(query)
        except ConfigError as error:
            raise self._wrong(error.message, error.hint or EXAMPLE) from error
        return query

    def _check_value(self, value: str, name: str) -> None:
        if _CONTROL.search(value):
            raise self._wrong(f"a control character in {name},", EXAMPLE)

    def _unescaped(self, written: str) -> str:
        if _ESCAPE.search(written):
            raise self._wrong("a % without two hexadecimal digits", "write %25 for the sign itself")
        try:
            return unquote(written, errors="strict")
        except UnicodeDecodeError:
            raise self._wrong("an escape (%…) that is no UTF-8", "write the name in UTF-8") from None


def default_uri(host: str) -> str:
    """`qemu+ssh://{host}/system`, with brackets around an IPv6 address and its zone's `%` escaped."""
    return f"qemu+ssh://[{host.replace('%', '%25')}]/system" if ":" in host else f"qemu+ssh://{host}/system"
