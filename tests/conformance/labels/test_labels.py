"""A probe and a check of its record are joined by the values declared in `conformance.labels`.

That a check asks for a value which is not declared is a type error. Here: that each is declared once, and
that its probe records it.
"""

import ast
import importlib
import pkgutil
from collections.abc import Iterator
from pathlib import Path
from typing import Literal, get_args, get_origin

import pytest

from sigmic_conformance.conformance import labels, probes
from sigmic_conformance.conformance.transcript.fact import Fact, Facts
from sigmic_conformance.conformance.transcript.label import (
    FollowUpLabel,
    FollowUpLabels,
    Label,
    Labels,
    TaskLabel,
    TaskLabels,
)
from tests.conformance.kit import REGISTRY

LABELS = (Label, TaskLabel, FollowUpLabel, Labels, TaskLabels, FollowUpLabels)
FACTS = (Fact, Facts)
MODULES = sorted(found.name for found in pkgutil.iter_modules(labels.__path__) if found.name != "any_probe")


def declared(module: str) -> dict[str, type]:
    """The classes of a module of labels, by the probe whose labels and facts they hold."""
    made = importlib.import_module(f"{labels.__name__}.{module}")
    return {
        each.PROBE: each for each in vars(made).values() if isinstance(each, type) and hasattr(each, "PROBE")
    }


def texts(of: type, kinds: tuple[type, ...]) -> Iterator[str]:
    """The texts and patterns of a class's labels, or the names and patterns of its facts."""
    for value in vars(of).values():
        for each in value.values() if isinstance(value, dict) else (value,):
            if isinstance(each, kinds):
                yield next(getattr(each, name) for name in ("text", "pattern", "name") if hasattr(each, name))


def source(module: str) -> ast.Module:
    return ast.parse((Path(probes.__path__[0]) / f"{module}.py").read_text())


def recorded() -> set[tuple[str, str]]:
    """Class and member of each label and fact that a probe names."""
    return {
        (node.value.id, node.attr)
        for module in pkgutil.iter_modules(probes.__path__)
        for node in ast.walk(source(module.name))
        if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name)
    }


def test_labels_are_declared_in_the_module_of_their_probe():
    homes = {name: probe.function.__module__.rpartition(".")[2] for name, probe in REGISTRY.probes.items()}

    assert {probe: module for module in MODULES for probe in declared(module)}.items() <= homes.items()


def test_a_class_of_labels_has_the_name_of_its_probe():
    for module in MODULES:
        for probe, made in declared(module).items():
            assert made.__name__ == "".join(word.capitalize() for word in probe.split("_"))


@pytest.mark.parametrize("kinds", [LABELS, FACTS], ids=["labels", "facts"])
def test_each_text_is_declared_once(kinds):
    twice = [
        f"{made.__name__}: {text}"
        for module in MODULES
        for made in declared(module).values()
        for found in [list(texts(made, kinds))]
        for text in sorted(set(found))
        if found.count(text) > 1
    ]

    assert twice == []


def test_what_is_declared_is_what_its_probe_records():
    """So a check can read nothing that no probe sets."""
    known = recorded()
    idle = [
        f"{made.__name__}.{name}"
        for module in MODULES
        for made in declared(module).values()
        for name, value in vars(made).items()
        if isinstance(value, (*LABELS, *FACTS, dict))
        and not name.startswith("__")
        and (made.__name__, name) not in known
    ]

    assert idle == []


def test_each_word_that_a_label_may_be_made_for_is_said_by_the_probe():
    unsaid = []
    for module in MODULES:
        said = {node.value for node in ast.walk(source(module)) if isinstance(node, ast.Constant)}
        made = importlib.import_module(f"{labels.__name__}.{module}")
        unsaid += [
            f"{module}.{name}: {word}"
            for name, value in vars(made).items()
            if get_origin(value) is Literal
            for word in get_args(value)
            if word not in said
        ]

    assert unsaid == []


def test_no_probe_reads_or_writes_the_transcript_past_its_driver():
    assert {member for _, member in recorded()} & {"facts", "record"} == set()
