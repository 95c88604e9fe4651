from dataclasses import replace

import pytest

pytest.importorskip("cosmic_ray", reason="the dependency group `mutation` is not installed")

from lab.mutation.traffic import Traffic
from sigmic_conformance.model.record.record import Record
from sigmic_conformance.target.profile import Profile
from sigmic_conformance.wire.transcript import Ending, Transcript
from tests.conformance.handwritten import Traffic as Made
from tests.conformance.kit import exchange


def test_a_requirement_of_any_traffic_fails_in_a_part_without_its_own_probes():
    profile = Profile(base_url="http://127.0.0.1:9")
    traffic = Traffic(profile)
    broken = exchange(probe="credentials", status=500)
    part = {"credentials": Transcript(probe="credentials", ending=Ending.COMPLETE, exchanges=(broken,))}

    found = dict(traffic.red(traffic.record_of(profile, part), set()))

    assert found["HTTP-006"].reason == "server-error"


def test_a_row_that_only_the_unchanged_platform_decides_is_undecided():
    profile = Profile(base_url="http://127.0.0.1:9")
    traffic = Traffic(profile)

    probes = ("cancel_finished", "cancel_running")

    def shows(*, rest: bool) -> Record:
        made = Made().begun()
        if rest:
            made.cancel()
            made.get()
        answers = tuple(replace(each, probe=probes[0]) for each in made.exchanges)
        done = {probes[0]: answers, probes[1]: ()}
        made_of = {
            name: Transcript(probe=name, ending=Ending.COMPLETE, exchanges=done[name]) for name in done
        }
        return traffic.record_of(profile, made_of)

    found = traffic.undecided(shows(rest=False), shows(rest=True), set(probes), set())

    assert found["CANCEL-008"].reason == "zero-observations"
    assert traffic.undecided(shows(rest=True), shows(rest=True), set(probes), set()) == {}
