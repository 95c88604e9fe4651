"""Read from a record what the target does where no page says anything. Pure."""

import json
import re
from collections.abc import Iterator, Mapping
from fnmatch import fnmatchcase

from sigmic_conformance.model.choices import OBSERVED, Answers
from sigmic_conformance.model.record.evidence import brief
from sigmic_conformance.model.record.record import NotRecorded, Record
from sigmic_conformance.model.record.verdict import Outcome, Verdict
from sigmic_conformance.results.choice import Answer, TargetChoice
from sigmic_conformance.run.evaluation import evaluated
from sigmic_conformance.wire.transcript import Exchange
from sigmic_spec.ledger import Ledger
from sigmic_spec.requirement import Choice, Kind

ABSENT = "absent"
ANY = "*"
_TIMES = re.compile(r" \([\d,]+ times?\)")


def choices_of(
    everything: Record, ledger: Ledger, verdicts: Mapping[str, Verdict]
) -> tuple[TargetChoice, ...]:
    """The answers to all questions of the ledger, and the readings that checked requirements ask for."""
    asked = (
        TargetChoice(id=each.id, question=each.question, answers=_first_of_each(_labelled(each, everything)))
        for each in ledger.choices
    )
    pins = (row for row in ledger.requirements if row.kind is Kind.PIN and row.id in verdicts)
    readings = (
        TargetChoice(
            id=row.id, question=row.statement, answers=_reading(row.id, verdicts[row.id], everything)
        )
        for row in pins
    )
    return (*asked, *(each for each in readings if each.answers))


def _labelled(choice: Choice, everything: Record) -> Answers:
    """The answers with their labels; one that is not expected is its own label."""
    for text, exchange in _found(choice, everything):
        pattern = next((each for each in choice.answers if fnmatchcase(text, each)), None)
        if pattern is None:
            yield brief(text), exchange
        else:
            # A text that may be any, such as a time, differs from run to run.
            own = "" if choice.observed or pattern in {text, ANY} else f" ({brief(text)})"
            yield choice.answers[pattern] + own, exchange


def _found(choice: Choice, everything: Record) -> Answers:
    if choice.observed:
        for model in everything.derived(evaluated).models:
            yield from OBSERVED[choice.observed](model.choices)
        return
    try:
        exchanges = everything.labelled(choice.probe, choice.label)
    except NotRecorded:
        return
    for exchange in exchanges:
        text = _text(choice, exchange)
        if text is not None:
            yield text, exchange


def _text(choice: Choice, exchange: Exchange) -> str | None:
    """The answer of an exchange; None if it shows none."""
    if exchange.status is None:
        return None
    if choice.header:
        return exchange.header(choice.header) or ABSENT
    if not choice.field:
        return f"{exchange.status} {exchange.code or ''}".strip()
    if not exchange.ok:
        return None
    value = exchange.fields.get(choice.field, ABSENT)
    return value if isinstance(value, str) else json.dumps(value, sort_keys=True)


def _first_of_each(answers: Answers) -> tuple[Answer, ...]:
    """The different answers in the order of their texts, each with the first exchange that shows it."""
    first: dict[str, Exchange] = {}
    for text, exchange in answers:
        first.setdefault(text, exchange)
    return tuple(
        Answer(text=text, probe=exchange.probe, exchange=exchange.number)
        for text, exchange in sorted(first.items(), key=lambda each: each[0])
    )


def _reading(row: str, verdict: Verdict, everything: Record) -> tuple[Answer, ...]:
    """The reading that the verdict names, or the first one that the clauses of the row noted."""
    cited = verdict.evidence[0] if verdict.evidence else None
    text = _TIMES.sub("", verdict.observed) if verdict.outcome is Outcome.INFO and not verdict.reason else ""
    text = text or "; ".join(sorted(set(_first_readings(row, everything))))
    if not text or cited is None:
        return ()
    return (Answer(text=brief(text), probe=cited.probe, exchange=cited.exchange),)


def _first_readings(row: str, everything: Record) -> Iterator[str]:
    evaluation = everything.derived(evaluated)
    evaluation.row(row)  # its clauses note the readings
    for model in evaluation.models:
        if row in model.readings:
            yield model.readings[row]
