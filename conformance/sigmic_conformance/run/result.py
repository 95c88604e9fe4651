"""Writes the results of a run: `result.json` and the transcripts. Everything else is derived from them."""

import hashlib
import json
from collections import Counter
from collections.abc import Mapping
from dataclasses import asdict
from datetime import UTC, datetime
from importlib import metadata
from pathlib import Path
from typing import Any

from sigmic_conformance.model.record.verdict import Outcome
from sigmic_conformance.results.baseline import Entry
from sigmic_conformance.results.saved import AGAIN, RESULT, TRANSCRIPTS
from sigmic_conformance.run.run import Run
from sigmic_conformance.wire.ndjson import ndjson
from sigmic_conformance.wire.transcript import Transcript

FORMAT = 1


def result(
    run: Run,
    *,
    complete: bool,
    transcripts: Mapping[str, Transcript] | None = None,
    again: Mapping[str, Transcript] | None = None,
    sha256: Mapping[str, str] | None = None,
) -> dict[str, Any]:
    """The run as JSON values; `complete` False marks an interrupted run.

    `transcripts` are those that are saved, by default all, `again` those of the retried probes, and `sha256`
    has the digests of their files, by path.
    """
    kept = run.transcripts(waiting=complete) if transcripts is None else transcripts
    ended = datetime.now(UTC)
    comparison = run.gate.comparison()
    return {
        "format": FORMAT,
        "suite": suite_version(),
        "ledger": run.ledger.version,
        "pin": run.pin,
        "target": run.profile.public(),
        "strict": run.strict,
        "selection": run.selection,
        "shard": _shard(run),
        "tier": run.tier.value,
        "unselected": list(run.unselected),
        "seed": run.seed,
        "budget": {
            "planned": asdict(run.plan.total) if run.plan else None,
            "spent": asdict(run.spending),
            "left_out": dict(run.plan.left_out) if run.plan else {},
        },
        "started_at": run.started_at.isoformat(timespec="milliseconds"),
        "ended_at": ended.isoformat(timespec="milliseconds"),
        "seconds": round((ended - run.started_at).total_seconds(), 1),
        "problem": run.problem,
        "counts": counts(run),
        "areas": areas(run),
        "claims": {name: claim.document() for name, claim in run.gate.claims().items()},
        "exit_code": int(run.exit_code()),
        "exit_codes": sorted(int(code) for code in run.exit_codes()),
        "probes": _probes(kept, TRANSCRIPTS, sha256 or {}),
        "probes_again": _probes(again or {}, f"{TRANSCRIPTS}/{AGAIN}", sha256 or {}),
        "verdicts": [_verdict(run, row) for row in sorted(run.verdicts)],
        "choices": [asdict(each) for each in run.choices()] if complete else [],
        "situations": run.situations().document() if complete else None,
        "baseline": {
            "excused": sorted(comparison.excused),
            "waivers": [_waiver(entry) for entry in run.baseline if entry.check in comparison.excused],
            "problems": [asdict(problem) for problem in comparison.problems],
            "elsewhere": list(comparison.elsewhere),
        },
        "complete": complete,
    }


def _probes(transcripts: Mapping[str, Transcript], folder: str, sha256: Mapping[str, str]) -> dict[str, Any]:
    return {
        name: {
            "ending": each.ending,
            "detail": each.detail,
            "exchanges": len(each.exchanges),
            "sha256": sha256.get(f"{folder}/{name}.ndjson", ""),
        }
        for name, each in sorted(transcripts.items())
    }


def counts(run: Run) -> dict[str, int]:
    """The number of verdicts of each outcome, zeros included."""
    found = Counter(verdict.outcome for verdict in run.verdicts.values())
    return {outcome.value: found[outcome] for outcome in Outcome}


def areas(run: Run) -> dict[str, dict[str, int]]:
    """The same by area, in the ledger's order, without zeros."""
    found: dict[str, Counter[str]] = {}
    for area in run.ledger.areas:
        mine = [verdict.outcome.value for row, verdict in run.verdicts.items() if row.startswith(f"{area}-")]
        if mine:
            found[area] = Counter(mine)
    return {area: dict(counter) for area, counter in found.items()}


