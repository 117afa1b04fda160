"""Examples of each verb, for `--help` and the manual page. A test reads each of them with the parser."""

from __future__ import annotations

import argparse
from collections.abc import Mapping

from .parsers import commands

Examples = tuple[tuple[str, str], ...]
"""Command lines as they are typed in a shell, and what each does."""

EXAMPLES: Mapping[str, Examples] = {
    "": (
        ("atp-tui", "the screen, for the hosts of hosts.toml"),
        ("atp-tui --config lab.toml --read-only", "another fleet, and only watch it"),
        ("atp-tui demo --faults", "a fleet to try it on, with hosts that fail and come back"),
        ("atp-tui doctor", "what is wrong on this machine, and what would mend it"),
    ),
    "demo": (
        ("atp-tui demo --hosts 200 --faults", "a larger fleet, of which some hosts fail"),
        ("atp-tui demo --seed 7", "another fleet, the same each time"),
    ),
    "run": (
        ("atp-tui run -w @rack1 uptime", "each line as it comes, with its host"),
        ("atp-tui run -w @prod -b uname -r", "equal answers once, with the hosts that gave them"),
        (
            "atp-tui run -w @prod --gather --mask -- ip -br addr",
            "the same, whatever the addresses and names are",
        ),
        ("atp-tui run -w 'kvm[01-18]&@prod' --json -- 'df -h / | tail -1'", "hosts that are both, and JSON"),
        ("atp-tui run -w @all --jsonl uptime | jq -c '[.host, .outcome]'", "a line for each host, as it ends"),
        ("atp-tui run -w @all --output logs -- journalctl -b", "logs/HOST.out and logs/HOST.err, whole"),
        ("atp-tui run -w '@prod&state:failed' --timeout 30 -- systemctl restart libvirtd", "the failed ones alone"),
        ("atp-tui run -w 'vm.os:debian11&@rack1' -- virsh list", "hosts that carry such a VM"),
        ("atp-tui run -w '@edge&!kvm07' uptime", "a set of hosts.toml, [sets], but for one host"),
        ("atp-tui run --batch -w @prod uptime", "no login asks for a password, as in a script"),
        ("atp-tui run --hosts-file names.txt uptime", "a list of names and node sets; -w - reads it from a pipe"),
        ("atp-tui run -w @prod --retry 2 --deadline 300 -- apt-get update", "tried again where a connection fails"),
        (
            "atp-tui run -w @rack1 -- ls -l /srv/{host}.img '/racks/{meta.rack}'",
            "placeholders, for each host",
        ),
        ("atp-tui run -w @rack1 --login ip -br addr", "in the login shell, with its profile and so its PATH"),
        ("atp-tui run -w @rack1 --tty --timeout 20 top -n 1", "on a terminal there: errors come with the output"),
        ("atp-tui run -w @rack1 --script look.sh -- -v {host}", "a script from here, with its arguments"),
        ("atp-tui run -w @rack1 --stdin --chdir /etc/app -- tar x < app.tar", "standard input, for every host"),
        ("atp-tui run -w @rack1 --command restart unit=virtqemud", "[commands.restart] of hosts.toml"),
        ("atp-tui run -w @rack1 --env TOKEN -- ./register", "a variable as it is here, in no list of processes"),
        (
            "atp-tui run -w @prod --canary 1 --wave 10% --max-fail 2 --gate 'state:connected & load<8' -- ./upgrade",
            "in waves, which stop with the second failure, or where the gate does not hold within 60 s",
        ),
        ("atp-tui run -w @rack1 --sudo systemctl restart libvirtd", "as root, by sudo; a password is asked for"),
        (
            "atp-tui run -w @rack1 --when-back 24h -- apt-get update",
            "and later where a host is away: the screen, or jobs away, runs it",
        ),
        ("atp-tui run -w @rack1 --dry-run reboot", "the hosts, and what would be asked first; no host is contacted"),
        ("atp-tui run -w @rack1 --dry-run --check reboot", "and which of them can be reached now"),
    ),
    "forward": (
        ("atp-tui forward kvm07 8080:localhost:80", "port 8080 here is port 80 of the host"),
        ("atp-tui forward kvm07 0:10.0.3.7:5900", "a free port, which is told, to what the host reaches"),
        ("atp-tui forward kvm07 ./virt.sock:/run/libvirt/libvirt-sock '[::1]:9090:[fd00::7]:9090'", "sockets, IPv6"),
    ),
    "follow": (
        ("atp-tui follow -w @rack1 -- journalctl -f -u libvirtd", "one stream of all hosts, by time; Ctrl+C ends it"),
        (
            "atp-tui follow -w @prod --filter 'error|fail' --exclude audit -- journalctl -f -n 0",
            "only lines that match, from now on",
        ),
        (
            "atp-tui follow -w 'kvm[01-04]' --restart --window 2 -- tail -F /var/log/app.log",
            "begun anew where it ends; a line waits 2 s for earlier ones of other hosts",
        ),
        ("atp-tui follow -w @all --jsonl -- journalctl -f | jq -c 'select(.mark)'", "lost and back, for programs"),
    ),
    "shell": (
        ("atp-tui shell kvm07", "the login shell there; ~. at the beginning of a line leaves, ~? tells more"),
        ("atp-tui shell kvm07 -- top", "one program, with the terminal; its exit status is that of this program"),
        ("atp-tui shell kvm07 -- tar c /etc | tar t", "without a terminal: what comes is as it is sent"),
    ),
    "push": (
        ("atp-tui push app.conf -w @rack1:/etc/app/app.conf", "one file, under that name, in place of what is there"),
        ("atp-tui push conf.d app.conf -w @rack1:/etc/app/ --preserve", "a folder and a file, into a folder there"),
        ("atp-tui push 'keys/{host}.pem' -w @prod:/etc/app/key.pem --verify", "each host its own, compared by SHA-256"),
        ("atp-tui push image.qcow2 -w kvm07:/srv/images/ --resume", "goes on where an earlier try was cut"),
        ("atp-tui push app.conf -w @prod:/etc/app/ --dry-run", "the hosts, and what would be asked; contacts nobody"),
    ),
    "pull": (
        ("atp-tui pull -w @rack1:/etc/libvirt/qemu.conf conf", "conf/HOST/qemu.conf of each host"),
        ("atp-tui pull -w '@prod:/var/log/libvirt/*.log' logs", "what matches there, into logs/HOST/"),
        ("atp-tui pull -w kvm07:/etc/libvirt backup --preserve", "a folder, with modes and times"),
    ),
    "freeze": (
        (
            "atp-tui freeze --until \"$(date -d 'tomorrow 6:00' +%FT%R)\" --reason 'the release'",
            "no change anywhere until 2026-12-02T06:00, say",
        ),
        (
            "atp-tui freeze @prod --until \"$(date -d '2 hours' +%FT%R%:z)\" --reason 'the audit'",
            "no change on some hosts until 2026-12-01T14:00+01:00, say",
        ),
        ("atp-tui freeze --json", "what is frozen, for programs"),
    ),
    "thaw": (("atp-tui thaw", "the whole fleet"), ("atp-tui thaw @prod --yes", "without a question")),
    "connect": (("atp-tui connect -w @rack1", "whether each host can be reached, and why not"),),
    "trust-key": (
        (
            "atp-tui trust-key -w kvm07 SHA256:uNiVztksCsDhcc0u9e8BrSKFmfMmUx5",
            "the fingerprint that the host showed you",
        ),
    ),
    "stats": (
        ("atp-tui stats", "one line a host: state, connections, figures"),
        ("atp-tui stats --json | jq '.hosts[] | select(.state == \"failed\") | .host'", "for programs"),
    ),
    "hosts": (("atp-tui hosts list", "what hosts.toml says"),),
    "hosts add": (
        ("atp-tui hosts add kvm07 192.0.2.7 --tag prod --user root", "write it, and watch it"),
        ("atp-tui hosts add kvm07 kvm07.example.org --dry-run", "only show the lines of the file"),
    ),
    "hosts edit": (
        ("atp-tui hosts edit kvm07 ssh.port=2222 uri=", "another port, and the usual URI again"),
        ("atp-tui hosts edit @rack1 metadata.site=north --dry-run", "what would change for all of a group"),
    ),
    "hosts copy": (("atp-tui hosts copy kvm07 kvm08 host=192.0.2.8", "the same again, elsewhere"),),
    "hosts tag": (("atp-tui hosts tag @rack1 +new -old", "one tag more and one less"),),
    "hosts enable": (("atp-tui hosts enable kvm[01-04]", "watch them again"),),
    "hosts disable": (("atp-tui hosts disable kvm[01-04]", "keep them in the file, and leave them alone"),),
    "hosts move": (
        ("atp-tui hosts move kvm07 after kvm02", "another place in its file"),
        ("atp-tui hosts move @rack1 hosts.d/rack1.toml", "into a file that hosts.toml includes"),
    ),
    "hosts remove": (("atp-tui hosts remove 'kvm[07-09]' --yes", "without a question"),),
    "hosts import": (
        ("atp-tui hosts import ssh-config --dry-run", "what would come of ~/.ssh/config"),
        ("atp-tui hosts import ansible inventory.yml --tag lab -w '@web!web3'", "some of an inventory"),
        ("atp-tui hosts import list names.txt --user root --yes", "names or node sets, one or more a line"),
    ),
    "hosts undo": (("atp-tui hosts undo", "as the file was before the last edit"),),
    "hosts redo": (("atp-tui hosts redo", "what was undone last"),),
    "hosts check": (("atp-tui hosts check @rack1 --connect", "the file, and whether each can be reached"),),
    "hosts list": (("atp-tui hosts list --json", "ids, addresses, URIs and tags, for programs"),),
    "domains": (("atp-tui domains", "every VM of every host"), ("atp-tui domains --json", "the same for programs")),
    "info": (
        ("atp-tui info", "which files are used, and which versions"),
        ("atp-tui info kvm07", "how it is reached by SSH, and what of ssh_config does not hold there, and why"),
    ),
    "jobs": (
        ("atp-tui jobs", "the last 20 jobs, with their numbers and how they went"),
        ("atp-tui jobs --json -n 1000", "for programs"),
    ),
    "jobs show": (
        ("atp-tui jobs show last", "the answer of each host"),
        ("atp-tui jobs show 17 --gather", "equal answers once, with the hosts that gave them"),
        ("atp-tui jobs show 17 --mask", "the same, whatever the addresses and names are"),
        ("atp-tui jobs show 17 --json", "the same object as that of run --json"),
    ),
    "jobs rerun": (
        ("atp-tui jobs rerun 17", "once more where it did not go well"),
        ("atp-tui jobs rerun last --notrun", "where it never ran, or its end is not known"),
    ),
    "jobs away": (
        ("atp-tui jobs away", "runs what waits as its hosts come back, until nothing waits"),
        ("atp-tui jobs away --once", "on those that can be reached now, as a timer of systemd or cron wants it"),
    ),
    "jobs cancel": (
        ("atp-tui jobs cancel 17", "its command waits no longer for hosts that were away"),
        ("atp-tui jobs cancel 17 'kvm[01-03]'", "not for these"),
    ),
    "jobs prune": (("atp-tui jobs prune --older 30d", "forget what is older than 30 days"),),
    "audit": (
        ("atp-tui audit", "the last 50 records"),
        ("atp-tui audit verify", "whether none was changed or taken out; exit status 1 where one was"),
    ),
    "doctor": (
        ("atp-tui doctor", "all checks; exit status 1 where something is wrong"),
        ("atp-tui doctor '@prod!kvm07'", "the keys of these hosts alone"),
        ("atp-tui doctor --json", "for programs"),
    ),
    "completion": (
        ("atp-tui completion bash > ~/.local/share/bash-completion/completions/atp-tui", "where bash looks for it"),
        ("atp-tui completion fish > ~/.config/fish/completions/atp-tui.fish", "where fish looks for it"),
        ("atp-tui completion zsh > ~/.local/share/zsh/site-functions/_atp-tui", "a directory of zsh's fpath"),
    ),
    "man": (("atp-tui man | man -l -", "read it"),),
}
"""By the name of a verb, "" being the program."""


class _Formatter(argparse.HelpFormatter):
    """Lines that are indented stay as they are; the others are wrapped as argparse does it."""

    def _fill_text(self, text: str, width: int, indent: str) -> str:
        fill = super()._fill_text
        return "\n\n".join(part if "\n " in part else fill(part, width, indent) for part in text.split("\n\n"))


def add_examples(parser: argparse.ArgumentParser) -> None:
    """Put the examples of each verb below its help; what stood there comes after them."""
    for command in commands(parser):
        lines = [f"  {line}\n      {does}" for line, does in EXAMPLES.get(command.name, ())]
        if lines:
            shown = "\n".join(["examples:", *lines])
            command.parser.epilog = "\n\n".join(filter(None, [shown, command.parser.epilog]))
            command.parser.formatter_class = _Formatter
