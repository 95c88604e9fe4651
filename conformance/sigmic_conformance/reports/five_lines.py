"""A finding in at most five lines: in terminal, page, Markdown, JUnit, annotations and `explain`. Pure.

The headline has the requirement and its statement. Of a decided requirement follow what was expected and from
where, what was observed, where, and the situation. Of an undecided one follow what is missing, and what to
type to get it.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sigmic_conformance.model.record.verdict import Citation, Outcome, Verdict
from sigmic_conformance.reports.visible import one_line
from sigmic_conformance.reports.words import cause
from sigmic_conformance.results.findings import last_line
from sigmic_spec.plural import plural

WIDTH = 9
"""The width of the names, in a terminal."""
LONGEST = 400
"""The longest value of a fact, in characters."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """What a verdict is about: a requirement, its statement, and where the statement comes from."""

    id: str
    statement: str
    source: str
    evidence: str

    @classmethod
    def saved(cls, row: Mapping[str, Any]) -> "Asked":
        """What a verdict in a `result.json` is about."""
        return cls(**{name: row[name] for name in ("id", "statement", "source", "evidence")})


@dataclass(frozen=True, slots=True)
class Fact:
    """One line of a finding; each name occurs once."""

    name: str
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """A verdict in words."""

    headline: str
    facts: tuple[Fact, ...]

    def lines(self, indent: str = "    ") -> Iterator[str]:
        """The lines for a terminal or a log."""
        yield self.headline
        for each in self.facts:
            yield f"{indent}{each.name:{WIDTH}} {each.text}"

    def text(self, name: str) -> str:
        """The text of one fact; empty if the finding has none of that name."""
        return next((each.text for each in self.facts if each.name == name), "")


def finding(asked: Asked, verdict: Verdict, *, target: str = "", folder: str = "RUN") -> Finding:
    """The finding about a requirement; `target` and `folder` complete the commands to type."""
    told = f"{asked.id}  {verdict.outcome.with_reason(verdict.reason)}: {asked.statement}"
    facts = _decided(asked, verdict) if _is_decided(verdict) else _open(verdict, [asked.id], target, folder)
    return Finding(headline=told, facts=tuple(facts))


def group(
    verdict: Verdict, why: str, ids: Sequence[str], *, target: str = "", folder: str = "RUN"
) -> Finding:
    """The finding about several requirements that are undecided for one cause."""
    outcome = verdict.outcome.with_reason(verdict.reason)
    told = f"{plural(len(ids), 'requirement')} {outcome}: {one_line(why, LONGEST)}"
    facts = (
        Fact("which", ", ".join(ids)),
        *(each for each in _open(verdict, ids, target, folder) if each.name == "to do"),
    )
    return Finding(headline=told, facts=facts)


def to_do(verdict: Verdict, ids: Sequence[str], *, target: str = "", folder: str = "RUN") -> str:
    """What decides requirements that are undecided for one cause: what to change, and what to type."""
    remedy = cause(verdict.outcome, verdict.reason)[1]
    where = f" --target {target}" if target else ""
    select = f"-k {ids[0]}" if len(ids) == 1 else f"--rerun-failed {folder}"
    return f"{remedy}; then: sigmic-conformance run{where} {select}"


def repeat(id: str, command: str, folder: str = "RUN") -> str:
    """The command that repeats a request; `command` is the one with curl, empty if curl can't send it."""
    return command or f"sigmic-conformance reproduce {id} {folder}"


def where(verdict: Verdict) -> str:
    """The first cited exchange, its request line, and the number of others; empty without evidence."""
    if not verdict.evidence:
        return ""
    first = verdict.evidence[0]
    told = [
        place(first),
        *([f"and in {plural(verdict.others, 'other exchange')}"] if verdict.others > 0 else []),
    ]
    return "; ".join(told)


def place(cited: Citation) -> str:
    """The exchange of a citation, its request line, and the byte."""
    at = "" if cited.offset is None else f", byte {cited.offset} of the body"
    request = one_line(cited.request or cited.label, LONGEST)
    return f"exchange {cited.exchange} of {cited.probe}, {request}{at}"


def situation(verdict: Verdict) -> str:
    """The dimensions of the situation that are not the usual ones; empty for the usual situation."""
    return ", ".join(f"{name}={value}" for name, value in verdict.situation)


def _is_decided(verdict: Verdict) -> bool:
    return not verdict.outcome.is_undecided and verdict.outcome is not Outcome.ERRORED


def _decided(asked: Asked, verdict: Verdict) -> Iterator[Fact]:
    rule = verdict.expected or asked.statement
    if rule.startswith(asked.statement):
        rest = rule.removeprefix(asked.statement).strip()
        rule = f"as stated. {rest}" if rest else "as stated"
    expected = one_line(rule, LONGEST)
    yield Fact("expected", f"{expected} [{asked.evidence}: {asked.source}]")
    yield Fact("observed", one_line(verdict.observed, LONGEST))
    for name, text in (("where", where(verdict)), ("situation", situation(verdict))):
        if text:
            yield Fact(name, text)


def _open(verdict: Verdict, ids: Sequence[str], target: str, folder: str) -> Iterator[Fact]:
    yield Fact("missing", one_line(last_line(verdict.observed), LONGEST))
    if at := where(verdict):
        yield Fact("where", at)
    yield Fact("to do", to_do(verdict, ids, target=target, folder=folder))
