"""What the search found, as data: the generator's parameters of each case, and the pause at that time."""

from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

import yaml

from tests.blocking.inputs import Input
from tests.blocking.search import Case, Tried

KEPT = Path(__file__).parent / "cases.yaml"


def kept(path: Path = KEPT) -> Iterator[Case]:
    for row in yaml.safe_load(path.read_text()):
        yield Case(row["operation"], row["place"], row["caller"], _input(row))


def _input(row: dict[str, Any]) -> Input:
    return Input(tuple(row["tokens"]), row["shape"], row["size"])


def keep(found: Iterable[Tried], path: Path) -> None:
    """Write the finds, the longest first, one of each operation, place and shape."""
    rows = [
        {
            "operation": tried.case.operation,
            "place": tried.case.place,
            "caller": tried.case.caller,
            "tokens": list(tried.case.input.tokens),
            "shape": tried.case.input.shape,
            "size": tried.case.input.size,
            "seconds": round(tried.seconds, 3),
        }
        for tried in sorted(found, key=lambda tried: -tried.seconds)
    ]
    path.write_text(yaml.safe_dump(rows, sort_keys=False, default_flow_style=None, width=200))
