"""The version is written in one place."""

from importlib.metadata import version

import pytest

from sigmic_mock.version import VERSION


@pytest.mark.parametrize("name", ["sigmic-spec", "sigmic-mock", "sigmic-conformance", "sigmic-load"])
def test_a_distribution_has_the_version_of_the_source(name: str):
    assert version(name) == VERSION
