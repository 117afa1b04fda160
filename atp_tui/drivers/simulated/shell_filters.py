"""What may stand behind a pipe in the demo: filters over text that is already here."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from .shell_reply import Answer, Reply, Visit, usage


def _head(visit: Visit, arguments: Sequence[str], piped: str) -> Reply:
    count = _count(arguments)
    return usage("head", " ".join(arguments)) if count is None else Reply("".join(_lines(piped)[:count]))


def _tail(visit: Visit, arguments: Sequence[str], piped: str) -> Reply:
    count, lines = _count(arguments), _lines(piped)
    return usage("tail", " ".join(arguments)) if count is None else Reply("".join(lines[max(0, len(lines) - count) :]))


def _count(arguments: Sequence[str]) -> int | None:
    text = "".join(arguments).removeprefix("-").removeprefix("n") or "10"
    return int(text) if text.isdecimal() and len(text) < 10 else None


def _lines(text: str) -> list[str]:
    return text.splitlines(keepends=True)


def _wc(visit: Visit, arguments: Sequence[str], piped: str) -> Reply:
    counts = {"-l": piped.count("\n"), "-w": len(piped.split()), "-c": len(piped.encode())}
    if not arguments:
        return Reply("".join(f"{count:8}" for count in counts.values()) + "\n")
    if len(arguments) > 1 or arguments[0] not in counts:
        return usage("wc", " ".join(arguments))
    return Reply(f"{counts[arguments[0]]}\n")


def _grep(visit: Visit, arguments: Sequence[str], piped: str) -> Reply:
    """Looks for a plain text, not for a pattern."""
    options = {argument for argument in arguments if argument in ("-v", "-i", "-c")}
    words = [argument for argument in arguments if argument not in options]
    if len(words) != 1 or words[0].startswith("-"):
        return usage("grep", " ".join(arguments))

    def found(line: str) -> bool:
        return (words[0].lower() in line.lower() if "-i" in options else words[0] in line) != ("-v" in options)

    lines = [line for line in _lines(piped) if found(line)]
    return Reply(f"{len(lines)}\n" if "-c" in options else "".join(lines), status=0 if lines else 1)


def _sort(visit: Visit, arguments: Sequence[str], piped: str) -> Reply:
    if not set(arguments) <= {"-r", "-u"}:
        return usage("sort", " ".join(arguments))
    lines = _lines(piped)
    return Reply("".join(sorted(set(lines) if "-u" in arguments else lines, reverse="-r" in arguments)))


def _uniq(visit: Visit, arguments: Sequence[str], piped: str) -> Reply:
    if list(arguments) not in ([], ["-c"]):
        return usage("uniq", " ".join(arguments))
    runs: list[tuple[int, str]] = []
    for line in _lines(piped):
        if runs and runs[-1][1] == line:
            runs[-1] = (runs[-1][0] + 1, line)
        else:
            runs.append((1, line))
    return Reply("".join(f"{count:7} {line}" if arguments else line for count, line in runs))


FILTERS: Mapping[str, Answer] = {
    "grep": _grep,
    "head": _head,
    "sort": _sort,
    "tail": _tail,
    "uniq": _uniq,
    "wc": _wc,
}
