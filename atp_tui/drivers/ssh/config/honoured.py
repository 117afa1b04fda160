"""What becomes of each keyword of ssh_config(5) here. docs/ssh.md has the same table, and `atp-tui info HOST` says what
of a host's own lines is not done as ssh does it."""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum

from ....model.data_class import dataclass
from .said import Values


class Standing(StrEnum):
    """How far a keyword holds."""

    YES = "yes"
    PARTLY = "partly"
    NO = "no"
    NO_MEANING = "no meaning here"


@dataclass(frozen=True, slots=True)
class Rule:
    """`name` is spelt as in ssh_config(5). `why` says how it holds, how far, or why it does not; for a person.

    With nothing but values of `alike` (in small letters, commas between them) nothing is missing: that is done here.
    """

    name: str
    standing: Standing
    why: str = ""
    alike: tuple[str, ...] = ()

    def misses(self, value: str) -> bool:
        """Whether something is not done as ssh would do it for this value."""
        return self.standing is not Standing.YES and not set(value.lower().split(",")) <= set(self.alike)


def missed(values: Values) -> tuple[tuple[Rule, str], ...]:
    """Of what is said of a host, the values that do not hold as ssh has them, each with its rule."""
    found = ((BY_NAME.get(keyword), " ".join(words)) for keyword, words in values.items())
    return tuple((rule, value) for rule, value in found if rule is not None and rule.misses(value))


_OFF = ("no", "false", "none", "off")
_ON = ("yes", "true")

_ALGORITHMS = "names that asyncssh does not know are left out; without the line its defaults are offered, but for SHA-1"
_FORWARD = "nothing is forwarded by itself on a connection that commands, files and libvirt share"
_GSSAPI = "no login by GSSAPI"
_HOST_BASED = "no host-based login: it needs ssh-keysign"
_SHARING = "each host has one connection here anyway, which commands, files and libvirt share"
_ALIVE = "keepalive_interval and keepalive_count of hosts.toml (5 s, 3 times) hold for each host"
_SESSION = "what is run is what this program was asked for, without a terminal unless that asks for one"
_SCREEN = "about what ssh itself shows"
_X11 = "no X11 is forwarded"
_ONE_KEY = "a host's keys are judged by its name alone"

