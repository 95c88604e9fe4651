"""Run a recording in front of an upstream, inside this process."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from sigmic_mock.bootstrap.app import build
from sigmic_mock.config.settings import Settings
from sigmic_mock.recording.folder import Folder
from sigmic_mock.recording.session import Session, read_upstream, recording


@dataclass
class Heard:
    """The messages of a recording; implements `recorder.Voice`."""

    findings: list[str] = field(default_factory=list)
    playbooks: list[str] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)

    def finding(self, line: str, exchange: int) -> None:
        self.findings.append(line)

    def playbook(self, name: str) -> None:
        self.playbooks.append(name)

    def note(self, text: str) -> None:
        self.notes.append(text)


@dataclass
class Running:
    """A running recording."""

    session: Session
    folder: Path
    heard: Heard

    @property
    def url(self) -> str:
        return self.session.base_url

    @property
    def port(self) -> int:
        return self.session.port

    def playbook(self, name: str) -> Any:
        import yaml

        return yaml.safe_load((self.folder / f"{name}.yaml").read_text())


@asynccontextmanager
async def recorded(upstream: str, folder: Path, **limits: float) -> AsyncIterator[Running]:
    heard = Heard()
    async with recording(read_upstream(upstream), 0, lambda: Folder.make(folder), heard, **limits) as session:
        yield Running(session, folder, heard)


@asynccontextmanager
async def real_platform(folder: Path, **settings: Any) -> AsyncIterator[str]:
    """Run a mock with real sandboxes and checked answers; yield its address."""
    asked = Settings(port=0, check_responses=True, sandbox="process", **settings)
    application = await build(asked, folder)
    try:
        yield f"http://127.0.0.1:{await application.start()}"
    finally:
        await application.stop()
