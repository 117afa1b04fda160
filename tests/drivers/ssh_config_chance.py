"""ssh_config files by chance: lines that each are right, in orders and blocks that nobody thought of."""

from __future__ import annotations

from random import Random

_NAMES = ("box", "BOX", "*", "b*", "?ox", "!box", "!b*", "a.lan", "*.lan", "kvm[0-9]", "kvm?", "10.*", "h.lan", "!*")
_USERS = ("ann", "Bob", "*", "!ann,*", "root", "nobody*")
_VALUES = {
    "HostName": ("h.lan", "%h.lan", "H.LAN", "10.2", "%%h"),
    "User": ("ann", "Bob", "DOM\\x", "a#b"),
    "Port": ("22", "2222", "ssh", "022"),
    "HostKeyAlias": ("Ali", "al.lan"),
    "IdentityFile": ("none", "~/a", "/%p/%r/%n", "${TEST_VARIABLE}/k", "~root/z", '"/a b"', "/a\\ b", "/%k%L%l%i%u"),
    "CertificateFile": ("/c", "~/c%n", "none"),
    "IdentitiesOnly": ("yes", "no", "true"),
    "IdentityAgent": ("none", "SSH_AUTH_SOCK", "$TEST_VARIABLE", "~/%n", "/a/%h"),
    "UserKnownHostsFile": ("/k", "/k /l", "~/%k", "none", '"/a b" /c', "${TEST_VARIABLE}/h"),
    "GlobalKnownHostsFile": ("/g", "none", "/g /h"),
    "ProxyJump": ("j", "u@j:5", "none", "j,k", "ssh://u@j:7", "%h-j", "[::1]:2", "NONE"),
    "ProxyCommand": ("relay %h %p", "none", "r '%n' # x", 'r "a b" %%'),
    "ConnectTimeout": ("5", "1m", "none", "1h30"),
    "SetEnv": ("A=b", "A=b C=d", 'A="b c"', "A=b A=c"),
    "SendEnv": ("LANG", "LC_*", "-LC_*", "-*", "A B", "-A B"),
    "RekeyLimit": ("1M", "1G 1h", "default none", "0 0"),
    "StrictHostKeyChecking": ("yes", "no", "ask", "accept-new", "off"),
    "PreferredAuthentications": ("publickey", "password,publickey"),
    "AddressFamily": ("inet", "inet6", "any"),
    "PubkeyAuthentication": ("yes", "no", "unbound"),
    "RevokedHostKeys": ("/r", "none"),
    "Ciphers": ("aes128-ctr", "aes128-ctr,aes256-ctr"),
    "BatchMode": ("yes", "no"),
    "ChallengeResponseAuthentication": ("no",),
    "Protocol": ("2",),
}  # fmt: skip


def files(seed: int) -> tuple[str, tuple[tuple[str, str], ...]]:
    """The text of a file, and of those that it may include."""
    by = Random(seed)
    return _file(by, includes=True), tuple((name, _file(by, includes=False)) for name in ("p1", "p2"))


def _file(by: Random, *, includes: bool) -> str:
    lines = [_block(by) if by.random() < 0.3 else _line(by, includes) for _ in range(by.randint(1, 12))]
    return "\n".join(lines) + by.choice(["\n", ""])


def _block(by: Random) -> str:
    if by.random() < 0.5:
        return "Host " + " ".join(by.choices(_NAMES, k=by.randint(1, 3)))
    return "Match " + " ".join(_condition(by) for _ in range(by.randint(1, 3)))


def _condition(by: Random) -> str:
    name, no = by.choice(["host", "originalhost", "Host", "user", "localuser", "exec", "final", "canonical"]), ""
    if by.random() < 0.25:
        no = "!"
    if name in ("final", "canonical"):
        return no + name
    between = by.choice([" ", " ", "="])
    if name == "exec":
        return no + name + between + by.choice(["true", "false", '"test %n = box"', "\"test '%r' = ann\""])
    patterns = by.choice(_USERS) if "user" in name else ",".join(by.choices(_NAMES, k=by.randint(1, 2)))
    return no + name + between + patterns


def _line(by: Random, includes: bool) -> str:
    if by.random() < 0.06:
        return by.choice(["# c", "", "   ", "\t# it's"])
    if includes and by.random() < 0.1:
        return "Include " + by.choice(["@DIR@/p1", "@DIR@/p*", "@DIR@/none", "@DIR@/p1 @DIR@/p2", '"@DIR@/p2"'])
    keyword = by.choice(list(_VALUES))
    value = by.choice(_VALUES[keyword])
    lead, between = by.choice(["", " ", "\t"]), by.choice([" ", " ", "=", " = ", "\t", "  "])
    return (
        lead + by.choice([keyword, keyword.lower(), keyword.upper()]) + between + value + by.choice(["", "", " ", "\r"])
    )
