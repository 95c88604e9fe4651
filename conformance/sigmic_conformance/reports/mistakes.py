"""Usual mistakes: how implementers break a requirement, by its ledger entry or by reason code."""

from collections.abc import Mapping
from functools import cache
from pathlib import Path
from types import MappingProxyType

from sigmic_spec import strict_yaml
from sigmic_spec.requirement import Requirement

FILE = Path(__file__).with_name("usual_mistakes.yaml")


@cache
def mistakes_by_reason() -> Mapping[str, str]:
    """The notes by reason code, each one or two sentences."""
    return MappingProxyType(strict_yaml.read(FILE.read_text(encoding="utf-8")))


def usual_mistake(requirement: Requirement | None, reason: str | None) -> str:
    """The note of a requirement, else the one for the reason of its verdict; empty if there is none."""
    own = requirement.mistake if requirement is not None else None
    return own or mistakes_by_reason().get(reason or "", "")
