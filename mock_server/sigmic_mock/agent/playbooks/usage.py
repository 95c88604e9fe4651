"""Counts the use of playbooks by project: a test whose step was never reached proved nothing."""

from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Any

from sigmic_mock.agent.plan import Plan
from sigmic_mock.agent.playbooks.files import SHIPPED
from sigmic_mock.agent.playbooks.playbook import Playbook, place_of

MOST_PROJECTS = 1_000


@dataclass(slots=True)
class _Use:
    """How often one playbook was chosen, and which of its places were reached."""

    playbook: Playbook
    chosen: int = 0
    reached: set[str] = field(default_factory=set)


class Usage:
    """The use of playbooks; of the projects seen last, so that a long-lived server does not grow."""

    def __init__(self) -> None:
        self._projects: dict[str, dict[str, _Use]] = {}

    def chosen(self, project_id: str, playbook: Playbook, plan: Plan) -> Callable[[int], None]:
        """Record that a playbook was chosen; return a function that takes the position of each reached step.

        Only steps at the top of `steps` and `turns` are watched: the steps of a branch are optional.
        """
        uses = self._projects.pop(project_id, {})
        self._projects[project_id] = uses  # the latest last
        while len(self._projects) > MOST_PROJECTS:
            del self._projects[next(iter(self._projects))]
        use = uses.get(playbook.name)
        if use is None or use.playbook is not playbook:
            use = uses[playbook.name] = _Use(playbook)
        use.chosen += 1
        reached = use.reached
        return lambda at: reached.add(place_of(plan.turn, at))

    def leftovers(self, project_id: str, own: Iterable[Playbook]) -> dict[str, Any]:
        """Return what was not performed in a project whose own playbooks are `own`.

        `{"count": …, "playbooks": [{"name", "source", "chosen", "not_performed": [{"at", "step"}]}],
        "never_chosen": [name]}`: `at` is the place in the playbook, such as `turns/0/steps/1`.
        `never_chosen` are the project's own playbooks. `count` is that of all `not_performed` steps and of
        all `never_chosen`: 0 when nothing is left over. Bundled playbooks never are.
        """
        uses = self._projects.get(project_id, {})
        theirs = (use for use in uses.values() if use.playbook.source.parent != SHIPPED)
        playbooks = [left for use in theirs if (left := _left(use))["not_performed"]]
        never = sorted(playbook.name for playbook in own if playbook.name not in uses)
        steps = sum(len(each["not_performed"]) for each in playbooks)
        return {"count": steps + len(never), "playbooks": playbooks, "never_chosen": never}

    def times_chosen(self, project_id: str) -> Counter[str]:
        """Return how often each playbook was chosen in a project."""
        return Counter({name: use.chosen for name, use in self._projects.get(project_id, {}).items()})

    def forget(self, project_id: str, name: str | None = None) -> None:
        """Forget the use of one playbook, or of all, in a project."""
        if name is None:
            self._projects.pop(project_id, None)
        else:
            self._projects.get(project_id, {}).pop(name, None)


def _left(use: _Use) -> dict[str, Any]:
    return {
        "name": use.playbook.name,
        "source": str(use.playbook.source),
        "chosen": use.chosen,
        "not_performed": [
            {"at": at, "step": step} for at, step in use.playbook.placed_steps() if at not in use.reached
        ],
    }
