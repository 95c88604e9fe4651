import pytest

from sigmic_conformance.traffic.probe import PROBES, probe


def test_two_probes_of_one_name_are_refused():
    name = next(iter(PROBES))

    async def again(_: object) -> None:
        """Do nothing."""

    again.__name__ = name
    with pytest.raises(ValueError, match=f"two probes are called {name}"):
        probe()(again)
