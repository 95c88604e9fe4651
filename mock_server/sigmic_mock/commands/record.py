"""`sigmic-mock record`: a proxy before a real deployment that checks the traffic and writes playbooks of it.

Point a client at the address it prints, work as usual, end it with Ctrl-C. Requests and responses are checked
against the document as they pass; the folder replays them: `sigmic-mock --playbooks FOLDER`.
"""

import argparse
import asyncio
import json
import shlex
from collections.abc import Mapping
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

from sigmic_mock.bootstrap.port_owner import owner_of
from sigmic_mock.commands.command import (
    FAILED,
    USAGE,
    CommandRefused,
    Console,
    settings_of,
)
from sigmic_mock.config.settings import registry_folder
from sigmic_mock.http.server import PortTaken
from sigmic_mock.recording.folder import EXCHANGES, Folder, FolderRefused
from sigmic_mock.recording.session import (
    Session,
    UpstreamRefused,
    read_upstream,
    recording,
)
from sigmic_mock.stop_signals import stop_signals

DEFAULT_PORT = 8788


def arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the verb's arguments."""
    parser.add_argument(
        "--upstream",
        metavar="URL",
        required=True,
        help="origin of the deployment, for example https://api.sigmic.ai",
    )
    parser.add_argument(
        "--port",
        metavar="N",
        default=str(DEFAULT_PORT),
        help="port to listen on; 0 picks a free one (default 8788)",
    )
    parser.add_argument(
        "--output",
        metavar="FOLDER",
        default="recording",
        help="new or empty folder for the recording (default: recording)",
    )
    parser.add_argument(
        "--strict", action="store_true", help="exit with 1 if the traffic breaks the API document"
    )
    parser.add_argument("--json", action="store_true", help="print one JSON object per line")


def run(given: argparse.Namespace, console: Console, environment: Mapping[str, str]) -> int:
    """Record until SIGINT, SIGTERM or SIGHUP; return 1 when `--strict` and there were findings."""
    speaker = _Speaker(console, as_json=given.json)
    try:
        session = asyncio.run(_record(given, speaker))
    except PortTaken as taken:
        owner = owner_of(taken.port, registry_folder(environment))
        raise CommandRefused(str(taken.by(owner))) from None
    except (UpstreamRefused, FolderRefused) as refused:
        code = USAGE if str(refused).startswith("--") else FAILED
        raise CommandRefused(str(refused), code) from None
    speaker.summary(session, Path(given.output))
    return FAILED if given.strict and session.recorder.findings else 0


async def _record(given: argparse.Namespace, speaker: "_Speaker") -> Session:
    upstream, output = read_upstream(given.upstream), Path(given.output)
    stopping = asyncio.Event()
    loop = asyncio.get_running_loop()
    port, folder = settings_of({"port": given.port}, {}).port, partial(Folder.make, output)
    async with recording(upstream, port, folder, speaker) as session:
        for number in stop_signals():
            loop.add_signal_handler(number, stopping.set)
        speaker.ready(session, upstream.origin + upstream.prefix, output)
        await stopping.wait()
    return session


@dataclass(frozen=True, slots=True)
class _Speaker:
    """Reports to a program or a person; fulfils `recorder.Voice`. Remarks for a person go to stderr."""

    console: Console
    as_json: bool

    def ready(self, session: Session, upstream: str, output: Path) -> None:
        if not self.as_json:
            self.console.note(f"recording {upstream} into {output}; end with Ctrl-C")
        line = f"export SIGMIC_BASE_URL={session.base_url}"
        self._tell("ready", line, base_url=session.base_url, upstream=upstream, output=str(output))

    def finding(self, line: str, exchange: int) -> None:
        self._tell("finding", f"finding  {line}  (exchange {exchange})", finding=line, exchange=exchange)

    def playbook(self, name: str) -> None:
        if self.as_json:
            self._tell("playbook", "", name=name)
        else:
            self.console.note(f"playbook {name}")

    def note(self, text: str) -> None:
        if self.as_json:
            self._tell("note", "", text=text)
        else:
            self.console.note(f"note: {text}")

    def summary(self, session: Session, output: Path) -> None:
        recorder = session.recorder
        self._tell(
            "summary",
            "\n".join(_summary_lines(session, output)),
            output=str(output),
            exchanges=recorder.exchanges,
            playbooks=recorder.playbooks,
            findings=[{"finding": line, "count": count} for line, count in recorder.findings.items()],
        )

    def _tell(self, event: str, line: str, **fields: Any) -> None:
        self.console.say(json.dumps({"event": event, **fields}) if self.as_json else line)


def _summary_lines(session: Session, output: Path) -> list[str]:
    recorder = session.recorder
    lines = [f"{recorder.exchanges} exchanges; see {output / EXCHANGES}"]
    lines += [f"  {count} x {recorder.mask.text(line)}" for line, count in recorder.findings.items()]
    lines.append(f"kinds of findings: {len(recorder.findings)}")
    if recorder.playbooks:
        lines.append(
            f"playbooks: {len(recorder.playbooks)}; replay them: "
            f"sigmic-mock --playbooks {shlex.quote(str(output))}"
        )
    else:
        lines.append("no playbook: no task was created and followed")
    return lines
