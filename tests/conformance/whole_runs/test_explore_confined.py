"""Random walks find violations that occur only in some situations; the seed draws from those observed."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest

from sigmic_conformance.conformance.explore.run import Exploration
from sigmic_conformance.conformance.judging.verdict import Outcome
from sigmic_conformance.conformance.proof.confinement import Confined, Occasion, draw
from sigmic_conformance.conformance.proof.mock_pool import patient
from sigmic_conformance.conformance.proof.platform import Accounts, Platform, platform
from tests.conformance.kit import LEDGER, REGISTRY

pytestmark = [pytest.mark.judgement, pytest.mark.slow, pytest.mark.timeout(900)]
DRAWN, FOUND, TURNS, AT_A_TIME, SECONDS = 10, 8, 200, 50, 45.0
REHEARSED = 50
SIDE_BY_SIDE = 5
RED = {Outcome.FAILED, Outcome.WARNED}


def walked(
    place: Platform, seed: int, turns: int, fault: str = "", where: dict[str, str] | None = None
) -> set[str]:
    """Return the rows that fail on walks of `turns` turns, with or without a fault for their project."""
    faults = {fault: where or {}} if fault else {}
    with place.borrowed() as accounts, place.armed(faults, [accounts.project]):
        run = exploration(accounts)
        run.walk(seed=seed, turns=turns, seconds=SECONDS)
    return {row for row, each in run.verdicts.items() if each.outcome in RED}


def exploration(accounts: Accounts) -> Exploration:
    profile = patient(accounts.profile)
    return Exploration(profile=profile, credentials=accounts.credentials, ledger=LEDGER, registry=REGISTRY)


def occasions(place: Platform, seed: int) -> Iterator[Occasion]:
    """Yield the occasions at which violations could have acted on walks without a fault."""
    with place.borrowed() as accounts, place.dry_run("violation", accounts.project) as met:
        exploration(accounts).walk(seed=seed, turns=REHEARSED, seconds=SECONDS)
    for fault, situation, count in met:
        yield Occasion(fault=fault, probe="walk", situation=situation, count=count)


def hunted(seed: int) -> dict[str, set[str]]:
    """Return, for each confined violation that was drawn, the rows that failed on walks within the turns."""
    with platform(heartbeat_seconds=2.0) as place:
        breaks = {each.id: each.breaks for each in place.catalogue()}

        def hunt(confined: Confined) -> set[str]:
            where = confined.where(breaks[confined.fault])
            chunks = (
                walked(place, seed + part, AT_A_TIME, confined.fault, where)
                for part in range(TURNS // AT_A_TIME)
            )
            return next(filter(None, chunks), set())

        drawn = draw(occasions(place, seed), seed=seed, most=DRAWN)
        with ThreadPoolExecutor(SIDE_BY_SIDE) as pool:
            return dict(zip(map(str, drawn), pool.map(hunt, drawn), strict=True))


def test_walks_find_what_is_confined_to_a_situation():
    found = hunted(7)

    assert len(found) == DRAWN
    assert sum(map(bool, found.values())) >= FOUND, found


def test_walks_without_a_fault_find_nothing():
    with platform(heartbeat_seconds=2.0) as place:
        assert walked(place, 7, REHEARSED) == set()
