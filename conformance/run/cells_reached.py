"""Which probes reached each cell on the reference platform: for a plan, the cells that its budget omits.

The figures are data (`cells_reached.yaml`), written with the costs of the probes (`conformance.run.costs`). A
cell has its probes as bits, in hexadecimal digits, so that the file stays small. All journeys count as one.
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from sigmic_conformance.conformance.model.cells.counting import Reached
from sigmic_conformance.conformance.run.capabilities import PREFLIGHT
from sigmic_conformance.conformance.transcript.transcript import JOURNEY
from sigmic_conformance.spec import strict_yaml

FILE = Path(__file__).with_name("cells_reached.yaml")
JOURNEYS = "journeys"
_HEADING = """# Which probes reached each cell of spec/cells.yaml on the mock. Generated, not written:
#   python -m conformance.run.costs reports/mock
# The first probe is the lowest bit.
"""


@dataclass(frozen=True, slots=True)
class CellsReached:
    """The probes that reached each cell, by its name."""

    by_cell: Mapping[str, frozenset[str]]

    @classmethod
    def of(cls, found: Reached) -> "CellsReached":
        """The cells that a run of the reference platform reached, without those of every preflight."""
        return cls(
            {
                str(place): frozenset(map(_group, by_probe))
                for place, by_probe in found.items()
                if PREFLIGHT not in by_probe
            }
        )

    @classmethod
    def parse(cls, text: str) -> "CellsReached":
        """What `rendered` wrote."""
        tree = strict_yaml.read(text)
        names = tree["probes"]
        return cls(
            {
                cell: frozenset(name for bit, name in enumerate(names) if int(digits, 16) >> bit & 1)
                for cell, digits in tree["cells"].items()
            }
        )

    def rendered(self) -> str:
        """The text of `cells_reached.yaml`."""
        names = sorted(frozenset[str]().union(*self.by_cell.values()))
        listed = "".join(f"- {name}\n" for name in names)
        cells = "".join(
            f'  {cell}: "{sum(1 << names.index(name) for name in by):x}"\n'
            for cell, by in sorted(self.by_cell.items())
        )
        return f"{_HEADING}probes:\n{listed}cells:\n{cells}"

    def omitted(self, probes: Collection[str]) -> tuple[str, ...]:
        """The cells that were reached, but by none of these probes and journeys."""
        planned = frozenset(map(_group, probes))
        return tuple(cell for cell, by in self.by_cell.items() if not by & planned)


def _group(probe: str) -> str:
    return JOURNEYS if probe.startswith(JOURNEY) else probe


@cache
def load(path: Path = FILE) -> CellsReached:
    """Read the cells that the reference platform's run reached."""
    return CellsReached.parse(path.read_text(encoding="utf-8"))
