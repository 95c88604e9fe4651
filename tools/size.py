"""Lines by package and kind, and a ratchet on those of code.

    python -m tools.size [--depth 2]   print them, and lower the limits that are too high
    python -m tools.size --check       exit 1 if a package has more lines of code than its limit

Limits are in `sizes.yaml`, each a multiple of 250, so that a small change needs no entry there. Only a person
raises one, under `raised` and with a reason. Data and documents have no limit: a new requirement is a row.
"""

import argparse
import sys
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

import yaml

from tools.tracked import tracked

ROOT = Path(__file__).parents[1]
FILE = Path(__file__).with_name("sizes.yaml")
KINDS = {
    "python": (".py",),
    "web": (".js", ".mjs", ".css", ".html"),
    "data": (".yaml", ".yml", ".json", ".tsv", ".ndjson", ".toml", ".ini"),
    "documents": (".md",),
    "rest": ("",),
}
CODE = ("python", "web")
"""The kinds that have a limit."""
STEP = 250
_HEAD = """\
# Most lines of code by package. `python -m tools.size` lowers a limit. To raise one, add to `raised`:
# {package: load, kind: python, lines: 250, why: what they are for, and what could not go instead}
"""
_LEFT_OUT = (".png", ".svg", ".zip", ".docx")
_VENDORED = "mock_server/web/vendor/"

Sizes = Mapping[tuple[str, str], int]
"""Lines by package and kind."""


@dataclass(frozen=True, slots=True)
class Raise:
    """Number of additional lines that a package may have, and the reason."""

    package: str
    kind: str
    lines: int
    why: str


@dataclass(frozen=True, slots=True)
class Limits:
    """The content of `sizes.yaml`. Raises ValueError for a raise without a reason."""

    last: Mapping[str, Mapping[str, int]]
    raised: tuple[Raise, ...] = ()

    def __post_init__(self) -> None:
        for each in self.raised:
            if not each.why.strip():
                raise ValueError(f"{FILE.name}: a raise for {each.package} has no reason: write `why`")

    def of(self, package: str, kind: str) -> int:
        """Return the limit of a package; 0 if it has none."""
        return self.last.get(package, {}).get(kind, 0) + self._raised(package, kind)

    def exceeded(self, sizes: Sizes) -> Iterator[str]:
        """Yield a line for each package with more code than its limit."""
        for (package, kind), lines in sorted(sizes.items()):
            limit = self.of(package, kind)
            if kind in CODE and lines > limit:
                yield f"{package} has {lines} lines of {kind}, and its limit is {limit}"

    def lowered(self, sizes: Sizes) -> "Limits":
        """Return limits as low as the sizes permit, and never higher than these."""
        last: dict[str, dict[str, int]] = {}
        for (package, kind), lines in sorted(sizes.items()):
            if kind in CODE and lines:
                needed = -(-(lines - self._raised(package, kind)) // STEP) * STEP
                known = self.last.get(package, {}).get(kind)
                last.setdefault(package, {})[kind] = needed if known is None else min(needed, known)
        return Limits(last, self.raised)

    def _raised(self, package: str, kind: str) -> int:
        return sum(each.lines for each in self.raised if (each.package, each.kind) == (package, kind))


def read(text: str) -> Limits:
    """Return the limits of a file. Raises ValueError."""
    document = yaml.safe_load(text) or {}
    return Limits(document.get("limits", {}), tuple(Raise(**each) for each in document.get("raised", ())))


def written(limits: Limits) -> str:
    """Return the content of `sizes.yaml` for some limits."""
    last = {name: dict(kinds) for name, kinds in limits.last.items()}
    document = {"limits": last, "raised": [asdict(each) for each in limits.raised]}
    return _HEAD + yaml.safe_dump(document, default_flow_style=None, sort_keys=False, width=110)


def counted(files: Iterable[tuple[str, bytes]], depth: int = 1) -> Counter[tuple[str, str]]:
    """Count the lines of files by kind and by package: the first `depth` folders, or `.` at the top level."""
    found: Counter[tuple[str, str]] = Counter()
    for name, content in files:
        if not name.endswith(_LEFT_OUT) and not name.startswith(_VENDORED):
            package = "/".join(name.split("/")[:-1][:depth]) or "."
            kind = next(kind for kind, endings in KINDS.items() if name.endswith(endings))
            found[package, kind] += content.count(b"\n")
    return found


def table(sizes: Sizes) -> str:
    """Return the sizes as a table with one line per package."""
    packages = sorted({package for package, _ in sizes})
    rows = {package: [sizes.get((package, kind), 0) for kind in KINDS] for package in packages}
    rows["all"] = [sum(column) for column in zip(*rows.values(), strict=True)]
    width = max(map(len, rows))
    lines = [f"{name:{width}}" + "".join(f"{number:10,}" for number in row) for name, row in rows.items()]
    return "\n".join([" " * width + "".join(f"{kind:>10}" for kind in KINDS), *lines])


def contents(root: Path = ROOT) -> Iterator[tuple[str, bytes]]:
    """Yield each file that Git tracks, with its content."""
    for name in tracked(root=root):
        if not (root / name).is_symlink():
            yield name, (root / name).read_bytes()


def main(arguments: Sequence[str] | None = None, file: Path = FILE, root: Path = ROOT) -> int:
    """Print and lower the limits, or check; return 1 if the check fails."""
    parser = argparse.ArgumentParser(prog="python -m tools.size", description=__doc__)
    parser.add_argument("--check", action="store_true", help="compare with the limits")
    parser.add_argument("--depth", type=int, default=1, metavar="N", help="levels of folders (default 1)")
    options = parser.parse_args(arguments)
    files = list(contents(root))
    limits = read(file.read_text("utf-8")) if file.is_file() else Limits({})
    exceeded = list(limits.exceeded(counted(files)))
    if options.check:
        advice = f"Remove as much elsewhere in the package, or raise the limit in {file.name}, with a reason."
        sys.stderr.writelines(f"{line}\n" for line in (*exceeded, *([advice] if exceeded else [])))
        return int(bool(exceeded))
    sys.stdout.write(table(counted(files, options.depth)) + "\n")
    file.write_text(written(limits.lowered(counted(files))), encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
