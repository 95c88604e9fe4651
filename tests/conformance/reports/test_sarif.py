"""A run as SARIF.

The published schema is too large for this repository; `ESSENTIAL` has its rules for the parts that we
write: names, types, words. Write no other parts: nothing would check them.
"""

import json
from pathlib import Path
from typing import Any

import jsonschema_rs
import pytest

from sigmic_conformance.conformance.reports.sarif import sarif
from sigmic_conformance.spec.ledger import Ledger
from tests.conformance.reports.material import hostile_run, material, plain_run

TEXT: dict[str, Any] = {"type": "string"}
MESSAGE = {"properties": {"text": TEXT}, "required": ["text"]}
BAG = {"type": "object"}


def only(required: list[str] = [], **properties: Any) -> dict[str, Any]:  # noqa: B006  it is not changed
    return {
        "type": "object",
        "additionalProperties": False,
        "required": required,
        "properties": properties,
    }


def every(items: dict[str, Any]) -> dict[str, Any]:
    return {"type": "array", "items": items}


RULE = only(
    ["id"], id=TEXT, shortDescription=MESSAGE, helpUri={"type": "string", "format": "uri"}, properties=BAG
)
RESULT = only(
    ["message"],
    ruleId=TEXT,
    ruleIndex={"type": "integer", "minimum": -1},
    kind={"enum": ["notApplicable", "pass", "fail", "review", "open", "informational"]},
    level={"enum": ["none", "note", "warning", "error"]},
    message=MESSAGE,
    partialFingerprints={"type": "object", "additionalProperties": TEXT},
    locations=every(only(logicalLocations=every(only(fullyQualifiedName=TEXT, kind=TEXT)))),
    suppressions=every(only(["kind"], kind={"enum": ["inSource", "external"]}, justification=TEXT)),
    properties=BAG,
)
INVOCATION = only(
    ["executionSuccessful"],
    executionSuccessful={"type": "boolean"},
    startTimeUtc={"type": "string", "format": "date-time"},
    endTimeUtc={"type": "string", "format": "date-time"},
    exitCode={"type": "integer"},
    toolExecutionNotifications=every(
        only(["message"], level={"enum": ["none", "note", "warning", "error"]}, message=MESSAGE)
    ),
)
DRIVER = only(["name"], name=TEXT, version=TEXT, rules=every(RULE))
RUN = only(
    ["tool"],
    tool=only(["driver"], driver=DRIVER),
    invocations=every(INVOCATION),
    results=every(RESULT),
    properties=BAG,
)
ESSENTIAL = only(
    ["version", "runs"],
    **{"$schema": {"type": "string", "format": "uri"}, "version": {"const": "2.1.0"}, "runs": every(RUN)},
)


def unreachable_run(folder: Path) -> Path:
    return plain_run(folder, problem="nobody listens")


@pytest.mark.parametrize("make", [plain_run, hostile_run, unreachable_run])
def test_it_has_the_form_of_the_standard(tmp_path, make):
    log = json.loads(sarif(material(make(tmp_path))))

    validator = jsonschema_rs.Draft202012Validator(ESSENTIAL, validate_formats=True)
    assert [f"{list(each.instance_path)}: {each.message}" for each in validator.iter_errors(log)] == []


def test_a_row_is_a_rule_and_a_result_at_an_operation(tmp_path):
    baseline = {"excused": ["STREAM-014"]}
    (run,) = json.loads(sarif(material(plain_run(tmp_path, baseline=baseline))))["runs"]
    rules, results = run["tool"]["driver"]["rules"], run["results"]

    assert [rules[each["ruleIndex"]]["id"] for each in results] == [each["ruleId"] for each in results]
    assert {each["ruleId"] for each in results} <= set(Ledger.load().by_id)
    found = {each["ruleId"]: (each["kind"], each["level"]) for each in results}
    assert found == {
        "PHASE-001": ("pass", "none"),
        "BEAT-002": ("fail", "error"),
        "BEAT-001": ("open", "none"),
        "STREAM-014": ("fail", "warning"),
        "EVENT-018": ("informational", "none"),
        "ZIP-001": ("notApplicable", "none"),
    }
    assert [each["ruleId"] for each in results if "suppressions" in each] == ["STREAM-014"]
    assert results[0]["locations"][0]["logicalLocations"][0]["fullyQualifiedName"] == "get_task"
