"""The table of nouns by heuristics as a page that people read."""

from collections.abc import Iterator

from sigmic_conformance.spec.cells import Cells, State

_HEADER = """\
# Cells

The table has every noun of the API by every heuristic of a tester: how many there are, how large they are, in
which order, with which names, and so on. It has {cells} cells. In {covered} of them
[requirements](requirements.md) apply, and a run counts how often it reached each. In {unspecified} the
documentation leaves a target free. No request from outside reaches the other {unreachable}.

"""
_WORDS = {State.COVERED: "", State.UNSPECIFIED: "free: ", State.UNREACHABLE: "not reachable: "}


def page(cells: Cells) -> str:
    """Return the page in Markdown."""
    return "".join(_parts(cells))


def _parts(cells: Cells) -> Iterator[str]:
    numbers = {state.value: len(cells.of(state)) for state in State}
    yield _HEADER.format(cells=len(cells.cells), **numbers)
    yield "## Heuristics\n\n| heuristic | value | when |\n|---|---|---|\n"
    for name, heuristic in cells.heuristics.items():
        for value, sentence in heuristic.values.items():
            yield f"| {name} | `{value}` | {sentence} |\n"
    for noun, about in cells.nouns.items():
        yield f"\n## {noun.capitalize()}\n\n{about}\n\n| cell | what it means | applies |\n|---|---|---|\n"
        for cell in cells.cells.values():
            if cell.place.noun == noun:
                name = f"{cell.place.heuristic}={cell.place.value}"
                yield f"| `{name}` | {_WORDS[cell.state]}{cell.says} | {', '.join(cell.ids)} |\n"
