import pytest

pytest.importorskip("cosmic_ray", reason="the dependency group `mutation` is not installed")

from sigmic_conformance.conformance.target.profile import Profile
from sigmic_conformance.conformance.transcript.transcript import Ending, Transcript
from tests.conformance.kit import exchange
from tools.mutation.traffic import Traffic


def test_a_requirement_of_any_traffic_fails_in_a_part_without_its_own_probes():
    profile = Profile(base_url="http://127.0.0.1:9")
    traffic = Traffic(profile)
    broken = exchange(probe="credentials", status=500)
    part = {"credentials": Transcript(probe="credentials", ending=Ending.COMPLETE, exchanges=(broken,))}

    found = dict(traffic.red(traffic.record_of(profile, part), part.keys(), set()))

    assert found["HTTP-006"].reason == "server-error"
