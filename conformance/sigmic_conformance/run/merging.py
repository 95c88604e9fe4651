"""Merge the shards of a run: check their transcripts as if one machine had recorded them."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from datetime import datetime
from typing import Any
from urllib.parse import urlsplit

from sigmic_conformance.exit_codes import ExitCode, Refused, most_severe
from sigmic_conformance.model.record.record import Record
from sigmic_conformance.model.record.verdict import Outcome
from sigmic_conformance.registry import Registry
from sigmic_conformance.results.baseline import Entry
from sigmic_conformance.results.saved import SavedRun
from sigmic_conformance.run.choices import choices_of
from sigmic_conformance.run.evaluation import situations_of
from sigmic_conformance.run.rejudging import Rejudged, rejudged
from sigmic_conformance.run.result import result
from sigmic_conformance.run.retrial import NOT_RETRIED, Retrial
from sigmic_conformance.run.retries import Retries
from sigmic_conformance.run.run import Run
from sigmic_conformance.run.sharding import Shard
from sigmic_conformance.run.tiers import Tier
from sigmic_conformance.target.profile import Credentials
from sigmic_conformance.wire.transcript import Transcript
from sigmic_spec.ledger import Ledger

LOOPBACK = frozenset({"127.0.0.1", "::1", "localhost"})
_ALIKE = {
    "ledger": "ledgers",
    "pin": "ledgers (--ledger)",
    "suite": "suites",
    "tier": "tiers",
    "strict": "rules (--strict)",
    "seed": "seeds",
}
_SUMMED = ("turns", "bytes")


class Unmergeable(Refused):
    """The runs are not the shards of one run; the text is one line with the reason."""


@dataclass(frozen=True, slots=True)
class Merged:
    """The run, and what was recorded in it; `again` has the probes that were retried."""

    run: Run
    transcripts: Mapping[str, Transcript]
    again: Mapping[str, Transcript]
    parts: Sequence[SavedRun]

    def codes(self) -> set[ExitCode]:
        """Every exit code that applies."""
        of_a_part = {ExitCode.UNREACHABLE, ExitCode.BUDGET}
        said = {ExitCode(code) for part in self.parts for code in part.document["exit_codes"]}
        return self.run.exit_codes() | (said & of_a_part)

    def code(self) -> ExitCode:
        """The exit code with the highest precedence."""
        return most_severe(self.codes())

    def document(self, sha256: Mapping[str, str]) -> dict[str, Any]:
        """The `result.json` of the whole run; `sha256` has the digests of the transcripts, by path."""
        documents = [part.document for part in self.parts]
        ended = max(datetime.fromisoformat(each["ended_at"]) for each in documents)
        made = result(self.run, complete=True, transcripts=self.transcripts, again=self.again, sha256=sha256)
        record = Record(self.run.profile, self.transcripts)
        return made | {
            "ended_at": ended.isoformat(timespec="milliseconds"),
            "seconds": round((ended - self.run.started_at).total_seconds(), 1),
            "problem": next((each["problem"] for each in documents if each["problem"]), None),
            "exit_code": int(self.code()),
            "exit_codes": sorted(map(int, self.codes())),
            "budget": _budget([each["budget"] for each in documents]),
            "choices": [asdict(each) for each in choices_of(record, self.run.ledger, self.run.verdicts)],
            "situations": situations_of(record, self.run.verdicts).document(),
        }


def merged(
    parts: Sequence[SavedRun], ledger: Ledger, registry: Registry, baseline: tuple[Entry, ...] = ()
) -> Merged:
    """Check all rows on what all shards recorded, also those that any traffic shows.

    Raises `Unmergeable` when these are not the shards of one run, and `Unusable` for a transcript that is
    missing or truncated.
    """
    shards = _check(parts, ledger)
    first = parts[0]
    transcripts: dict[str, Transcript] = {}
    for part, shard in zip(parts, shards, strict=True):
        # Each shard has a preflight: that of the first one is saved.
        found_by = {name: replace(each, shard=shard.number) for name, each in part.transcripts().items()}
        transcripts = found_by | transcripts
    again = {row: part.transcripts_again(row) for part in parts for row in part.retried}
    record = Record(first.profile, transcripts)
    ledger = ledger.pinned(first.document["pin"])
    asked: list[str] = first.document["shard"]["asked"]
    found = rejudged(asked, record, again, ledger, registry, strict=bool(first.document["strict"]))
    own = f"shard {shards[0]}"
    run = Run(
        profile=first.profile,
        credentials=Credentials(api_key=""),
        ledger=ledger,
        pin=first.document["pin"],
        registry=registry,
        strict=bool(first.document["strict"]),
        selection=str(first.document["selection"]).removesuffix(own).removesuffix(", ") or None,
        tier=Tier(first.document["tier"]),
        unselected=tuple(first.document["unselected"]),
        seed=first.document["seed"],
        baseline=baseline,
        selected=frozenset(asked),
        started_at=min(datetime.fromisoformat(part.document["started_at"]) for part in parts),
        verdicts=dict(found.verdicts),
        retries=Retries(plan=Retrial(left=_untried(parts, found)), done=dict(found.retries)),
    )
    return Merged(
        run, transcripts, {name: each for seen in again.values() for name, each in seen.items()}, parts
    )


def _check(parts: Sequence[SavedRun], ledger: Ledger) -> list[Shard]:
    """Raise Unmergeable unless these are all shards of one run."""
    first = parts[0]
    shards: list[Shard] = []
    for part in parts:
        told = part.document.get("shard")
        if told is None:
            raise Unmergeable(f"{part.folder} is not a shard of a run. Create one with --shard N/M")
        shards.append(Shard(told["number"], told["of"]))
    for part, shard in zip(parts, shards, strict=True):
        for key, name in _ALIKE.items():
            if part.document[key] != first.document[key]:
                both = f"{first.document[key]} in {first.folder}, {part.document[key]} in {part.folder}"
                raise Unmergeable(f"the shards have different {name}: {both}")
        _check_target(first, part)
        if shard.of != shards[0].of or part.document["shard"]["asked"] != first.document["shard"]["asked"]:
            raise Unmergeable(f"{first.folder} and {part.folder} are not shards of the same run")
        if shards.count(shard) > 1:
            raise Unmergeable(f"shard {shard} is given twice")
    missing = [str(each) for n in range(shards[0].of) if (each := Shard(n + 1, shards[0].of)) not in shards]
    if missing:
        raise Unmergeable(f"shard {', '.join(missing)} is missing")
    if first.document["ledger"] != ledger.version:
        raise Unmergeable(
            f"the shards use ledger {first.document['ledger']}, but this suite has ledger {ledger.version}"
        )
    return shards


def _check_target(first: SavedRun, part: SavedRun) -> None:
    """A server that each machine starts for itself has its own port; nothing else may differ."""
    one, other = first.document["target"], part.document["target"]
    urls = one["base_url"], other["base_url"]
    if urls[0] != urls[1] and not all(urlsplit(url).hostname in LOOPBACK for url in urls):
        raise Unmergeable(f"the shards are of different targets: {urls[0]} and {urls[1]}")
    keys = sorted(key for key in {*one, *other} - {"base_url"} if one.get(key) != other.get(key))
    if keys:
        raise Unmergeable(f"the shards used different profiles: {', '.join(keys)}")


def _untried(parts: Sequence[SavedRun], found: Rejudged) -> dict[str, str]:
    """The failed rows that a shard could not retry, and why."""
    rows = {
        row["id"]: row["again"]["said"]
        for part in parts
        for row in part.document["verdicts"]
        if "again" in row
    }
    why = {row: said.partition(NOT_RETRIED)[2] for row, said in rows.items()}
    failed = [row for row, each in found.verdicts.items() if each.outcome is Outcome.FAILED]
    return {row: why[row] for row in failed if why.get(row) and row not in found.retries}


def _budget(budgets: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """What all shards planned and spent together."""
    planned = [each["planned"] for each in budgets if each["planned"]]
    return {
        "planned": {key: sum(each[key] for each in planned) for key in planned[0]} if planned else None,
        "spent": {key: sum(each["spent"][key] for each in budgets) for key in _SUMMED},
        "left_out": {name: why for each in budgets for name, why in each["left_out"].items()},
    }
