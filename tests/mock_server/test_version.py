"""The version is written in one place."""

from importlib.metadata import version

from sigmic_mock.version import VERSION


def test_the_distribution_has_the_version_of_the_source():
    assert version("sigmic-conformance") == VERSION
