"""The options of a pytest session that tests, and of the command that starts one: target, rows, seed."""

import contextlib
import os

import pytest

from sigmic_conformance.run.sharding import Shard, read_shard
from sigmic_conformance.target import settings
from sigmic_conformance.target.profile import (
    Credentials,
    Profile,
    ProfileError,
    laid_over,
    resolve,
)
from sigmic_conformance.target.reference_server import reference_platform
from sigmic_conformance.target.settings import Setting
from sigmic_conformance.traffic.seed import SEED_LIMIT, new_seed

OPTIONS = (
    Setting("--seed", "seed for nonces and ordering, to repeat a run", metavar="N", group=settings.SCOPE),
    Setting(
        "--shard",
        "run part N of M, to combine with `merge`; needs --seed",
        metavar="N/M",
        group=settings.SCOPE,
    ),
    Setting("--baseline", "known failures of the target (YAML)", metavar="FILE", group=settings.VERDICT),
    Setting(
        "--fail-fast", "stop at the first broken requirement", read=settings.switch, group=settings.VERDICT
    ),
    Setting("--no-retry", "don't retry failed requirements", read=settings.switch, group=settings.VERDICT),
    Setting(
        "--ledger",
        "pin the gate to a ledger version; newer requirements are information only",
        metavar="VERSION",
        group=settings.VERDICT,
    ),
    Setting("--strict", "treat warnings as failures", read=settings.switch, group=settings.VERDICT),
)
"""The options of the command that do not belong to a profile."""
OF_PYTEST = {"--fail-fast": "--stop-at-failure", "--strict": "--warnings-fail"}
"""The names in a pytest session of options whose own names pytest may use for something else."""


def add_options(parser: pytest.Parser) -> None:
    """Add the options that select what to test."""
    group = parser.getgroup("sigmic", "conformance to the Sigmic AI API")
    group.addoption("--mock", action="store_true", help="start the reference platform and test it")
    group.addoption("--target-profile", metavar="FILE", help="profile of the target (YAML)")
    for setting in (*settings.SETTINGS, *OPTIONS):
        group.addoption(OF_PYTEST.get(setting.flag, setting.flag), **setting.declared())
    group.addoption("--rows", metavar="IDS", help="test only these requirements, separated by commas")
    group.addoption("--conformance-report", metavar="DIR", help="write result.json and transcripts there")


def is_wanted(config: pytest.Config) -> bool:
    """Whether a target is named, by an option or a variable."""
    option = config.getoption
    named = any(os.environ.get(name) for name in ("SIGMIC_TARGET", settings.PROFILE_VARIABLE))
    return bool(option("--target") or option("--mock") or option("--target-profile") or named)


def judged_target(config: pytest.Config, resources: contextlib.ExitStack) -> tuple[Profile, Credentials]:
    """The profile and credentials that the options name; starts the reference platform for --mock."""
    options = {each.name: config.getoption(each.flag) for each in settings.SETTINGS}
    options["profile"] = config.getoption("--target-profile")
    if not config.getoption("--mock"):
        return resolve(settings.effective(options, os.environ), environment=os.environ)
    if options["target"]:
        raise ProfileError("--mock and --target exclude one another")
    document = settings.effective(options, os.environ, mock=True)
    heartbeat = document.get("heartbeat_seconds", 15.0)
    profile, credentials = resources.enter_context(reference_platform(heartbeat_seconds=heartbeat))
    return laid_over(profile, document), credentials


def seed(text: str | None) -> int:
    """The seed given by flag or variable, or a new one; ProfileError if it is invalid."""
    given = text or os.environ.get("SIGMIC_SEED", "").strip()
    if not given:
        return new_seed()
    if not (given.isascii() and given.isdigit() and int(given) < SEED_LIMIT):
        raise ProfileError(f"--seed: {given!r} is not a whole number below {SEED_LIMIT}")
    return int(given)


def shard(text: str | None, seed: str | None) -> Shard | None:
    """The requested shard, if any; ProfileError if it is invalid.

    The journeys are divided too, and laid out from the seed: so all shards must have the same seed.
    """
    if text is None:
        return None
    found = read_shard(text)
    if not (seed or os.environ.get("SIGMIC_SEED", "").strip()):
        raise ProfileError("--shard needs --seed N, the same for all shards")
    return found


def chosen_by_name(config: pytest.Config) -> str:
    """How rows were chosen by name; empty if they were not."""
    option = config.option
    return str(option.keyword or option.markexpr or config.getoption("--rows") or "")
