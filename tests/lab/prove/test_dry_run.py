"""A dry run counts only the occasions that the probe itself causes."""

from lab.prove.dry_run import is_its_own, is_meant
from tests.conformance.kit import REGISTRY


def test_a_session_that_expired_by_chance_is_no_occasion():
    usual, waiting = REGISTRY.probes["follow_up"], REGISTRY.probes["restore"]

    assert [is_meant(each, {"session": ["restored"]}) for each in (usual, waiting)] == [False, True]
    assert is_meant(usual, {"session": ["live"]})
    assert is_meant(usual, {})


def test_a_strained_server_is_met_by_who_strains_it():
    assert is_its_own("idle_clients", ["idle_clients"])
    assert not is_its_own("journey_01", ["idle_clients"])
    assert is_its_own("journey_01", ["idle_clients", "easy_task"])
