from types import SimpleNamespace
from typing import Any

import pytest

from sigmic_conformance.run import options
from sigmic_conformance.target.profile import ProfileError
from sigmic_conformance.traffic.seed import SEED_LIMIT


def config(**given) -> Any:
    """Return a fake of pytest's configuration with the parts that are read."""
    return SimpleNamespace(getoption=lambda flag: given.get(flag.removeprefix("--")))


@pytest.fixture(autouse=True)
def _own_environment(monkeypatch):
    for name in ("SIGMIC_TARGET", "SIGMIC_PROFILE", "SIGMIC_SEED"):
        monkeypatch.delenv(name, raising=False)


def test_an_option_or_a_variable_names_a_target(monkeypatch):
    assert options.is_wanted(config(target="http://a"))
    assert options.is_wanted(config(mock=True))
    assert not options.is_wanted(config())
    monkeypatch.setenv("SIGMIC_TARGET", "http://a")
    assert options.is_wanted(config())


def test_seeds(monkeypatch):
    assert options.seed("12") == 12
    assert options.seed(None) != options.seed(None)
    monkeypatch.setenv("SIGMIC_SEED", "34")
    assert options.seed(None) == 34


@pytest.mark.parametrize("text", ["lucky", "-1", "1.5", str(SEED_LIMIT), "\u0661"])
def test_an_invalid_seed_is_refused(text):
    with pytest.raises(ProfileError, match="is not a whole number"):
        options.seed(text)