def write(run: Run, folder: Path, *, complete: bool, waiting: bool | None = None) -> Path:
    """Write `result.json` and `transcripts/*.ndjson`; return the path of the former.

    With `waiting`, by default for a complete run, it waits for the probes that still run.
    """
    found = run.transcripts(waiting=complete if waiting is None else waiting)
    again = run.retries.transcripts()
    sha256 = write_transcripts(folder, found, again)
    return write_result(folder, result(run, complete=complete, transcripts=found, again=again, sha256=sha256))


def write_transcripts(
    folder: Path, found: Mapping[str, Transcript], again: Mapping[str, Transcript]
) -> dict[str, str]:
    """Write the transcripts; return the files' digests, by their paths."""
    for old in (folder / TRANSCRIPTS).glob("**/*.ndjson"):
        old.unlink()
    sha256: dict[str, str] = {}
    for path, transcripts in ((TRANSCRIPTS, found), (f"{TRANSCRIPTS}/{AGAIN}", again)):
        if transcripts or path == TRANSCRIPTS:
            (folder / path).mkdir(parents=True, exist_ok=True)
        for name, transcript in transcripts.items():
            file = f"{path}/{name}.ndjson"
            sha256[file] = write_transcript(transcript, folder / file)
    return sha256


def write_result(folder: Path, document: Mapping[str, Any]) -> Path:
    """Write `result.json` atomically; return its path."""
    return write_whole(folder / RESULT, json.dumps(document, ensure_ascii=False, indent=1) + "\n")


def write_whole(path: Path, text: str) -> Path:
    """Write a file atomically; return its path."""
    draft = path.with_name(f"{path.name}.part")
    draft.write_text(text, encoding="utf-8", errors="backslashreplace")
    return draft.replace(path)


def write_transcript(transcript: Transcript, path: Path) -> str:
    """Write one transcript and return the digest (SHA-256, hexadecimal) of the file."""
    digest = hashlib.sha256()
    with path.open("wb") as file:
        for line in ndjson(transcript):
            # A lone surrogate becomes the JSON escape that it was.
            data = f"{line}\n".encode(errors="backslashreplace")
            digest.update(data)
            file.write(data)
    return digest.hexdigest()


def _verdict(run: Run, id: str) -> dict[str, Any]:
    verdict, requirement = run.verdicts[id], run.ledger.by_id[id]
    return {
        "id": id,
        "outcome": verdict.outcome.value,
        "reason": verdict.reason,
        "level": requirement.level.value,
        "binds": requirement.binds,
        "evidence": requirement.evidence.value,
        "statement": requirement.statement,
        "source": requirement.source,
        "operations": list(requirement.operations),
        **_again(run, id),
        "expected": verdict.expected,
        "observed": verdict.observed,
        "others": verdict.others,
        "situation": dict(verdict.situation),
        "slices": [asdict(each) for each in verdict.evidence],
    }


def _shard(run: Run) -> dict[str, Any] | None:
    """Which shard of a run this is, and the rows that only the whole run can check; None without sharding."""
    if run.share is None:
        return None
    shard, share = run.share.shard, run.share
    return {"number": shard.number, "of": shard.of, "asked": list(share.asked), "held": list(share.held)}


def _again(run: Run, id: str) -> dict[str, Any]:
    """The result of a row's retry, or why a retry that could clear it was left out; else empty."""
    said, retry = run.retries.words(id), run.retries.done.get(id)
    if said is None:
        return {}
    if retry is None:
        return {"again": {"said": said, "probes": []}}
    looks = {"first": retry.first, "second": retry.second}
    told = {name: {"outcome": each.outcome.value, "reason": each.reason} for name, each in looks.items()}
    return {"again": {"said": said, "probes": sorted(retry.probes), **told}}


def _waiver(entry: Entry) -> dict[str, Any]:
    return asdict(entry) | {"expires": entry.expires.isoformat()}


def suite_version() -> str:
    """The version of the installed package."""
    try:
        return metadata.version("sigmic-conformance")
    except metadata.PackageNotFoundError:
        return "unpackaged"
