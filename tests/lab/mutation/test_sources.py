from itertools import islice

import pytest

from lab.mutation.reach import Reach
from lab.mutation.sources import ROOT, Source, mutants, source
from tests.conformance.kit import LEDGER

FORMS = Source("independent", (("lab/platforms/refusal.py", ("ERROR",)),))
TOKENS = Source("independent", (("lab/platforms/tokens.py", ("TOKEN",)),))


@pytest.mark.parametrize("name", ["mock", "independent"])
def test_every_pattern_of_the_areas_fits_a_module_and_names_areas_of_the_ledger(name):
    found = source(name)

    assert [path for path, _ in found.areas if not list(ROOT.glob(path))] == []
    assert {area for _, areas in found.areas for area in areas} <= set(LEDGER.areas)
    assert all(found.areas_of(path) for path in found.modules)


def test_the_first_pattern_that_fits_counts():
    found = Source("x", (("a/b.py", ("ZIP",)), ("a/*", ("HTTP",))))

    assert found.areas_of("a/b.py") == ("ZIP",)
    assert found.areas_of("a/c.py") == ("HTTP",)
    assert found.areas_of("b/c.py") == ()


def test_a_seed_draws_the_same_mutants_again_and_no_two_of_them_are_one():
    drawn = list(islice(mutants(TOKENS, 5), 30))

    assert [each.key for each in islice(mutants(TOKENS, 5), 30)] == [each.key for each in drawn]
    assert len({each.code for each in drawn}) == 30
    assert len({each.operator for each in drawn}) > 12


def test_a_line_is_tested_by_the_probes_that_reach_it():
    reach = Reach(
        {
            ("m/a.py", 1): frozenset({"start"}),
            ("m/a.py", 5): frozenset({"start", "one"}),
            ("m/a.py", 6): frozenset({"two"}),
            ("n/b.py", 1): frozenset({"start"}),
            ("n/c.py", 2): frozenset({"three"}),
        }
    )

    assert reach.of("m/a.py", [5, 6]) == {"one", "two"}
    assert reach.of("m/a.py", [7]) == frozenset()


def test_a_start_up_line_is_tested_by_the_probes_of_its_module_or_package():
    reach = Reach(
        {
            ("m/a.py", 1): frozenset({"start"}),
            ("m/a.py", 6): frozenset({"two"}),
            ("n/b.py", 1): frozenset({"start"}),
            ("n/c.py", 2): frozenset({"three"}),
        }
    )

    assert reach.of("m/a.py", [1]) == {"two"}
    assert reach.of("n/b.py", [1]) == {"three"}
    assert reach.of("n/d.py", [3]) == {"three"}
