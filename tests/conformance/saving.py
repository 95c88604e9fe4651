"""Hand-written saved runs: a folder with a `result.json` and the transcripts that it names."""

import json
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from sigmic_conformance.run.result import write_transcript
from sigmic_conformance.target.profile import Profile
from sigmic_conformance.wire.transcript import Transcript


def verdict(id: str, outcome: str = "passed", reason: str | None = None, **more: Any) -> dict[str, Any]:
    piece = {"probe": "p", "exchange": 1, "label": "x", "note": "seen", "excerpt": "", "curl": "curl"}
    return {
        "id": id,
        "outcome": outcome,
        "reason": reason,
        "level": "must",
        "evidence": "documented",
        "statement": "The statement.",
        "source": "tasks/stream",
        "operations": ["get_task"],
        "expected": "this",
        "observed": "that",
        "slices": [piece],
    } | more


def save(
    folder: Path,
    verdicts: Iterable[Mapping[str, Any]],
    transcripts: Iterable[Transcript] = (),
    **more: Any,
) -> Path:
    rows, recorded, kept = list(verdicts), list(transcripts), folder / "transcripts"
    kept.mkdir(parents=True, exist_ok=True)
    digests = {each.probe: write_transcript(each, kept / f"{each.probe}.ndjson") for each in recorded}
    document = {
        "format": 1,
        "suite": "0",
        "ledger": "1",
        "target": Profile(base_url="http://127.0.0.1:1").public(),
        "strict": False,
        "started_at": "2026-11-24T16:00:00.000+00:00",
        "ended_at": "2026-11-24T16:00:01.000+00:00",
        "seconds": 1.0,
        "problem": None,
        "counts": {},
        "areas": {},
        "exit_code": 0,
        "exit_codes": [],
        "probes": {
            each.probe: {"ending": each.ending, "detail": "", "exchanges": 0, "sha256": digests[each.probe]}
            for each in recorded
        },
        "verdicts": rows,
        "complete": True,
    } | more
    (folder / "result.json").write_text(json.dumps(document))
    return folder
