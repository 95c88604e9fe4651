"""The judge judged: by a platform that shares no code with the reference, by oddities and by defects of it.

A handful runs always; everything runs with `pytest tests/conformance/test_targets.py -m slow`, best with
`-n 2`. What each target is expected to get stands at its class, and in docs/explanations/judge-proof.md.
"""

from pathlib import Path

import pytest

from conformance.proof.canary_servers import CANARIES, canary
from spec.ledger import Evidence, Ledger, Level
from tests.conformance.targets import defects, variations
from tests.conformance.targets.catalogue import DEFECTS, VARIATIONS, Switch
from tests.conformance.targets.judging import Judgement, judge, run
from tests.conformance.targets.server import serve

LEDGER = Ledger.load().by_id
QUICK_VARIATIONS = ("CarriageReturnLineFeed", "OldHttp", "OpaqueIds")
QUICK_DEFECTS = (
    "NoMarker",
    "KeysShareTasks",
    "ManyFiles",
    "RefusedButRun",
    "TotalOfThePage",
    "HeartbeatInsideEvent",
)
QUICK_CANARIES = ("closed port", "HTML login page", "endless headers")
UNPROVEN = ("errored", "inconclusive", "blocked")
ELSEWHERE = "ISOLATION-013"
"""An example names /workspace; the commands of the target find their files elsewhere: warned, and legal."""
REGISTERED = (defects, variations)


def each(quick: tuple[str, ...], everything: dict) -> list:
    """All names as parameters; those that are not quick carry the mark."""
    return [
        pytest.param(name, marks=() if name in quick else pytest.mark.slow, id=name) for name in everything
    ]


def decided(switch: Switch | None, folder: Path, *flags: str, select: str | None = None) -> Judgement:
    """A judgement; repeated, twice at most, when this machine was too busy to measure heartbeats."""
    parts = [switch.part] if switch else []
    heartbeat = switch.heartbeat if switch else 2.0
    number = 0
    while True:
        with serve(*parts, heartbeat=heartbeat, limits=True) as target:
            found = judge(target, folder / str(number), *flags, select=select)
        number += 1
        if number == 3 or not any("timing-noise" in why for why in found.rows("inconclusive").values()):
            return found


def binds(row: str) -> bool:
    """True for a row that fails a target; the others warn, and fail with --strict."""
    requirement = LEDGER[row]
    told = requirement.evidence in {Evidence.DOCUMENTED, Evidence.INHERITED}
    return requirement.level is Level.MUST and told


# Slow: the platform runs in this process and cannot keep its heartbeats while eighty probes are at work.
@pytest.mark.slow
@pytest.mark.timeout(300)
def test_a_platform_that_shares_nothing_with_the_reference_passes(tmp_path: Path):
    found = decided(None, tmp_path, "--strict", select=f"not {ELSEWHERE}")

    assert found.rows("failed", "warned", *UNPROVEN) == {}
    assert found.code == 0, found.output
    assert len(found.rows("passed")) > 350


@pytest.mark.slow
@pytest.mark.timeout(300)
def test_it_passes_with_the_documented_interval_and_sizes_too(tmp_path: Path):
    with serve(heartbeat=15.0) as target:
        found = judge(target, tmp_path, "--strict", select=f"not {ELSEWHERE}")

    assert found.rows("failed", "warned", *UNPROVEN) == {}
    assert found.code == 0, found.output


# Slow for the same reason.
@pytest.mark.slow
@pytest.mark.timeout(300)
@pytest.mark.parametrize("name", each(QUICK_VARIATIONS, VARIATIONS))
def test_a_legal_oddity_costs_nothing(name: str, tmp_path: Path, request: pytest.FixtureRequest):
    switch = VARIATIONS[name]
    if name == "Instant":
        why = "PHASE-011, PHASE-023 and GET-022 need a reader who is there in time"
        request.applymarker(pytest.mark.xfail(reason=why))

    found = decided(switch, tmp_path, select="not BEAT" if name in QUICK_VARIATIONS else None)

    assert found.rows("failed", *UNPROVEN) == {}
    assert found.rows("warned").keys() - {ELSEWHERE} == switch.may_warn
    assert found.code == 0, found.output


@pytest.mark.timeout(300)
@pytest.mark.parametrize("name", each(QUICK_DEFECTS, DEFECTS))
def test_a_defect_is_caught_by_its_row(name: str, tmp_path: Path):
    switch = DEFECTS[name]
    binding = any(map(binds, switch.rows))
    select = " or ".join(switch.rows) if name in QUICK_DEFECTS else None

    found = decided(switch, tmp_path, *([] if binding else ["--strict"]), select=select)

    shown = ("failed",) if switch.code == 1 else ("inconclusive", "blocked")
    assert found.rows("errored") == {}
    assert found.rows(*shown).keys() & set(switch.rows), found.output
    assert found.code == switch.code, found.output


@pytest.mark.parametrize("name", each(QUICK_CANARIES, CANARIES))
def test_a_dead_or_foreign_server_passes_nothing(name: str, tmp_path: Path):
    with canary(CANARIES[name]) as url:
        found = run(url, tmp_path, {"SIGMIC_API_KEY": "sigmic_" + "0" * 64}, timeout=60)

    assert found.rows("passed") == {}
    assert found.code == 12, found.output
    assert found.seconds < 15
