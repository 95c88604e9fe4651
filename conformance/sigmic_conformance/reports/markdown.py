"""The summary of a run for a CI page or a comment: Markdown of bounded length. Pure.

Text from a target is put in code spans, so that it cannot embed images, mention users or break a table.
"""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from sigmic_conformance.exit_codes import ExitCode
from sigmic_conformance.model.record.verdict import Outcome
from sigmic_conformance.reports.choices import TITLE
from sigmic_conformance.reports.five_lines import finding
from sigmic_conformance.reports.material import Material, Row
from sigmic_conformance.reports.visible import one_line, visible
from sigmic_conformance.reports.words import (
    ORDER,
    cause,
    claim_in_words,
    exit_in_words,
    verdict_in_words,
    when,
)
from sigmic_conformance.results.findings import VerdictGroup, gathered
from sigmic_spec.plural import plural

MOST_FINDINGS = 40
MOST_IDS = 60
MOST_NAMED = 8
MOST_CHARACTERS = 60_000
"""Below the limit of a comment on a pull request."""
TEXT = 240


def summary(material: Material) -> str:
    """The summary; cut at a line, with a note, if it would be longer than `MOST_CHARACTERS`."""
    lines = [
        *_head(material),
        *(f"Cause: {code(each)}\n" for each in material.causes),
        *_table(material),
        *_claims(material),
        *_findings(material, Outcome.ERRORED, "Broke inside the suite"),
        *_findings(material, Outcome.FAILED, "Broken"),
        *_unproven(material),
        *_findings(material, Outcome.WARNED, "Tolerated"),
        *_baseline(material),
        *_choices(material),
        *_observed(material),
    ]
    text, size = [], 0
    for line in lines:
        size += len(line) + 1
        if size > MOST_CHARACTERS:
            text.append("\n*Cut here: the report has the rest.*")
            break
        text.append(line)
    return "\n".join(text) + "\n"


def code(text: str, length: int = TEXT) -> str:
    """The text as one code span, whatever backticks it has."""
    words = one_line(text, length)
    longest = max((len(run) for run in "".join(c if c == "`" else " " for c in words).split()), default=0)
    fence = "`" * (longest + 1)
    space = " " if longest or not words else ""
    return f"{fence}{space}{words}{space}{fence}"


def plain(text: str) -> str:
    """One of our sentences in Markdown, with markup characters escaped."""
    return visible(" ".join(text.split())).replace("<", "&lt;").replace("|", "\\|")


def title(document: Mapping[str, Any]) -> str:
    """The verdict as text, with quotations in a code span."""
    ours, quoting, quoted = verdict_in_words(document).partition(": ")
    foreign = document["problem"] or document.get("selection")
    return (
        f"{plain(ours)}: {code(quoted)}" if quoting and foreign == quoted else plain(ours + quoting + quoted)
    )


def _head(material: Material) -> Iterator[str]:
    document = material.document
    exit_code = ExitCode(document["exit_code"])
    yield f"# {title(document)}\n"
    facts = [
        code(document["target"]["base_url"]),
        f"suite {plain(document['suite'])}",
        f"ledger {plain(document['ledger'])}"
        + (f" (the gate knows {plain(document['pin'])})" if document.get("pin") else ""),
        when(document),
        f"exit code {int(exit_code)} ({exit_in_words(document) or 'see the report'})",
    ]
    yield f"{' · '.join(facts)}\n"
    if document.get("selection"):
        yield f"Only a part of the requirements was tested: {code(document['selection'])}\n"
    if document.get("unselected"):
        left_out = plural(len(document["unselected"]), "requirement")
        yield f"The tier `{document.get('tier')}` leaves out {left_out}: they are not tested.\n"


def _table(material: Material) -> Iterator[str]:
    columns = [outcome for outcome in ORDER if material.number(outcome)]
    yield f"| area | {' | '.join(columns)} |"
    yield f"|---|{'--:|' * len(columns)}"
    for area in material.areas:
        cells = [str(material.number(outcome, area) or "") for outcome in columns]
        yield f"| {area} | {' | '.join(cells)} |"
    yield f"| **all** | {' | '.join(f'**{material.number(outcome)}**' for outcome in columns)} |"


