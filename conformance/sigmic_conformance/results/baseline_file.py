"""The baseline file: read and validated, written in one form, and updated from a finished run."""

import json
from collections.abc import Iterable, Mapping
from datetime import date
from pathlib import Path
from types import MappingProxyType
from typing import Any

import jsonschema_rs
import yaml

from sigmic_conformance.exit_codes import Refused
from sigmic_conformance.model.record.verdict import Outcome, Verdict
from sigmic_conformance.results.baseline import Entry, Known, pattern_of
from sigmic_spec import strict_yaml

SCHEMA = Path(__file__).with_name("baseline.schema.json")


class BaselineUnusable(Refused):
    """The file cannot be used; the text is one line with the reason."""


def read_baseline(path: Path) -> tuple[Entry, ...]:
    """Read a baseline; raises `BaselineUnusable`."""
    try:
        loaded = strict_yaml.read_json_values(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise BaselineUnusable(f"{path}: {(error.strerror or 'unreadable').lower()}") from error
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        raise BaselineUnusable(f"{path} is not YAML: {' '.join(str(error).split())}") from error
    validator = jsonschema_rs.validator_for(json.loads(SCHEMA.read_text(encoding="utf-8")))
    for problem in validator.iter_errors(loaded):
        where = "/".join(str(step) for step in problem.instance_path) or "the file"
        raise BaselineUnusable(f"{path}, {where}: {problem.message}")
    return tuple(_entry(path, number, row) for number, row in enumerate(loaded["entries"]))


def written(entries: Iterable[Entry]) -> str:
    """The file's text, rows in the order of their checks."""
    rows = [_row(entry) for entry in sorted(entries, key=lambda each: (each.check, each.target))]
    head = "# Known failures. An entry that no longer holds is exit code 11.\n"
    return head + yaml.safe_dump(
        {"format": 1, "entries": rows}, sort_keys=False, allow_unicode=True, width=110
    )


def renewed(
    old: Iterable[Entry],
    verdicts: Mapping[str, Verdict],
    *,
    target: str,
    owner: str,
    expires: date,
    binding: Iterable[str] = (),
    flaky: Mapping[str, date] = MappingProxyType({}),
) -> tuple[Entry, ...]:
    """The entries that match a finished run: those that still apply are unchanged, the others are new.

    A row in `binding` that is unproven gets an entry too. Entries about other targets are retained, and so
    are those of checks that are known to be flaky and passed. The rows in `flaky` failed, then passed: their
    entries are marked flaky and expire on the day given there.
    """
    kept = [entry for entry in old if not entry.concerns(target)]
    mine = {entry.check: entry for entry in old if entry.concerns(target)}
    bound = frozenset(binding)
    for check, verdict in verdicts.items():
        unproven = verdict.outcome.is_undecided and check in bound
        known = mine.get(check)
        if known and known.known is Known.FLAKY and verdict.outcome.proves:
            kept.append(known)
        if verdict.outcome is not Outcome.FAILED and not unproven:
            continue
        if known and known.says(verdict):
            kept.append(known)
        else:
            why = "not looked into yet"
            kept.append(
                Entry(
                    check=check,
                    target=pattern_of(target),
                    outcome=verdict.outcome,
                    reason=verdict.reason,
                    owner=owner,
                    expires=flaky.get(check, expires),
                    why=why,
                    known=Known.FLAKY if check in flaky else Known.FAILING,
                )
            )
    return tuple(kept)


def _entry(path: Path, number: int, row: Mapping[str, Any]) -> Entry:
    try:
        expires = date.fromisoformat(row["expires"])
    except ValueError as error:
        raise BaselineUnusable(f"{path}, entries/{number}/expires: {error}") from error
    outcome, known = Outcome(row.get("outcome", "failed")), Known(row.get("known", "failing"))
    return Entry(**{**row, "expires": expires, "outcome": outcome, "known": known})


def _row(entry: Entry) -> dict[str, Any]:
    row = {
        "check": entry.check,
        "target": entry.target,
        "known": entry.known.value,
        "outcome": entry.outcome.value,
        "reason": entry.reason,
        "owner": entry.owner,
        "expires": entry.expires.isoformat(),
        "why": entry.why,
    }
    return row | ({"link": entry.link} if entry.link else {})
