"""ssh_config files, each odd in its own way, and the names that are asked of them. OpenSSH says what is right."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Case:
    """`text` with @DIR@ for the directory of the file; `names` are asked for. `more` are files beside it.

    `own` False: our own reading cannot know what OpenSSH knows; `refused`: ssh takes no such file.
    """

    text: str
    names: tuple[str, ...] = ("box",)
    more: tuple[tuple[str, str], ...] = ()
    user: str | None = None
    port: int | None = None
    own: bool = True


TWO = ("box", "other")

CASES: dict[str, Case] = {
    "nothing": Case(""),
    "only comments": Case("# a\n   # b\n\n\t\n"),
    "comment after values": Case(
        "Host spare   # stands in for box\n  Port 1\nHost box   # first rack\n  HostName h.lan   # lab net\n"
        "  Port 2   # not 22\n  User ann   # ops\n",
        ("box", "stands", "#", "spare"),
    ),
    "apostrophe in a comment": Case("Host box   # Ada's rack\n  HostName h.lan # it's\n"),
    "hash inside a word": Case("Host box\n  User a#b\n  IdentityFile /k#1 # c\n"),
    "quoted hash": Case('Host box\n  User "a # b"\n'),
    "units of time": Case("Host *\n  ConnectTimeout 10s\n  ServerAliveInterval 1m30s\n  User ann\n"),
    "equals signs": Case("Host=box\n  HostName=h.lan\n  Port = 7\n  User= ann\n  IdentityFile =/k\n"),
    "proxycommand equals": Case("Host box\n  ProxyCommand=relay %h %p\n"),
    "proxycommand spaced equals": Case("Host box\n  ProxyCommand = relay %h %p\n"),
    "proxycommand of the shell": Case(
        "Host box\n  ProxyCommand sh -c 'exec relay ${RELAY_HOST:-%h} %p' 2>/dev/null # it's\n"
    ),
    "proxycommand tokens": Case(
        "Host box\n  HostName h.lan\n  HostKeyAlias ALI\n  User ann\n  ProxyCommand r %h %n %p %r %k %%h\n"
    ),
    "proxycommand none": Case("Host box\n  ProxyCommand none\nHost *\n  ProxyCommand relay %h\n", TWO),
    "proxycommand before proxyjump": Case("Host *\n  ProxyCommand relay %h\n  ProxyJump j\n"),
    "proxyjump before proxycommand": Case("Host *\n  ProxyJump j\n  ProxyCommand relay %h\n"),
    "proxycommand none before proxyjump": Case("Host *\n  ProxyCommand none\n  ProxyJump j\n"),
    "proxyjump none before proxycommand": Case("Host *\n  ProxyJump none\n  ProxyCommand relay %h\n"),
    "proxyjump none": Case("Host box\n  ProxyJump none\nHost *\n  ProxyJump j\n", TWO),
    "proxyjump with a comment": Case("Host *\n  ProxyJump j # first\n"),
    "first value counts": Case("Host box\n  User ann\nHost *\n  User bob\n  Port 9\nHost box\n  Port 8\n", TWO),
    "lines before any host": Case("User ann\nHost box\n  User bob\n  Port 3\n", TWO),
    "patterns": Case(
        "Host *.lan !no.lan\n  User a\nHost k?m kv*\n  User b\nHost [ab]ox\n  User c\nHost !box\n  User d\n"
        "Host b*x z\n  User e\n",
        ("a.lan", "no.lan", "kvm", "kv", "box", "aox", "[ab]ox", "BOX", "bx"),
    ),
    "patterns in commas": Case("Host a,box\n  User ann\nMatch host a,box\n  User bob\n"),
    "case of names": Case("Host Box\n  User ann\nMatch host BOX\n  User bob\n", ("box", "Box", "BOX")),
    "case of keywords": Case("HOST box\n  hOsTnAmE h.lan\n  USER ann\n"),
    "hostname token": Case("Host box kvm*\n  HostName %h.lan\n", ("box", "kvm1", "KVM2")),
    "hostname percent": Case("Host box\n  HostName fe80::1%%lo\n"),
    "hostname in capitals": Case("Host box\n  HostName H.LAN\n"),
    "user with a backslash": Case("Host box\n  User DOM\\x\n"),
    "escapes": Case('Host box\n  User a\\\\b\n  IdentityFile /a\\ b\n  IdentityFile "/c\\\\d"\n'),
    "quoted values": Case('Host "box"\n  User "ann"\n  IdentityFile "/a b"\n  IdentityFile \'/c d\'\n'),
    "quote inside a word": Case('Host box\n  IdentityFile /a"b c"d\n'),
    "several identity files": Case(
        "Host box\n  IdentityFile /a\n  IdentityFile /b\nHost *\n  IdentityFile /a\n  IdentityFile ~/c\n", TWO
    ),
    "identity files with tokens": Case(
        "Host box\n  HostName h.lan\n  Port 5\n  User ann\n  IdentityFile ~/%d/%h/%i/%k/%L/%l/%n/%p/%r/%u/%%\n"
        "  CertificateFile ~/%n-cert.pub\n  IdentityFile ${TEST_VARIABLE}/x\n"
    ),
    "hash of the connection": Case("Host box\n  HostName h.lan\n  Port 5\n  User ann\n  IdentityFile /%C\n", own=False),
    "identity none": Case("Host box\n  IdentityFile none\nHost *\n  IdentityFile /a\n", TWO),
    "identities only": Case("Host box\n  IdentitiesOnly yes\nHost *\n  IdentitiesOnly no\n", TWO),
    "known hosts with tokens": Case(
        "Host box\n  HostKeyAlias Ali\n  UserKnownHostsFile ~/%k/%n ${TEST_VARIABLE}/k /plain%%\n"
        "  GlobalKnownHostsFile /g%h /h\n"
    ),
    "known hosts with a space": Case('Host box\n  UserKnownHostsFile "/a b/known" /c\n'),
    "known hosts of old": Case("Host box\n  UserKnownHostsFile2 /a\n  GlobalKnownHostsFile2 /b\n"),
    "known hosts none": Case("Host box\n  UserKnownHostsFile none\n  GlobalKnownHostsFile none\n"),
    "known hosts dev null": Case("Host box\n  UserKnownHostsFile /dev/null\n  StrictHostKeyChecking no\n"),
    "host key alias": Case("Host box\n  HostKeyAlias Ali.Lan\n"),
    "revoked keys and command": Case("Host box\n  RevokedHostKeys ~/r\n  KnownHostsCommand /bin/k %H # x\n"),
    "agent none": Case("Host box\n  IdentityAgent none\n"),
    "agent by name": Case("Host box\n  IdentityAgent SSH_AUTH_SOCK\n"),
    "agent by variable": Case("Host box\n  IdentityAgent $TEST_VARIABLE\n"),
    "agent by braces": Case("Host box\n  IdentityAgent ${TEST_VARIABLE}/a\n"),
    "agent with tokens": Case("Host box\n  IdentityAgent ~/%n/%r\n  User ann\n"),
    "match all with a comment": Case("Match all # by a tool\n  User ann # by a tool\nHost box\n  Port 3\n"),
    "match host after hostname": Case(
        "Host box\n  HostName h.lan\nMatch host h.lan\n  User ann\nMatch host box\n  User bob\n"
    ),
    "match originalhost": Case("Host box\n  HostName h.lan\nMatch originalhost box\n  User ann\n", TWO),
    "match user": Case("Host box\n  User ann\nMatch user ann\n  Port 3\nMatch user bob,c*\n  Port 4\n", TWO),
    "match user given": Case("Match user bob\n  Port 4\n", user="bob"),
    "match negated": Case("Match !host box\n  Port 3\nMatch host * !user root\n  Port 4\n", TWO),
    "match with equals": Case("Match host=box user=root\n  Port 3\n", TWO),
    "match names and hostname": Case(
        "Host kvm* box\n  HostName %h.lan\nMatch host box*\n  User ann\nMatch host kvm1.lan,other\n  User bob\n"
        "Match !user bob originalhost kvm*\n  Port 3\nMatch user ann,root host KVM3.lan\n  Port 4\n",
        ("box", "other", "kvm1", "kvm2", "kvm3", "KVM3", "BOX"),
    ),
    "match localuser": Case("Match localuser root\n  Port 3\nMatch localuser nobody-here\n  Port 4\n"),
    "match exec": Case('Match exec "test %n = box"\n  User ann\nMatch host box exec false\n  Port 3\n', TWO),
    "match exec not run": Case('Match host nowhere exec "touch @DIR@/ran"\n  User ann\n'),
    "match final": Case("Host box\n  HostName h.lan\nMatch final host h.lan\n  User ann\nHost h.lan\n  Port 3\n", TWO),
    "match final alone": Case("Match final all\n  User ann\nUser bob\n", TWO),
    "match final with a name in its usual form": Case(
        "Host box\n  HostName H.LAN\nHost h.lan 10.0.0.1\n  UserKnownHostsFile /second\nMatch final user nobody-here\n",
        ("box", "H.LAN", "10.1"),
    ),
    "address of one family": Case("AddressFamily inet\n", ("box", "10.1", "::ffff:10.0.0.1", "2001:DB8:0::1")),
    "address of one family in a path": Case(
        "AddressFamily inet6\nUserKnownHostsFile /%h\n", ("10.1", "0X7F.1", "2001:DB8:0::1")
    ),
    "address in capitals": Case("UserKnownHostsFile /%h\n", ("2001:DB8::1", "2001:DB8:0::1", "FE80::1%lo")),
    "match canonical": Case("Match canonical\n  User ann\nMatch all\n  Port 3\n"),
    "match tagged": Case("Host box\n  User ann\nMatch originalhost box !user bob\n  IdentityFile /t\n"),
    "port by name": Case("Host box\n  User ann\nHost *\n  Port ssh\n"),
    "port given": Case("Host box\n  Port 3\n  ProxyCommand r %p\n", port=99),
    "address family": Case("Host box\n  AddressFamily inet6\n  BindAddress 127.0.0.2\n  BindInterface lo\n"),
    "pubkey unbound": Case("Host box\n  PubkeyAuthentication unbound\n"),
    "pubkey host-bound": Case("Host box\n  PubkeyAuthentication host-bound\n"),
    "pubkey no": Case(
        "Host box\n  PubkeyAuthentication no\n  PasswordAuthentication no\n"
        "  PreferredAuthentications publickey,password\n"
    ),
    "algorithms": Case(
        "Host box\n  Ciphers aes256-ctr,aes128-ctr\n  MACs hmac-sha2-256\n  KexAlgorithms curve25519-sha256\n"
        "  HostKeyAlgorithms rsa-sha2-512\n  PubkeyAcceptedKeyTypes ssh-ed25519\n"
    ),
    "algorithms added": Case(
        "Host box\n  Ciphers +aes128-cbc\n  MACs -hmac-sha1*\n  KexAlgorithms ^ecdh-sha2-nistp256\n", own=False
    ),
    "environment": Case('Host box\n  SendEnv LANG LC_*\n  SetEnv A=b C="d e"\nHost *\n  SendEnv X\n', TWO),
    "what plays no part": Case(
        "Host *\n  RequestTTY force\n  RemoteCommand tmux a\n  LocalForward 1234 localhost:22\n  ForwardAgent yes\n"
        "  ControlMaster auto\n  ControlPath ~/.ssh/%C\n  ControlPersist 10m\n  LogLevel DEBUG\n"
    ),
    "unknown but ignored": Case(
        "IgnoreUnknown UseKeychain,Foo*\nHost *\n  UseKeychain yes\n  FooBar x y\n  User ann\n"
    ),
    "include": Case(
        "Include @DIR@/part @DIR@/nothing/*\nHost box\n  User bob\n  Port 4\n",
        TWO,
        (("part", "Host box\n  User ann\n"),),
    ),
    "include inside a host": Case(
        "Host other\n  Include @DIR@/part\nHost box\n  Port 4\n", TWO, (("part", "User ann\nHost *\n  Port 3\n"),)
    ),
    "include ends its block": Case(
        "Host box\n  Include @DIR@/part\n  User bob\n", TWO, (("part", "Host other\n  User ann\n"),)
    ),
    "include in order": Case(
        "Include @DIR@/p*\n", ("box",), (("p2", "User two\n"), ("p10", "User ten\n"), ("p1", "User one\n"))
    ),
    "include from directories that are not there": Case("Include @DIR@/*/nothing\nHost box\n  User ann\n"),
    "include by classes and escapes": Case(
        r"Include @DIR@/[[:digit:]]x @DIR@/q\? @DIR@/[![:punct:][:space:]]y @DIR@/\r" + "\nUser bob\n",
        ("box",),
        (
            *[(name, "User ann\n") for name in ("ax", "q1", "-y", "]y")],
            *[("1x", "Port 4\n"), ("ay", "HostName h.lan\n"), ("r", "IdentityFile /k\n"), ("q?", "HostKeyAlias a\n")],
        ),
    ),
    "include by a class with one bracket": Case(
        "Include @DIR@/[:digit:]x\n", ("box",), (("dx", "User ann\n"), ("1x", "Port 4\n"))
    ),
    "include by sets with escapes": Case(
        "Include @DIR@/[\\]]x @DIR@/[a\\-b]y\nUser bob\n", more=(("]x", "Port 4\n"), ("-y", "HostKeyAlias a\n"))
    ),
    "include by bytes": Case(
        "Include @DIR@/? @DIR@/[!a]z\nUser bob\n", more=(("é", "User ann\n"), ("éz", "User ann\n"), ("b", "Port 4\n"))
    ),
    "include a file as a directory": Case("Include @DIR@/part/\nUser bob\n", more=(("part", "User ann\n"),)),
    "include odd": Case("Include /\nInclude .\nInclude @DIR@/nothing/*\nHost box\n  User ann\n"),
    "include with a comment": Case("Include @DIR@/part # mine\nUser bob\n", ("box",), (("part", "Port 4\n"),)),
    "tabs and returns": Case("Host\tbox\r\n\tUser\tann\r\n\tPort 4\t\r\n"),
    "last line unended": Case("Host box\n  User ann"),
    "other names of old": Case(
        "Host box\n  ChallengeResponseAuthentication no\n  KeepAlive no\n  Protocol 2\n  User ann\n"
    ),
    "compression and rekey": Case("Host box\n  Compression yes\n  TCPKeepAlive no\n"),
    "pkcs11": Case("Host *\n  PKCS11Provider /usr/lib/no-such.so\n  User ann\n"),
    "not utf-8": Case("# f\udcfcr das Labor\nHost box\n  User ann\n  IdentityFile /k\udcfc\n"),
    "canonical names": Case("CanonicalizeHostname no\nCanonicalDomains lan\nHost box\n  User ann\n"),
    "spaces before keywords": Case("    Host box\n\t\tUser ann\n"),
    "rules for keys": Case(
        "Host box\n  RequiredRSASize 3072\n  HashKnownHosts yes\n  NoHostAuthenticationForLocalhost yes\n"
        "  CASignatureAlgorithms rsa-sha2-512,ssh-ed25519\n  CheckHostIP yes\nHost *\n  RequiredRSASize 512\n",
        TWO,
    ),
    "environment taken back": Case(
        "Host box\n  SendEnv LANG LC_* LC_A X\nHost *\n  SendEnv -LC_* -NO* Y\n  SendEnv -X\n", TWO
    ),
    "proxyjump with tokens": Case("Host box\n  ProxyJump %r@%h-jump:22,%n.lan\n"),
    "nothing but a port": Case("Port 2222\n", ("a", "b.lan", "10.0.0.1", "::1", "fe80::1%lo")),
}
