"""The banner and the ready file: how people and programs reach a server that has just started."""

import contextlib
import json
import os
import secrets
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from sigmic_mock.config import defaults
from sigmic_mock.config.settings import Settings
from sigmic_mock.control.table import CONTROL_PATH, DECK
from sigmic_mock.domain.secret import Secret
from sigmic_mock.ports import SandboxReport
from sigmic_mock.version import VERSION

READY_FILE = "ready.json"
"""In the data folder, in addition to the one that --ready-file asks for."""
_WEAK = """
  ############################################################################################
  ##  WEAK SANDBOX: on this machine the agent's tools run as ordinary processes of yours.   ##
  ##  They can read your files. Send it only messages that you would run yourself.          ##
  ############################################################################################
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Ready:
    """A server that answers. `faults` are armed for all callers from the start."""

    base_url: str
    data_dir: Path
    settings: Settings
    sandbox: SandboxReport
    started_at: str
    control_token: Secret
    supports_mcp: bool
    faults: tuple[str, ...] = ()

    @property
    def has_defaults(self) -> bool:
        """True when the well-known local key and app exist."""
        return self.settings.config.default_accounts

    @property
    def is_ephemeral(self) -> bool:
        """True when the data is removed at the end."""
        return self.settings.data_dir is None

    @property
    def control_url(self) -> str:
        """Where the control plane is."""
        return f"{self.base_url}{CONTROL_PATH}"

    def as_json(self) -> dict[str, Any]:
        """Return the content of the ready file."""
        return {
            "base_url": self.base_url,
            "api_key": defaults.API_KEY if self.has_defaults else None,
            "pid": os.getpid(),
            "data_dir": str(self.data_dir),
            "ephemeral": self.is_ephemeral,
            "of_a_run": self.settings.run_folder is not None,
            "sandbox": asdict(self.sandbox),
            "control_url": self.control_url,
            "control_token": self.control_token.reveal(),
            "mcp": self.supports_mcp,
            "faults": list(self.faults),
            "header_faults": self.settings.header_faults,
            "started_at": self.started_at,
            "version": VERSION,
            "project_id": defaults.PROJECT_ID if self.has_defaults else None,
            "widget_app": (
                {
                    "app_id": defaults.APP_ID,
                    "app_secret": defaults.APP_SECRET,
                    "allowed_origins": sorted(defaults.ORIGINS),
                }
                if self.has_defaults
                else None
            ),
        }

    def as_line(self) -> str:
        """Return the same on one line."""
        return json.dumps(self.as_json())

    def as_text(self) -> str:
        """Return the banner, with commands to copy."""
        key = defaults.API_KEY if self.has_defaults else "<a key of your configuration>"
        kept = "removed at the end" if self.is_ephemeral else "kept"
        lines = [
            "",
            f"  Sigmic mock {VERSION} is ready",
            "",
            f"  URL        {self.base_url}",
            f"  API key    {key}",
        ]
        if not self.settings.no_ui:
            lines.insert(4, f"  Pages      chat {self.base_url}/, reference {self.base_url}/docs")
            lines.insert(5, f"  Console    {self.base_url}/console")
            lines.insert(6, f"  Deck       {self.base_url}{DECK}#token={self.control_token.reveal()}")
        if self.has_defaults:
            lines.append(f"  Widget     appId {defaults.APP_ID}, appSecret {defaults.APP_SECRET}")
        lines += [
            f"  Data       {self.data_dir} ({kept})",
            f"  Control    {self.control_url}, token {self.control_token.reveal()}",
            f"  Sandbox    {self.sandbox.backend} ({self.sandbox.level})",
            f"  Pace       {self._pace()}",
        ]
        if self.settings.model:
            lines.append(f"  Model      {self.settings.model_name} at {self.settings.model}, at its own pace")
        if self.faults:
            lines.append(f"  Faults     {', '.join(self.faults)}: this server misbehaves on purpose")
        if self.settings.header_faults:
            lines.append("  Faults     by the request header X-Mock-Fault")
        if self.has_defaults and not self.settings.is_loopback:
            lines.append(
                "  Attention  others can reach this server, and its key is the same on every machine"
            )
        if self.sandbox.level != "confined":
            lines.append(_WEAK)
        lines += ["", *self._commands(key), ""]
        return "\n".join(lines)

    def _pace(self) -> str:
        pace = self.settings.pace
        if pace is None or pace.is_off:
            return "off; --pace natural streams answers as a model does"
        return f"{pace}; --pace off sends answers immediately"

    def _commands(self, key: str) -> list[str]:
        bearer = '-H "Authorization: Bearer $SIGMIC_API_KEY"'
        return [
            "  Create a task, then follow it:",
            "",
            f"    export SIGMIC_API_KEY={key}",
            f"    TASK=$(curl -s {self.base_url}/api/v1/tasks {bearer} \\",
            "      --form-string 'message=What is the capital of France?' \\",
            """      | sed 's/.*"id":"\\([^"]*\\)".*/\\1/')""",
            f"    curl -N {self.base_url}/api/v1/tasks/$TASK/stream {bearer}",
        ]


def write_ready_file(path: Path, ready: Ready) -> None:
    """Write the ready file whole or not at all, readable by its owner only. Raises OSError naming it."""
    draft = path.with_name(f".{path.name}.{secrets.token_hex(4)}")
    try:
        descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(descriptor, "w") as file:
            file.write(ready.as_line() + "\n")
        draft.replace(path)
    except OSError as problem:
        with contextlib.suppress(OSError):
            draft.unlink()
        raise OSError(problem.errno, problem.strerror, str(path)) from None


def read_ready_file(path: Path) -> Mapping[str, Any]:
    """Return the content of a ready file; empty if it is missing or invalid."""
    try:
        value = json.loads(path.read_text("utf-8"))
    except (OSError, ValueError):
        return {}
    return value if isinstance(value, dict) else {}


def remove_ready_file(path: Path, ready: Ready) -> None:
    """Remove the ready file of a server that has ended; that of another server stays."""
    if read_ready_file(path).get("control_token") == ready.control_token.reveal():
        with contextlib.suppress(OSError):
            path.unlink()