RULES: tuple[Rule, ...] = (
    Rule("Host", Standing.YES),
    Rule("Match", Standing.YES),
    Rule(
        "AddKeysToAgent",
        Standing.NO,
        "what a passphrase has unlocked is kept in memory here, until :forget or forget_after",
        _OFF,
    ),
    Rule("AddressFamily", Standing.YES),
    Rule("BatchMode", Standing.YES),
    Rule("BindAddress", Standing.YES),
    Rule("BindInterface", Standing.YES),
    Rule("CanonicalDomains", Standing.YES),
    Rule("CanonicalizeFallbackLocal", Standing.YES),
    Rule("CanonicalizeHostname", Standing.YES),
    Rule("CanonicalizeMaxDots", Standing.YES),
    Rule("CanonicalizePermittedCNAMEs", Standing.YES),
    Rule("CASignatureAlgorithms", Standing.YES),
    Rule("CertificateFile", Standing.YES),
    Rule("ChannelTimeout", Standing.NO, "sessions have the limits of the commands that they are for"),
    Rule("CheckHostIP", Standing.NO, _ONE_KEY, _OFF),
    Rule("Ciphers", Standing.PARTLY, _ALGORITHMS),
    Rule("ClearAllForwardings", Standing.NO_MEANING, _FORWARD),
    Rule("Compression", Standing.YES),
    Rule(
        "ConnectionAttempts",
        Standing.NO,
        "a host that cannot be reached is tried again as [transport.reconnect] has it",
        ("1",),
    ),
    Rule(
        "ConnectTimeout",
        Standing.PARTLY,
        "for the TCP connection to each address; connect_timeout of hosts.toml bounds the whole",
    ),
    Rule("ControlMaster", Standing.NO, _SHARING, _OFF),
    Rule("ControlPath", Standing.NO, _SHARING, _OFF),
    Rule("ControlPersist", Standing.NO, _SHARING, _OFF),
    Rule("DynamicForward", Standing.NO, _FORWARD),
    Rule("EnableEscapeCommandline", Standing.NO_MEANING, _SCREEN),
    Rule("EnableSSHKeysign", Standing.NO, _HOST_BASED, _OFF),
    Rule("EscapeChar", Standing.NO, "a shell is left by ~. whatever it says", ("~",)),
    Rule("ExitOnForwardFailure", Standing.NO_MEANING, _FORWARD),
    Rule("FingerprintHash", Standing.NO_MEANING, "fingerprints are always those of SHA-256"),
    Rule("ForkAfterAuthentication", Standing.NO_MEANING, _SESSION),
    Rule("ForwardAgent", Standing.NO, "no host gets to use the agent", _OFF),
    Rule("ForwardX11", Standing.NO, _X11, _OFF),
    Rule("ForwardX11Timeout", Standing.NO_MEANING, _X11),
    Rule("ForwardX11Trusted", Standing.NO_MEANING, _X11),
    Rule("GatewayPorts", Standing.NO_MEANING, _FORWARD),
    Rule("GlobalKnownHostsFile", Standing.YES),
    Rule("GSSAPIAuthentication", Standing.NO, _GSSAPI, _OFF),
    Rule("GSSAPIClientIdentity", Standing.NO, _GSSAPI),
    Rule("GSSAPIDelegateCredentials", Standing.NO, _GSSAPI, _OFF),
    Rule("GSSAPIKexAlgorithms", Standing.NO, _GSSAPI),
    Rule("GSSAPIKeyExchange", Standing.NO, _GSSAPI, _OFF),
    Rule("GSSAPIRenewalForcesRekey", Standing.NO, _GSSAPI, _OFF),
    Rule("GSSAPIServerIdentity", Standing.NO, _GSSAPI),
    Rule("GSSAPITrustDns", Standing.NO, _GSSAPI, _OFF),
    Rule("HashKnownHosts", Standing.YES),
    Rule("HostbasedAcceptedAlgorithms", Standing.NO, _HOST_BASED),
    Rule("HostbasedAuthentication", Standing.NO, _HOST_BASED, _OFF),
    Rule("HostKeyAlgorithms", Standing.PARTLY, _ALGORITHMS),
    Rule("HostKeyAlias", Standing.YES),
    Rule("Hostname", Standing.YES),
    Rule("IdentitiesOnly", Standing.YES),
    Rule("IdentityAgent", Standing.YES),
    Rule("IdentityFile", Standing.YES),
    Rule("IgnoreUnknown", Standing.YES),
    Rule("Include", Standing.YES),
    Rule("IPQoS", Standing.NO, "packets go as the system has them"),
    Rule("KbdInteractiveAuthentication", Standing.YES),
    Rule("KbdInteractiveDevices", Standing.NO, "the server chooses its methods"),
    Rule("KexAlgorithms", Standing.PARTLY, _ALGORITHMS),
    Rule(
        "KnownHostsCommand",
        Standing.YES,
        "run once before the host shows its key, so that %f, %K and %t are refused; 10 s at most",
    ),
    Rule("LocalCommand", Standing.NO, "nothing is run here after a login"),
    Rule("LocalForward", Standing.NO, _FORWARD),
    Rule("LogLevel", Standing.NO_MEANING, _SCREEN),
    Rule("LogVerbose", Standing.NO_MEANING, _SCREEN),
    Rule("MACs", Standing.PARTLY, _ALGORITHMS),
    Rule("NoHostAuthenticationForLocalhost", Standing.NO, "this machine's keys are checked too", _OFF),
    Rule(
        "NumberOfPasswordPrompts",
        Standing.PARTLY,
        "three at most, of each method in one login; passphrases have three",
        ("0", "1", "2"),
    ),
    Rule("ObscureKeystrokeTiming", Standing.NO, "asyncssh has no such thing", _OFF),
    Rule("PasswordAuthentication", Standing.YES),
    Rule("PermitLocalCommand", Standing.NO, "nothing is run here after a login", _OFF),
    Rule("PermitRemoteOpen", Standing.NO_MEANING, _FORWARD),
    Rule(
        "PKCS11Provider",
        Standing.NO,
        "no library is loaded: ssh-add -s puts the token's keys into an agent, which is asked",
        _OFF,
    ),
    Rule("Port", Standing.YES),
    Rule(
        "PreferredAuthentications",
        Standing.PARTLY,
        "publickey, keyboard-interactive and password; the others are not known here",
        ("publickey", "keyboard-interactive", "password"),
    ),
    Rule("ProxyCommand", Standing.YES, "`-` is refused, as ProxyUseFdpass is"),
    Rule("ProxyJump", Standing.YES),
    Rule("ProxyUseFdpass", Standing.NO, "a host with it fails and says so", _OFF),
    Rule("PubkeyAcceptedAlgorithms", Standing.PARTLY, _ALGORITHMS),
    Rule("PubkeyAuthentication", Standing.PARTLY, "unbound and host-bound are yes", (*_ON, *_OFF)),
    Rule("RefuseConnection", Standing.YES),
    Rule("RekeyLimit", Standing.YES),
    Rule("RemoteCommand", Standing.NO, _SESSION, _OFF),
    Rule("RemoteForward", Standing.NO, _FORWARD),
    Rule("RequestTTY", Standing.NO, _SESSION, ("no", "false", "auto")),
    Rule("RequiredRSASize", Standing.YES),
    Rule("RevokedHostKeys", Standing.YES),
    Rule("SecurityKeyProvider", Standing.NO, "security keys are used through an agent", ("internal",)),
    Rule("SendEnv", Standing.YES),
    Rule("ServerAliveCountMax", Standing.NO, _ALIVE, ("3",)),
    Rule("ServerAliveInterval", Standing.NO, _ALIVE),
    Rule("SessionType", Standing.NO_MEANING, _SESSION),
    Rule("SetEnv", Standing.YES),
    Rule("StdinNull", Standing.NO_MEANING, _SESSION),
    Rule("StreamLocalBindMask", Standing.NO_MEANING, _FORWARD),
    Rule("StreamLocalBindUnlink", Standing.NO_MEANING, _FORWARD),
    Rule(
        "StrictHostKeyChecking",
        Standing.PARTLY,
        "yes, ask and accept-new, where hosts.toml has no host_key_policy; with no and off new keys are refused too",
        ("yes", "true", "ask", "accept-new"),
    ),
    Rule("SyslogFacility", Standing.NO_MEANING, _SCREEN),
    Rule("Tag", Standing.YES),
    Rule("TCPKeepAlive", Standing.YES),
    Rule("Tunnel", Standing.NO, _FORWARD, _OFF),
    Rule("TunnelDevice", Standing.NO_MEANING, _FORWARD),
    Rule("UpdateHostKeys", Standing.NO, "keys that a host tells of after a login are not stored", _OFF),
    Rule("User", Standing.YES),
    Rule("UserKnownHostsFile", Standing.YES),
    Rule("VerifyHostKeyDNS", Standing.NO, "no key is looked up in DNS", _OFF),
    Rule("VersionAddendum", Standing.NO, "the program says asyncssh's version", _OFF),
    Rule("VisualHostKey", Standing.NO_MEANING, _SCREEN),
    Rule("WarnWeakCrypto", Standing.NO_MEANING, _SCREEN),
    Rule("XAuthLocation", Standing.NO_MEANING, _X11),
)
"""Every keyword of ssh_config(5) up to OpenSSH 10."""

BY_NAME: Mapping[str, Rule] = {rule.name.lower(): rule for rule in RULES}
"""The same by the keyword in small letters."""
