import pytest

from sigmic_conformance.conformance.proof.interval import wilson


@pytest.mark.parametrize(
    ("hits", "trials", "bounds"),
    [(8, 10, (0.4902, 0.9433)), (0, 10, (0.0, 0.2775)), (10, 10, (0.7225, 1.0)), (0, 0, (0.0, 1.0))],
)
def test_the_interval_of_a_rate(hits: int, trials: int, bounds: tuple[float, float]):
    assert wilson(hits, trials) == pytest.approx(bounds, abs=5e-4)
