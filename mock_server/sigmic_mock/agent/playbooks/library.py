"""Every playbook there is: the bundled ones, a folder that may change, and those of one project alone.

A later layer replaces playbooks of the same name in an earlier one. A caller gets the current playbooks; a
turn that has started keeps its plan.
"""

import logging
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sigmic_mock.agent.playbooks.collection import Playbooks
from sigmic_mock.agent.playbooks.files import (
    SHIPPED,
    PlaybookError,
    PlaybookReader,
    as_yaml,
)
from sigmic_mock.agent.playbooks.folder import PlaybookFolder
from sigmic_mock.agent.playbooks.playbook import Playbook, compiled, ties
from sigmic_mock.agent.steps.kind import StepKinds

log = logging.getLogger(__name__)

MOST_PATTERNS = 100
"""Of first messages, in one project's own playbooks: every message of the project is compared with each."""


@dataclass(slots=True)
class _Own:
    """The playbooks of one project, and their combination with the others."""

    playbooks: dict[str, Playbook]
    texts: dict[str, str]
    """The YAML text of each, unchanged."""
    shared: Playbooks
    together: Playbooks


@dataclass(frozen=True, slots=True)
class Draft:
    """A playbook as a project's own: the project's playbooks `before` and `after` it."""

    project_id: str
    playbook: Playbook
    before: _Own | None
    after: _Own

    @property
    def together(self) -> Playbooks:
        """All playbooks that apply to the project."""
        return self.after.together


class Library:
    """The playbooks of a server."""

    def __init__(
        self, folders: Sequence[Path] = (), *, shipped: bool = True, reader: PlaybookReader | None = None
    ) -> None:
        """Read everything; raises `PlaybookError` with every problem of every file. Blocking."""
        self.reader = reader or PlaybookReader()
        bundled = PlaybookFolder(SHIPPED, self.reader)
        if shipped:
            bundled.refresh()
        self._bundled = bundled.playbooks
        self._folders = [PlaybookFolder(folder, self.reader) for folder in folders]
        self.problems: tuple[str, ...] = ()
        """The errors in the current files, one line each; the last valid versions are in use."""
        self._pending = True
        self._own: dict[str, _Own] = {}
        self._shared = Playbooks()
        self._take_in(force=True)
        if problems := (*bundled.problems, *self.problems):
            raise PlaybookError(problems)

    @property
    def kinds(self) -> StepKinds:
        """The kinds of steps that the playbooks may use."""
        return self.reader.kinds

    def refresh(self, *, force: bool = False) -> bool:
        """Reload what has changed in the folders. An invalid edit changes nothing and is logged.

        Never raises: after any error the last valid playbooks stay in use.
        """
        try:
            if not self._take_in(force=force):
                return False
        except Exception as error:  # noqa: BLE001 - told as a problem; whatever is in a folder, tasks go on
            self.problems = (f"the playbooks can't be read, which is a defect of sigmic-mock: {error!r}",)
        for problem in self.problems:
            log.warning("a playbook is broken, the last good version stays: %s", problem)
        return True

    def _take_in(self, *, force: bool) -> bool:
        changed = [folder.refresh(force=force) for folder in self._folders]
        self._pending = self._pending or any(changed)
        if not self._pending:
            return False
        layers = {each.name: each for each in self._bundled}
        for folder in self._folders:
            layers |= {each.name: each for each in folder.playbooks}
        tied = tuple(ties(list(layers.values())))
        problems = (*(each for folder in self._folders for each in folder.problems), *tied)
        if not tied:
            self._shared = Playbooks(list(layers.values()))
        self.problems = problems
        self._pending = False
        return True

    def of(self, project_id: str) -> Playbooks:
        """Return the playbooks that apply to a project."""
        own = self._own.get(project_id)
        if own is None:
            return self._shared
        if own.shared is not self._shared:
            own.shared, own.together = self._shared, self._joined(own.playbooks)
        return own.together

    def own(self, project_id: str) -> list[Playbook]:
        """Return the playbooks that belong to a project alone."""
        own = self._own.get(project_id)
        return [] if own is None else list(own.playbooks.values())

    def text_of(self, project_id: str, name: str) -> str | None:
        """Return a playbook that applies to a project as YAML, None if it has none of that name. Blocking."""
        own = self._own.get(project_id)
        if own is not None and name in own.texts:
            return own.texts[name]
        playbook = self.of(project_id).get(name)
        return None if playbook is None else playbook.source.read_text("utf-8")

    def put(self, draft: Draft) -> bool:
        """Give a project its own playbook, which replaces the one of the same name.

        Return False, and change nothing, when the project's playbooks have changed since the draft.
        """
        if self._own.get(draft.project_id) is not draft.before:
            return False
        self._own[draft.project_id] = draft.after
        return True

    def draft(self, project_id: str, name: str, given: Mapping[str, Any] | str) -> Draft:
        """Read a playbook for one project, given as YAML text or as data. Nothing changes.

        Raises `PlaybookError`. A long playbook takes about a second: call it in a thread.
        """
        path = Path(f"{name}.yaml")
        file = (
            self.reader.parse(given.encode("utf-8", "replace"), path)
            if isinstance(given, str)
            else self.reader.check({"name": name, **given}, path)
        )
        playbook = compiled(file, owned=True)
        if playbook.name != name:
            raise PlaybookError((file.problem(f"the address says {name!r}", "name"),))
        own = self._own.get(project_id)
        playbooks = {**({} if own is None else own.playbooks), name: playbook}
        if sum(len(each.selectors) for each in playbooks.values()) > MOST_PATTERNS:
            message = f"the project's own playbooks would have more than {MOST_PATTERNS} patterns of messages"
            raise PlaybookError((file.problem(message, "when"),))
        together = self._joined(playbooks)
        problems = tuple(ties(list(together)))
        if problems:
            raise PlaybookError(problems)
        text = given if isinstance(given, str) else as_yaml(file.data)
        texts = {**({} if own is None else own.texts), name: text}
        return Draft(project_id, playbook, own, _Own(playbooks, texts, self._shared, together))

    def remove(self, project_id: str, name: str | None = None) -> tuple[str, ...]:
        """Remove a project's own playbook of that name, or all of them; return their names."""
        own = self._own.get(project_id)
        if own is None:
            return ()
        gone = tuple(each for each in own.playbooks if name is None or each == name)
        rest = {each: playbook for each, playbook in own.playbooks.items() if each not in gone}
        if rest:
            texts = {each: own.texts[each] for each in rest}
            self._own[project_id] = _Own(rest, texts, self._shared, self._joined(rest))
        else:
            del self._own[project_id]
        return gone

    def layer_of(self, playbook: Playbook) -> str:
        """Return the origin of a playbook: `project`, `folder` or `bundled`."""
        if playbook.owned:
            return "project"
        return "bundled" if playbook.source.parent == SHIPPED else "folder"

    def _joined(self, own: Mapping[str, Playbook]) -> Playbooks:
        return Playbooks(list(({each.name: each for each in self._shared} | dict(own)).values()))
