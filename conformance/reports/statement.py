"""The statement to be signed: what was claimed, proven, waived, unproven, by what, on which bytes."""

import hashlib
import json
from collections.abc import Iterator
from typing import Any

from sigmic_conformance.conformance.exit_codes import ExitCode
from sigmic_conformance.conformance.judging.verdict import Outcome
from sigmic_conformance.conformance.reports.markdown import code
from sigmic_conformance.conformance.reports.material import Material, Row
from sigmic_conformance.conformance.reports.words import cause, claim_in_words, verdict_in_words, when
from sigmic_conformance.conformance.results.saved import RESULT, Unusable, files_of
from sigmic_conformance.conformance.target.profile import CAPABILITIES

FORMAT = 1
_LISTS = (
    ("tolerated", "Tolerated"),
    ("recorded", "Recorded"),
    ("inapplicable", "Inapplicable"),
    ("not_judged", "Left out by the tier and not tested"),
)


def statement(material: Material, *, signed_by: str | None = None) -> dict[str, Any]:
    """The statement as JSON values.

    Raises `Unusable` if a transcript is missing or differs from the one that the verdicts are based on.
    """
    document = material.document
    if not document.get("probes"):
        raise Unusable(f"{material.run.folder} has no transcripts, so it can't be signed")
    target, exit_code = document["target"], ExitCode(document["exit_code"])
    without = set(target.get("without", ()))
    return {
        "format": FORMAT,
        "statement": verdict_in_words(document),
        "conformant": exit_code is ExitCode.OK and _is_whole(material),
        "claimed": {
            "target": target["base_url"],
            "reference": bool(target["reference"]),
            "rows": document.get("selection") or "all",
            "capabilities": sorted(CAPABILITIES - without),
            "without": sorted(without),
            "profile": dict(target),
        },
        "judged": {
            "suite": document["suite"],
            "ledger": document["ledger"],
            "started_at": document["started_at"],
            "ended_at": document["ended_at"],
            "exit_code": int(exit_code),
            "warnings_fail": bool(document.get("strict")),
        },
        "claims": {name: claim_in_words(each) for name, each in document.get("claims", {}).items()},
        "counts": {outcome.value: material.number(outcome) for outcome in Outcome},
        "proven": _ids(material, Outcome.PASSED),
        "broken": [
            _broken(row) for row in material.rows if row.outcome is Outcome.FAILED and not row.excused
        ],
        "waived": _waived(material),
        "baseline_problems": list(document.get("baseline", {}).get("problems", ())),
        "unproven": [_unproven(row) for row in material.rows if not row.outcome.proves and _undecided(row)],
        "tolerated": _ids(material, Outcome.WARNED),
        "recorded": _ids(material, Outcome.INFO),
        "inapplicable": _ids(material, Outcome.INAPPLICABLE),
        "not_judged": list(document.get("unselected", ())),
        "sha256": _digests(material),
        "signed_off": {"by": signed_by, "role": None, "date": None},
    }


def as_json(said: dict[str, Any]) -> str:
    """The statement as a file."""
    return json.dumps(said, ensure_ascii=False, indent=1) + "\n"


def as_markdown(said: dict[str, Any]) -> str:
    """The statement for readers; its last lines are for the signature."""
    return "\n".join(_lines(said)) + "\n"