def _claims(material: Material) -> Iterator[str]:
    claims = {} if material.document.get("selection") else material.document.get("claims", {})
    if claims:
        yield "\n| claim | |\n|---|---|"
    for name, claim in claims.items():
        yield f"| {name} | {plain(claim_in_words(claim))} |"


def _findings(material: Material, outcome: Outcome, title: str) -> Iterator[str]:
    rows = [row for row in material.rows if row.outcome is outcome and not row.excused]
    if not rows:
        return
    yield f"\n## {title}: {len(rows)}\n"
    for row in rows[:MOST_FINDINGS]:
        yield from _finding(row)
    if len(rows) > MOST_FINDINGS:
        yield f"- and {len(rows) - MOST_FINDINGS} more: {_ids([row.id for row in rows[MOST_FINDINGS:]])}"


def _finding(row: Row) -> Iterator[str]:
    verdict = row.verdict
    reason = f" `{verdict.reason}`" if verdict.reason else ""
    yield f"- **{row.id}**{reason} {plain(row.statement)}"
    yield from (f"  - {fact.name}: {code(fact.text)}" for fact in finding(row.asked, verdict).facts)
    if row.again:
        yield f"  - retry: {plain(row.again)}"
    if verdict.evidence and verdict.evidence[0].exchange:
        piece = verdict.evidence[0]
        lines = [line for line in piece.excerpt.splitlines() if line.strip()]
        line = " ".join(lines[: 2 if piece.offset is None else 1])  # a status line alone is not enough
        if line:
            yield f"  - bytes: {code(line)}"
    if row.mistake:
        yield f"  - usual mistake: {plain(row.mistake)}"


def _unproven(material: Material) -> Iterator[str]:
    """The undecided rows by reason, and within it by cause."""
    rows = {row.id: row.verdict for row in material.rows if not row.excused}
    groups: dict[str, list[VerdictGroup]] = {}
    for group in gathered(rows, (Outcome.INCONCLUSIVE, Outcome.BLOCKED)):
        groups.setdefault(group.reason or group.outcome.value, []).append(group)
    sizes = {reason: sum(len(each.rows) for each in found) for reason, found in groups.items()}
    if not groups:
        return
    yield f"\n## Not proven: {sum(sizes.values())}\n"
    for reason, found in sorted(groups.items(), key=lambda each: -sizes[each[0]]):
        what, remedy = cause(found[0].outcome, found[0].reason)
        number = plural(sizes[reason], "requirement")
        yield f"- `{reason}` ({number}): {what}. **To do:** {remedy}."
        for each in found[:MOST_FINDINGS]:
            yield f"  - {code(each.why)}: {_ids(each.rows)}"
        left_out = [row for each in found[MOST_FINDINGS:] for row in each.rows]
        if left_out:
            yield f"  - and {len(left_out)} more: {_ids(left_out)}"


def _baseline(material: Material) -> Iterator[str]:
    baseline = material.document.get("baseline", {})
    if baseline.get("excused"):
        yield f"\n## Known to the baseline, which is not conformance\n\n{', '.join(baseline['excused'])}"
    if baseline.get("problems"):
        yield "\n## The baseline itself\n"
        for problem in baseline["problems"]:
            yield f"- `{problem['trouble']}` {code(problem['text'])}"


def _choices(material: Material) -> Iterator[str]:
    """What the target does where no page says anything."""
    found = [each for each in material.run.choices if each.answers]
    if not found:
        return
    yield f"\n## {TITLE}\n"
    yield "| question | answer |\n|---|---|"
    for each in found:
        answers = "; ".join(code(answer.text).replace("|", "\\|") for answer in each.answers)
        yield f"| {plain(each.question)} | {answers} |"


def _observed(material: Material) -> Iterator[str]:
    yield "\n## What was observed\n"
    for count in material.counts:
        missing = f"; not: {', '.join(count.missing[:MOST_NAMED])}" if count.missing else ""
        more = f" and {len(count.missing) - MOST_NAMED} more" if len(count.missing) > MOST_NAMED else ""
        yield f"- {count.have} of {count.of} {count.what}{missing}{more}"


def _ids(rows: Sequence[str]) -> str:
    left_out = len(rows) - MOST_IDS
    return ", ".join(rows[:MOST_IDS]) + (f" and {left_out} more" if left_out > 0 else "")
