"""The measured cost of each probe: requests, turns of the model, bytes sent, seconds.

The figures are data (`probe_costs.yaml`), taken from a saved run of the reference platform over everything:

    sigmic-conformance run --mock --report-dir reports/mock
    python -m sigmic_conformance.run.costs reports/mock
"""

import sys
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from functools import cache
from pathlib import Path

import yaml

from sigmic_conformance.results.saved import SavedRun, Unusable, read
from sigmic_conformance.target.profile import Profile
from sigmic_conformance.traffic.budget import TURN_OPERATIONS, Cost
from sigmic_conformance.wire.transcript import Ending, Exchange, Transcript
from sigmic_spec import strict_yaml
from sigmic_spec.plural import plural

FILE = Path(__file__).with_name("probe_costs.yaml")

_HEADING = """# What each probe costs on the reference platform, measured. Generated, not written:
#   sigmic-conformance run --mock --report-dir reports/mock
#   python -m sigmic_conformance.run.costs reports/mock
# requests; turns of the model (tasks and follow-ups accepted); bytes sent in bodies; seconds.
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Costs:
    """All measured costs, and the profile they were measured with (its windows matter)."""

    profile: Profile
    probes: Mapping[str, Cost]

    def of(self, probe: str) -> Cost | None:
        """The cost of a probe; None if it was never measured."""
        return self.probes.get(probe)


@cache
def load(path: Path = FILE) -> Costs:
    """Read the measured costs."""
    document = strict_yaml.read(path.read_text(encoding="utf-8"))
    measured = document["measured_with"]
    return Costs(
        profile=Profile(base_url="http://reference", reference=True, **measured),
        probes={name: Cost(**row) for name, row in document["probes"].items()},
    )


def is_turn(exchange: Exchange) -> bool:
    """True for a request that made the model work."""
    return exchange.operation in TURN_OPERATIONS and exchange.sent.method == "POST" and exchange.succeeded


def cost(transcript: Transcript) -> Cost:
    """The cost of a recorded probe."""
    exchanges = transcript.exchanges
    nanoseconds = max(each.ended for each in exchanges) - min(each.started for each in exchanges)
    return Cost(
        requests=len(exchanges),
        turns=sum(map(is_turn, exchanges)),
        bytes=sum(each.sent.size if each.sent.written is None else each.sent.written for each in exchanges),
        seconds=round(nanoseconds / 1e9, 1),
    )


def measured(run: SavedRun) -> dict[str, Cost]:
    """The costs of every probe of a saved run that came to its end."""
    return {
        name: cost(transcript)
        for name, transcript in run.transcripts().items()
        if transcript.ending is Ending.COMPLETE and transcript.exchanges
    }


def rendered(profile: Profile, costs: Mapping[str, Cost]) -> str:
    """The text of `probe_costs.yaml`."""
    head = {
        "measured_with": {
            "heartbeat_seconds": profile.heartbeat_seconds,
            "session_expiry_seconds": profile.session_expiry_seconds,
            "concurrency": profile.concurrency,
        }
    }
    rows = "".join(
        f"  {name}: {{{', '.join(f'{key}: {value}' for key, value in asdict(each).items())}}}\n"
        for name, each in sorted(costs.items())
    )
    return f"{_HEADING}{yaml.safe_dump(head, sort_keys=False)}probes:\n{rows}"


def main(arguments: Sequence[str], *, into: Path = FILE) -> int:
    """Write `probe_costs.yaml` from a saved run; return the exit code.

    1 if the run has not completed a probe of this suite: the probe is named, and has no entry.
    """
    from sigmic_conformance.registry import load as registry
    from sigmic_spec.ledger import Ledger

    if len(arguments) != 1:
        sys.stderr.write("usage: python -m sigmic_conformance.run.costs RUN\n")
        return 4
    try:
        run = read(Path(arguments[0]))
        found = measured(run)
    except Unusable as problem:
        sys.stderr.write(f"sigmic_conformance.run.costs: {problem}\n")
        return 4
    probes = set(registry(Ledger.load().by_id).probes)
    costs = {name: each for name, each in found.items() if name in probes}
    into.write_text(rendered(run.profile, costs), encoding="utf-8")
    sys.stdout.write(f"{plural(len(costs), 'probe')} measured: {into}\n")
    missing = sorted(probes - set(costs))
    if missing:
        sys.stderr.write(f"sigmic_conformance.run.costs: not run to their end: {', '.join(missing)}\n")
    return 1 if missing else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