def _lines(said: dict[str, Any]) -> Iterator[str]:
    claimed, checked = said["claimed"], said["judged"]
    yield "# Statement of conformance to the Sigmic AI API\n"
    yield f"{code(said['statement'])}\n"
    yield f"- Target: {code(claimed['target'])}{' (the reference platform)' if claimed['reference'] else ''}"
    yield f"- Requirements: {code(claimed['rows'])}"
    yield f"- Claimed to have: {', '.join(claimed['capabilities'])}"
    if claimed["without"]:
        yield f"- Claimed not to have: {', '.join(claimed['without'])}"
    yield (
        f"- Tested {when(checked)} by suite {checked['suite']} on ledger {checked['ledger']},"
        f" exit code {checked['exit_code']}"
    )
    yield f"- Conformant without exception: {'yes' if said['conformant'] else 'no'}\n"
    if said["claims"]:
        yield "## Claims\n"
        yield from (f"- {name}: {words}" for name, words in said["claims"].items())
        yield ""
    yield f"## Proven: {len(said['proven'])}\n\n{_list(said['proven'])}\n"
    yield f"## Broken: {len(said['broken'])}\n"
    yield from (f"- {each['id']} `{each['reason']}`: {code(each['observed'])}" for each in said["broken"])
    yield f"\n## Waived by the baseline, which is not conformance: {len(said['waived'])}\n"
    yield from (
        f"- {each['id']} `{each['reason']}` until {each['expires']}, answered for by {code(each['owner'])}:"
        f" {code(each['why'])}"
        for each in said["waived"]
    )
    yield from (f"- problem: {code(each['text'])}" for each in said["baseline_problems"])
    yield f"\n## Not proven: {len(said['unproven'])}\n"
    yield from (
        f"- {each['id']} `{each['reason']}`{'' if each['binds'] else ' (does not bind)'}: {each['cause']};"
        f" would prove it: {each['would_prove']}"
        for each in said["unproven"]
    )
    for name, title in _LISTS:
        yield f"\n## {title}: {len(said[name])}\n\n{_list(said[name])}"
    yield "\n## Files with their digests\n\n| file | sha256 |\n|---|---|"
    yield from (f"| {name} | `{digest}` |" for name, digest in said["sha256"].items())
    yield "\n## Signed off\n"
    yield f"Name: {said['signed_off']['by'] or '______________________'}\n"
    yield "Role: ______________________\n\nDate: ______________________\n\nSignature: ______________________"


def _is_whole(material: Material) -> bool:
    """True if no row was left out and none is waived."""
    document = material.document
    return not (document.get("selection") or document.get("unselected") or _waived(material))


def _list(ids: list[str]) -> str:
    return ", ".join(ids) or "none"


def _ids(material: Material, outcome: Outcome) -> list[str]:
    return [row.id for row in material.rows if row.outcome is outcome]


def _undecided(row: Row) -> bool:
    return row.outcome is not Outcome.FAILED and not row.excused


def _broken(row: Row) -> dict[str, Any]:
    return {
        "id": row.id,
        "reason": row.verdict.reason,
        "statement": row.statement,
        "observed": row.verdict.observed,
    }


def _unproven(row: Row) -> dict[str, Any]:
    what, remedy = cause(row.outcome, row.verdict.reason)
    reason = row.verdict.reason or row.outcome.value
    return {"id": row.id, "reason": reason, "binds": row.binds, "cause": what, "would_prove": remedy}


def _waived(material: Material) -> list[dict[str, Any]]:
    baseline = material.document.get("baseline", {})
    entries = {entry["check"]: entry for entry in baseline.get("waivers", ())}
    return [
        {
            "id": row,
            **{
                key: entries.get(row, {}).get(key) or "not kept"
                for key in ("reason", "owner", "expires", "why", "link")
            },
        }
        for row in baseline.get("excused", ())
    ]


def _digests(material: Material) -> dict[str, str]:
    """The digest of the result and of each transcript, computed from the current files."""
    folder = material.run.folder
    found = {RESULT: _digest(folder, RESULT)}
    for path, digest in files_of(material.document).items():
        found[path] = _digest(folder, path)
        if digest and digest != found[path]:
            raise Unusable(f"{folder / path} was changed after the run, so it can't be signed")
    return found


def _digest(folder: Any, name: str) -> str:
    try:
        return hashlib.sha256((folder / name).read_bytes()).hexdigest()
    except OSError as error:
        raise Unusable(f"{folder / name}: {(error.strerror or 'unreadable').lower()}") from error
