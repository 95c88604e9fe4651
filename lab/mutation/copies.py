"""Copy a platform's source, insert a mistake, and run a server from the copy."""

import contextlib
import os
import shlex
import shutil
import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from lab.mutation.sources import ROOT
from lab.prove.mock_pool import patient
from lab.prove.platform import platform
from sigmic_conformance.target.profile import Credentials, Profile
from sigmic_conformance.target.served import serving

HEARTBEAT_SECONDS = 2.0
IDLE_SECONDS = 1.5
LARGEST_BYTES = 4 << 20


@dataclass(frozen=True, slots=True)
class Copy:
    """A copy of one platform's source. At most one server at a time runs from it."""

    platform: str
    folder: Path

    @classmethod
    def of(cls, platform: str, folder: Path) -> "Copy":
        """Create it; the folder must be empty."""
        made = cls(platform, folder)
        if platform == "mock":
            shutil.copytree(ROOT / "mock_server" / "sigmic_mock", folder / "mock_server" / "sigmic_mock")
            (folder / "fixtures").symlink_to(ROOT / "fixtures")  # the bundled playbooks
        else:
            shutil.copytree(ROOT / "lab/platforms", folder / "lab/platforms")
        return made

    def file(self, path: str) -> Path:
        """Return the path of a module in the copy; `path` is that from the root of the repository."""
        return self.folder / path

    @contextlib.contextmanager
    def changed(self, path: str, code: str) -> Iterator[None]:
        """Replace the text of one module inside the context."""
        file = self.file(path)
        before = file.read_text(encoding="utf-8")
        try:
            self._write(file, code)
            yield
        finally:
            self._write(file, before)

    def _write(self, file: Path, code: str) -> None:
        """Write a module; delete its bytecode, which Python reuses for a text of the same time and size."""
        for compiled in (file.parent / "__pycache__").glob(f"{file.stem}.*.pyc"):
            compiled.unlink()
        file.write_text(code, encoding="utf-8")

    @contextlib.contextmanager
    def served(self, **environment: str) -> Iterator[tuple[Profile, Credentials]]:
        """Run a server from the copy; raises ProfileError or ControlRefused if it does not start."""
        roots = (self.folder / "mock_server",) if self.platform == "mock" else (self.folder, ROOT)
        environment["PYTHONPATH"] = os.pathsep.join(map(str, roots))
        if self.platform == "mock":
            with platform(heartbeat_seconds=HEARTBEAT_SECONDS, environment=environment) as place:
                accounts = place.accounts()
                yield patient(accounts.profile), accounts.credentials
            return
        words = [sys.executable, "-m", "lab.platforms", "--limits"]
        words += ["--heartbeat", str(HEARTBEAT_SECONDS)]
        command = (
            f"cd {shlex.quote(str(self.folder))} && exec {shlex.join(words)} --ready-file {{ready_file}}"
        )
        with serving(command, environment=environment) as target:
            yield _independent(target.base_url), _credentials(target.ready)


def _independent(base_url: str) -> Profile:
    """Return the profile of the independent platform, as `platforms.suite_run.profile_in` does for others."""
    plain = Profile(
        base_url=base_url,
        without=frozenset({"mcp"}),
        heartbeat_seconds=HEARTBEAT_SECONDS,
        session_expiry_seconds=IDLE_SECONDS + 0.5,
        allowed_origin="https://shop.example",
        has_second_key=True,
        has_widget=True,
        roles=frozenset({"viewer"}),
        max_file_bytes=LARGEST_BYTES,
        accepted_file_bytes=LARGEST_BYTES * 95 // 100,
    )
    return patient(plain)


def _credentials(told: Mapping[str, str]) -> Credentials:
    return Credentials(
        api_key=told["api_key"],
        second_api_key=told["second_api_key"],
        roles={"viewer": told["viewer_api_key"]},
        app_id=told["app_id"],
        app_secret=told["app_secret"],
    )
