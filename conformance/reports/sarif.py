"""Findings as SARIF 2.1.0, for tools that aggregate results. Pure.

A finding is about a server and not about a line of a file, so a result has a *logical* location, the
operation, and no physical one: a viewer could only open a wrong file. Form and terms are those of OASIS'
standard; text from a target is in plain text fields, without markup.
"""

import json
from collections.abc import Iterator
from typing import Any

from sigmic_conformance.conformance.judging.verdict import Outcome
from sigmic_conformance.conformance.reports.material import Material, Row
from sigmic_conformance.conformance.reports.visible import one_line

SCHEMA = "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json"
VERSION = "2.1.0"
TEXT = 1000
_KINDS = {
    Outcome.PASSED: "pass",
    Outcome.INFO: "informational",
    Outcome.INAPPLICABLE: "notApplicable",
    Outcome.BLOCKED: "open",
    Outcome.INCONCLUSIVE: "open",
    Outcome.FAILED: "fail",
    Outcome.WARNED: "fail",
    Outcome.ERRORED: "fail",
}
_LEVELS = {Outcome.FAILED: "error", Outcome.ERRORED: "error", Outcome.WARNED: "warning"}
"""For a result that is not a `fail` the standard requires `none`."""


def _notifications(material: Material) -> Iterator[dict[str, Any]]:
    """Why the target could not be tested, and what explains many verdicts."""
    problem = material.document["problem"]
    told = [("error", problem)] if problem else []
    for level, text in (*told, *(("warning", each) for each in material.causes)):
        yield {"level": level, "message": {"text": one_line(text, TEXT)}}


def sarif(material: Material) -> str:
    """The run as a SARIF log: a rule and a result for every checked row."""
    document = material.document
    log = {
        "$schema": SCHEMA,
        "version": VERSION,
        "runs": [
            {
                "tool": {
                    "driver": {
                        "name": "sigmic-conformance",
                        "version": document["suite"],
                        "rules": [_rule(row) for row in material.rows],
                    }
                },
                "invocations": [
                    {
                        "executionSuccessful": document["problem"] is None,
                        "startTimeUtc": document["started_at"],
                        "endTimeUtc": document["ended_at"],
                        "exitCode": document["exit_code"],
                        "toolExecutionNotifications": list(_notifications(material)),
                    }
                ],
                "results": [_result(row, number) for number, row in enumerate(material.rows)],
                "properties": {"target": document["target"]["base_url"], "ledger": document["ledger"]},
            }
        ],
    }
    return json.dumps(log, ensure_ascii=False, indent=1) + "\n"


def _rule(row: Row) -> dict[str, Any]:
    rule: dict[str, Any] = {
        "id": row.id,
        "shortDescription": {"text": row.statement},
        "properties": {"tags": [row.area, row.level, row.evidence]},
    }
    return rule | ({"helpUri": row.link} if row.link else {})


def _result(row: Row, number: int) -> dict[str, Any]:
    found: dict[str, Any] = {
        "ruleId": row.id,
        "ruleIndex": number,
        "kind": _KINDS[row.outcome],
        "level": _LEVELS.get(row.outcome, "none"),
        "message": {"text": one_line(" ".join(_said(row)), TEXT)},
        "partialFingerprints": {"check/v1": f"{row.id}:{row.verdict.reason or row.outcome.value}"},
        "properties": {"outcome": row.outcome.value, "reason": row.verdict.reason, "binds": row.binds},
    }
    if row.operations:
        names = [{"fullyQualifiedName": each, "kind": "function"} for each in row.operations]
        found["locations"] = [{"logicalLocations": names}]
    if row.excused:
        found["suppressions"] = [{"kind": "external", "justification": "known to the baseline"}]
    return found


def _said(row: Row) -> Iterator[str]:
    yield row.statement
    if row.verdict.expected and row.is_trouble:
        yield f"Expected: {row.verdict.expected}."
    yield f"Observed: {row.verdict.observed}"
    if row.again:
        yield f"({row.again})"
