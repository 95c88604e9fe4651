"""Usual mistakes: how implementers break a row, by row or by reason code."""

from collections.abc import Mapping
from functools import cache
from pathlib import Path
from types import MappingProxyType

from sigmic_conformance.spec import strict_yaml

FILE = Path(__file__).with_name("usual_mistakes.yaml")


@cache
def usual_mistakes() -> Mapping[str, str]:
    """The notes by ledger id and by reason code, each one or two sentences."""
    tree = strict_yaml.read(FILE.read_text(encoding="utf-8"))
    return MappingProxyType({**tree["reasons"], **tree["rows"]})


def usual_mistake(id: str, reason: str | None) -> str:
    """The note for a row, else the one for the reason it was judged by; empty when there is none."""
    notes = usual_mistakes()
    return notes.get(id) or notes.get(reason or "") or ""
