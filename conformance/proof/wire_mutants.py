"""The mutants of the wire, read from `wire_mutants.yaml`."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sigmic_conformance.conformance.proof.wire_edits import MAKERS
from sigmic_conformance.conformance.proof.wire_message import Edit
from sigmic_conformance.spec import strict_yaml

FILE = Path(__file__).with_suffix(".yaml")
_BYTES = frozenset({"more", "pattern", "put", "sent"})


@dataclass(frozen=True, slots=True, kw_only=True)
class WireMutant:
    """One change of the bytes between platform and suite; `also` are further probes to run."""

    id: str
    row: str
    reason: str
    about: str
    edit: Edit
    also: tuple[str, ...] = ()


def read(text: str) -> Iterator[WireMutant]:
    """Yield the mutants of a list; KeyError for an unknown edit, TypeError for its arguments."""
    for mutants in strict_yaml.read(text).values():
        for name, values in mutants.items():
            also = tuple(values.pop("also", ()))
            yield WireMutant(id=name, edit=_edit(values.pop("edit")), also=also, **values)


def _edit(named: Mapping[str, Mapping[str, Any]]) -> Edit:
    ((name, arguments),) = named.items()
    place, make = MAKERS[name]
    given = {key: value.encode("latin-1") if key in _BYTES else value for key, value in arguments.items()}
    return Edit(**{place: make(**given)})


MUTANTS = tuple(read(FILE.read_text(encoding="utf-8")))
