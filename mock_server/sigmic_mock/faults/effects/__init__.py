"""Every effect, by the subject of its step."""

from collections.abc import Iterable
from importlib import import_module
from pathlib import Path

from sigmic_mock.faults.catalogue import CHECKS
from sigmic_mock.faults.effect import ANY, BREAKPOINT, HEADERS, points
from sigmic_mock.faults.fault import Fault
from sigmic_mock.faults.wire.answers import ANSWER_EFFECTS
from sigmic_mock.faults.wire.frames import FRAME_EFFECTS
from sigmic_spec.nearest import hint

_MODULES = tuple(path.stem for path in sorted(Path(__file__).parent.glob("*.py")) if path.stem != "__init__")
_ADMIT = frozenset({"admit.wait", "admit.refuse", "admit.answer", "admit.break"})
_FAMILIES = frozenset({"admit", "answer", "frame"})


def load_effects() -> None:
    """Register every effect."""
    for name in _MODULES:
        import_module(f"{__name__}.{name}")
    if check not in CHECKS:
        CHECKS.append(check)


def known_effects() -> frozenset[str]:
    """Return the name of every effect that a row can have."""
    load_effects()
    return (
        (points() - {ANY, HEADERS, BREAKPOINT} - _FAMILIES)
        | _ADMIT
        | ANSWER_EFFECTS.keys()
        | FRAME_EFFECTS.keys()
    )


def check(faults: Iterable[Fault]) -> None:
    """Refuse a row without its effect and an effect without a row. Raises ValueError with all of them."""
    known, named = known_effects(), {fault.effect: fault for fault in faults}
    wrong = [
        f"{fault.place}: {fault.id}: there is no effect {name!r}{hint(name, known)}: register"
        f' @effect("{name}", at=Class.method) in mock_server/sigmic_mock/faults/effects/'
        for name, fault in named.items()
        if name not in known
    ] + [
        f"faults/effects/: no row has the effect {name!r}{hint(name, named)}: write one in faults/rows/"
        for name in sorted(known - named.keys())
    ]
    if wrong:
        raise ValueError("\n".join(wrong))
