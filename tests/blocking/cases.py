"""Inputs that the search found, as data: the generator's parameters of each, and the pause at that time."""

from collections.abc import Iterable, Iterator
from dataclasses import asdict
from pathlib import Path

import yaml

from tests.blocking.inputs import Input
from tests.blocking.search import Case, Tried

KEPT = Path(__file__).parent / "cases.yaml"


def kept(path: Path = KEPT) -> Iterator[Case]:
    for row in yaml.safe_load(path.read_text()):
        tokens = Input(tuple(row["tokens"]), row["shape"], row["size"])
        yield Case(row["operation"], row["place"], row["caller"], tokens)


def keep(found: Iterable[Tried], path: Path) -> None:
    """Write the finds, the longest pause first, at most one per operation, place and shape."""
    rows = []
    for tried in sorted(found, key=lambda tried: -tried.seconds):
        row = asdict(tried.case)
        row |= row.pop("input") | {"seconds": round(tried.seconds, 3)}
        rows.append(row | {"tokens": list(row["tokens"])})
    path.write_text(yaml.safe_dump(rows, sort_keys=False, default_flow_style=None, width=200))
