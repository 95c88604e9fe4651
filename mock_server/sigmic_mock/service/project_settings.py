"""The settings of every project: as declared, or as changed while the server ran.

A change lasts over restarts, until a reset or until the configuration declares something else, which then
wins. Every tool call reads them from memory; the disk is read at the start alone.
"""

import asyncio
from collections.abc import Mapping
from typing import Any

from sigmic_mock.domain.project_settings import DEFAULT_SETTINGS, ProjectSettings
from sigmic_mock.domain.settings_form import read_settings, write_settings
from sigmic_mock.runtime.background import BackgroundWork
from sigmic_mock.storage.project_settings import ChangedSettings, SettingsStore


class AllSettings:
    """The settings by project. Fulfils `service.snapshots.SnapshotPart`."""

    def __init__(self, store: SettingsStore, background: BackgroundWork) -> None:
        self._store = store
        self._background = background
        self._declared: Mapping[str, ProjectSettings] = {}
        self._changed: dict[str, ProjectSettings] = {}
        self._saving = asyncio.Lock()

    async def start(self, declared: Mapping[str, ProjectSettings]) -> None:
        """Load the declared settings, and the saved changes that are based on the same declaration."""
        self._declared = declared
        for project_id, held in (await self._store.load()).items():
            if held.declared == write_settings(self._declared_of(project_id)):
                self._changed[project_id] = read_settings(held.changed)
            else:
                await self._store.drop(project_id)

    def of(self, project_id: str) -> ProjectSettings:
        """Return a project's current settings."""
        return self._changed.get(project_id) or self._declared_of(project_id)

    async def change(self, project_id: str, settings: ProjectSettings) -> None:
        """Give a project other settings; they apply immediately, and are saved when this returns."""
        self._set(project_id, settings)
        await self._save(project_id)

    async def reset(self, project_id: str) -> None:
        """Restore the declared settings of a project."""
        await self.change(project_id, self._declared_of(project_id))

    async def forget(self, project_id: str) -> None:
        """The project is no more."""
        await self.reset(project_id)

    def capture(self, project_id: str) -> ProjectSettings:
        return self.of(project_id)

    def restore(self, project_id: str, captured: ProjectSettings, _renamed: Mapping[str, str]) -> None:
        self._set(project_id, captured)
        _ = self._background.start(self._save(project_id), name=f"keep the settings of {project_id}")

    def _declared_of(self, project_id: str) -> ProjectSettings:
        return self._declared.get(project_id, DEFAULT_SETTINGS)

    def _set(self, project_id: str, settings: ProjectSettings) -> None:
        if settings == self._declared_of(project_id):
            self._changed.pop(project_id, None)
        else:
            self._changed[project_id] = settings

    async def _save(self, project_id: str) -> None:
        """Save the current state to disk: of several saves the last one wins."""
        async with self._saving:
            settings = self._changed.get(project_id)
            if settings is None:
                await self._store.drop(project_id)
                return
            declared: dict[str, Any] = write_settings(self._declared_of(project_id))
            await self._store.keep(project_id, ChangedSettings(write_settings(settings), declared))
