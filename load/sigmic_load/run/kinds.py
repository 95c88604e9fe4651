"""What the load tests know about a user class: under which name it is measured, and its streams.

Both are attributes of the class, so a class that extends one of ours is measured, weighed and judged like it.
"""

from collections.abc import Iterable

from locust import User

from sigmic_load.settings.workload import Workload


def kind_of(user_class: type[User]) -> str:
    """Return the name in measures, objectives and the workload file."""
    return getattr(user_class, "kind", "") or user_class.__name__


def streams_of(user_class: type[User], workload: Workload) -> int:
    """Return how many streams one user of the class holds."""
    holds = getattr(user_class, "holds_streams", False)
    return int(workload.users[kind_of(user_class)]["streams"]) if holds else 0


def loaded_classes() -> list[type[User]]:
    """Return all user classes that are loaded and not abstract."""
    return sorted(_below(User), key=lambda it: it.__name__)


def kinds(classes: Iterable[type[User]]) -> list[str]:
    """Return the names of the classes, each once."""
    return sorted({kind_of(each) for each in classes})


def _below(above: type[User]) -> Iterable[type[User]]:
    for each in above.__subclasses__():
        if not each.abstract:
            yield each
        yield from _below(each)
