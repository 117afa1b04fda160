"""More ssh_config files for the matrix: forms that people write less often. See ssh_config_files."""

from __future__ import annotations

from .ssh_config_files import TWO, Case

MORE: dict[str, Case] = {
    "setenv twice": Case("Host box\n  SetEnv A=b\nHost *\n  SetEnv C=d A=e\n", TWO),
    "setenv of one name": Case('SetEnv A=b A=c "D=e f"\nSetEnv A=d\n'),
    "setenv in lines after another": Case("Host box\n  SetEnv A=1\n  SetEnv B=2\n"),
    "sendenv in one line": Case("SendEnv A B -A\n"),
    "sendenv twice the same": Case("SendEnv A A\nSendEnv A\n"),
    "certificate none": Case("CertificateFile none\n"),
    "certificates": Case("CertificateFile /a\nCertificateFile /b\nCertificateFile /a\n"),
    "certificate none after one": Case("Host box\n  CertificateFile /a\nHost *\n  CertificateFile none\n", TWO),
    "identity none after one": Case("IdentityFile /a\nIdentityFile none\nIdentityFile /b\n"),
    "identity none in capitals": Case("IdentityFile NONE\n"),
    "identity of another's home": Case("IdentityFile ~root/k\nIdentityFile ~nobody-at-all/k\n"),
    "identity by two paths": Case("IdentityFile ~/.ssh/a\nIdentityFile %d/.ssh/a\n"),
    "known hosts first line counts": Case("UserKnownHostsFile /a\nUserKnownHostsFile /b /c\n"),
    "known hosts twice the same": Case("UserKnownHostsFile /a /a\n"),
    "global known hosts none": Case("GlobalKnownHostsFile none\nUserKnownHostsFile /a\n"),
    "known hosts none in capitals": Case("UserKnownHostsFile NONE\n"),
    "known hosts at home": Case("UserKnownHostsFile ~/.ssh/k %d/l\n"),
    "patterns of negation alone": Case("Host !box\n  User a\nHost !box *\n  User b\n", TWO),
    "patterns of negation last": Case("Host * !box\n  User a\nHost b?x !?ox\n  User b\nHost *\n  User c\n", TWO),
    "pattern of an address": Case(
        "Host 10.0.0.?\n  User a\nHost 10.*\n  User b\nHost ::1\n  User c\n", ("10.0.0.7", "10.1.1.1", "::1")
    ),
    "host without a pattern that fits twice": Case("Host box box\n  User a\nHost box*\n  Port 4\n", TWO),
    "host with a quoted pattern": Case("Host \"b?x\" 'oth*'\n  User a\n", TWO),
    "match host with negation": Case("Match host *,!box\n  User a\nMatch host !other,*\n  User b\n", TWO),
    "match several conditions": Case(
        "Match host b* originalhost *x user *\n  User a\nMatch host b* user nobody-here\n  Port 4\n", TWO
    ),
    "match originalhost in capitals": Case("Match originalhost BOX\n  User a\n", ("box", "Box")),
    "match user in capitals": Case("User Ann\nMatch user ann\n  Port 4\nMatch user Ann\n  Port 5\n"),
    "match exec that fails": Case('Match !exec "false"\n  User a\nMatch exec "exit 3"\n  Port 4\n'),
    "match exec with tokens": Case(
        'Match exec "test %n%L%l%i%u%% = box$(hostname -s)$(hostname)$(id -u)$(whoami)%%"\n  IdentityFile /yes\n'
    ),
    "match exec with hashes and quotes": Case("Match exec \"test 'a # b' = 'a # b'\"\n  User a\n"),
    "match exec over what came before": Case(
        "Host box\n  HostName h.lan\n  Port 5\n  User ann\n  HostKeyAlias ali\n"
        'Match exec "test %h%p%r%k = h.lan5annali"\n  IdentityFile /yes\n'
    ),
    "match final twice": Case("Match final\n  User a\nMatch final host box\n  Port 4\nPort 5\n", TWO),
    "match with equals in other places": Case(
        'Match user = ann,root host= box\n  Port 4\nMatch !host=box\n  Port 5\nMatch exec "x=y; true"\n  User b\n',
        TWO,
    ),
    "setenv without a name": Case("SetEnv = =x\n"),
    "sendenv of which nothing is left": Case("SendEnv A\nSendEnv -*\n"),
    "a time of none": Case("ConnectTimeout none\nConnectTimeout 5\n"),
    "match not final": Case("Match !final\n  User a\n  Port 4\nMatch final\n  User b\n"),
    "match final and exec": Case('Match final exec "test %n = box"\n  User a\n', TWO),
    "match canonical not": Case("Match !canonical\n  User a\nMatch canonical\n  User b\n"),
    "match all": Case("Host nothing\n  User a\nMatch all\n  User b\n"),
    "match canonical all": Case("Match canonical all\n  User a\nMatch all\n  User b\n"),
    "match localuser list": Case("Match localuser root,ann,nobody*\n  Port 3\nMatch !localuser root\n  Port 4\n"),
    "include relative": Case("Include nothing-of-that-name.conf\nUser a\n"),
    "include several": Case(
        "Include @DIR@/one @DIR@/two\nUser c\n", ("box",), (("one", "Port 4\n"), ("two", "User b\n"))
    ),
    "include quoted": Case('Include "@DIR@/a b"\n', ("box",), (("a b", "User b\n"),)),
    "include in a match": Case(
        "Match host box\n  Include @DIR@/one\nMatch all\n  Port 5\n",
        TWO,
        (("one", "Host o*\n User x\nHost b*\n User b\n"),),
    ),
    "include below": Case(
        "Include @DIR@/one\nUser c\n", ("box",), (("one", "Include @DIR@/two\nPort 4\n"), ("two", "User b\n"))
    ),
    "include hidden": Case(
        "Include @DIR@/*.conf\nUser c\n", ("box",), ((".a.conf", "User a\n"), ("b.conf", "Port 4\n"))
    ),
    "include braces": Case(
        "Include @DIR@/{a,b}.conf\nUser c\n", ("box",), (("a.conf", "User a\n"), ("b.conf", "Port 4\n"))
    ),
    "equals with tabs": Case("User\t=\tann\nPort=\t4\nHostName  =h.lan\n"),
    "equals in quotes": Case('User="ann"\nHostKeyAlias = "a b"\n'),
    "two equals": Case("User ==ann\n"),
    "keyword in quotes": Case('"User" ann\n"Port" 4\n'),
    "quotes within": Case("User 'a'b\"c\"\n"),
    "proxyjump chain": Case("ProxyJump ann@one:5,two,bob@three\n"),
    "proxyjump of an address": Case("ProxyJump ann@[2001:db8::1]:5\n"),
    "proxyjump uri": Case("ProxyJump ssh://ann@one:5\n"),
    "proxyjump none in capitals": Case("Host box\n  ProxyJump NONE\nHost *\n  ProxyJump j\n", TWO),
    "proxyjump none then jump": Case("ProxyJump none\nProxyJump j\n"),
    "proxyjump twice": Case("ProxyJump one\nProxyJump two\n"),
    "proxycommand none in capitals": Case("ProxyCommand NONE\n"),
    "proxycommand in quotes": Case('ProxyCommand "relay %h" %p\n'),
    "proxycommand dash": Case("ProxyCommand relay - %h # not a comment\n"),
    "hostkeyalias and port": Case("HostKeyAlias ali\nPort 2222\n"),
    "host key algorithms listed": Case(
        "HostKeyAlgorithms ssh-ed25519,rsa-sha2-512\nCASignatureAlgorithms ssh-ed25519\n"
    ),
    "times of many units": Case("ConnectTimeout 1h30m\nServerAliveInterval 1w\nServerAliveCountMax 7\n"),
    "times none": Case("ConnectTimeout none\nServerAliveInterval 0\n"),
    "times in capitals": Case("ConnectTimeout 2M\nForwardX11Timeout 1H\n"),
    "rekey of size": Case("RekeyLimit 512M\n"),
    "rekey of size and time": Case("RekeyLimit 1G 1h\n"),
    "rekey of time": Case("RekeyLimit default 30m\n"),
    "rekey none": Case("RekeyLimit 2000K none\n"),
    "rekey default": Case("RekeyLimit default none\n"),
    "strict yes": Case("StrictHostKeyChecking yes\n"),
    "strict no": Case("StrictHostKeyChecking no\n"),
    "strict off": Case("StrictHostKeyChecking off\n"),
    "strict accept-new": Case("Host box\n  StrictHostKeyChecking accept-new\n", TWO),
    "strict ask": Case("StrictHostKeyChecking ask\n"),
    "batch mode": Case("Host box\n  BatchMode yes\n", TWO),
    "password prompts": Case("NumberOfPasswordPrompts 1\n"),
    "authentications": Case(
        "PreferredAuthentications keyboard-interactive,publickey\nKbdInteractiveAuthentication yes\n"
    ),
    "authentications turned off": Case("PasswordAuthentication NO\nKbdInteractiveAuthentication False\n"),
    "booleans in other words": Case("Compression no\nTCPKeepAlive FALSE\nIdentitiesOnly True\nHashKnownHosts yEs\n"),
    "booleans in capitals": Case("IdentitiesOnly YES\nBatchMode TRUE\n"),
    "address family in capitals": Case("AddressFamily INET6\n"),
    "bind": Case("BindAddress 192.0.2.1\nBindInterface eth0\n"),
    "port given twice": Case("Port 22\nPort 23\n"),
    "user given by a line": Case("User ann\nMatch user bob\n  Port 4\nMatch user ann\n  Port 5\n", user="bob"),
    "hostname of percent": Case("HostName %%h.%h\n"),
    "hostname twice": Case("HostName a.lan\nHostName b.lan\n"),
    "hostname of an address": Case("HostName 2001:DB8::7\n"),
    "ignore unknown negated": Case("IgnoreUnknown *,!foo\nBar 1\nUser ann\n"),
    "ignore unknown twice": Case("IgnoreUnknown Foo\nHost *\n  IgnoreUnknown Bar\n  Foo 1\n  User ann\n"),
    "variables": Case("CertificateFile ${TEST_VARIABLE}/c\nUserKnownHostsFile ${TEST_VARIABLE}/${TEST_VARIABLE}\n"),
    "variables at home": Case("IdentityFile ${HOME}/.ssh/a\nUserKnownHostsFile ${HOME}/k\n"),
    "agent in capitals": Case("IdentityAgent NONE\n"),
    "agent at home": Case("IdentityAgent ~/agent\n"),
    "agent relative": Case("IdentityAgent agent\n"),
    "revoked none": Case("RevokedHostKeys none\n"),
    "revoked by variable": Case("RevokedHostKeys ${TEST_VARIABLE}/r\n"),
    "revoked with tokens": Case("RevokedHostKeys ~/%h/r\n"),
    "known hosts command none": Case("KnownHostsCommand none\n"),
    "canonical without names": Case("CanonicalizeHostname yes\nUser a\nMatch canonical\n  Port 4\n"),
    "canonical dots": Case("CanonicalizeHostname yes\nCanonicalizeMaxDots 0\nCanonicalDomains lan\nUser a\n", ("a.b",)),
    "forms of times that are odd": Case("ServerAliveInterval 1h1h\n"),
    "tokens of the remote user": Case("User ann\nIdentityFile /%r/%u/%i\n", user="bob"),
    "tokens of a given port": Case("IdentityFile /%p/%n/%h/%k\nPort 5\n", port=7),
    "tokens of the key alias": Case("HostKeyAlias Ali.Lan\nIdentityFile /%k\nHostName h.lan\n"),
    "vertical tabs and form feeds": Case("User ann\f\nPort 4 \f\n"),
    "byte order mark": Case("\ufeff# comment\n\nUser ann\n".replace("\ufeff", "")),
    "very long line": Case("# " + "x" * 5000 + "\nUser ann\nSendEnv " + " ".join(f"V{n}" for n in range(400)) + "\n"),
    "many hosts on one line": Case("Host " + " ".join(f"h{n}" for n in range(500)) + " box\n  User ann\n", TWO),
}
