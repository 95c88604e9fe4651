"""`sigmic-mock record`: a proxy before a real deployment that judges what passes and writes playbooks of it.

Point a client at the address it prints, work as usual, end it with Ctrl-C. What is seen is judged against the
document in both directions as it passes; the folder replays it: `sigmic-mock --playbooks FOLDER`.
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

from sigmic_conformance.mock_server.commands.command import FAILED, USAGE, CommandRefused, Console
from sigmic_conformance.mock_server.http.server import PortTaken
from sigmic_conformance.mock_server.recording.exchange import Ending
from sigmic_conformance.mock_server.recording.findings import Finding
from sigmic_conformance.mock_server.recording.folder import EXCHANGES, Folder, FolderRefused
from sigmic_conformance.mock_server.recording.session import (
    Session,
    UpstreamRefused,
    read_upstream,
    recording,
)
from sigmic_conformance.mock_server.stop_signals import stop_signals

DEFAULT_PORT = 8788
_LAST_PORT = 65535
_PORT_DIGITS = 5


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


def run(given: argparse.Namespace, console: Console, environment: Mapping[str, str]) -> int:  # noqa: ARG001 - as every command
    """Record until SIGINT, SIGTERM or SIGHUP; return 1 when `--strict` and there were findings."""
    speaker = _JsonSpeaker(console) if given.json else _Speaker(console)
    try:
        session = asyncio.run(_record(given, speaker))
    except (UpstreamRefused, FolderRefused, PortTaken) as refused:
        code = USAGE if str(refused).startswith("--") else FAILED
        raise CommandRefused(str(refused), code) from None
    speaker.summary(session, Path(given.output))
    return FAILED if given.strict and len(session.recorder.findings) else 0


async def _record(given: argparse.Namespace, speaker: "_Speaker") -> Session:
    upstream, output = read_upstream(given.upstream), Path(given.output)
    stopping = asyncio.Event()
    loop = asyncio.get_running_loop()
    async with recording(upstream, _port(given.port), partial(Folder.make, output), speaker) as session:
        for number in stop_signals():
            loop.add_signal_handler(number, stopping.set)
        speaker.ready(session, upstream.origin + upstream.prefix, output)
        await stopping.wait()
    return session


def _port(text: str) -> int:
    if not text.isascii() or not text.isdigit() or len(text) > _PORT_DIGITS or int(text) > _LAST_PORT:
        raise CommandRefused(f"--port must be a port number, 0 to 65535, not {text!r}", USAGE)
    return int(text)


@dataclass(slots=True)
class _Speaker:
    """Tells a person; fulfils `recorder.Voice`. Results go to standard output, remarks to standard error."""

    console: Console

    def ready(self, session: Session, upstream: str, output: Path) -> None:
        self.console.note(f"recording {upstream} into {output}; end with Ctrl-C")
        self.console.say(f"export SIGMIC_BASE_URL={session.base_url}")

    def finding(self, finding: Finding, line: str, exchange: int) -> None:  # noqa: ARG002 - the JSON form takes it
        self.console.say(f"finding  {line}  (exchange {exchange})")

    def playbook(self, name: str, *, is_new: bool) -> None:
        if is_new:
            self.console.note(f"playbook {name}")

    def note(self, text: str) -> None:
        self.console.note(f"note: {text}")

    def summary(self, session: Session, output: Path) -> None:
        for line in _summary_lines(session, output):
            self.console.say(line)


class _JsonSpeaker(_Speaker):
    """Tells a program."""

    def ready(self, session: Session, upstream: str, output: Path) -> None:
        self._say(event="ready", base_url=session.base_url, upstream=upstream, output=str(output))

    def finding(self, finding: Finding, line: str, exchange: int) -> None:  # noqa: ARG002 - for the other form
        self._say(event="finding", **finding.as_json(), exchange=exchange)

    def playbook(self, name: str, *, is_new: bool) -> None:
        self._say(event="playbook", name=name, is_new=is_new)

    def note(self, text: str) -> None:
        self._say(event="note", text=text)

    def summary(self, session: Session, output: Path) -> None:
        recorder = session.recorder
        self._say(
            event="summary",
            output=str(output),
            exchanges=recorder.tally.exchanges,
            endings={ending.value: count for ending, count in recorder.tally.endings.items()},
            playbooks=recorder.tally.playbooks,
            findings=[{**finding.as_json(), "count": count} for finding, count in recorder.findings],
        )

    def _say(self, **fields: Any) -> None:
        self.console.say(json.dumps(fields))


def _summary_lines(session: Session, output: Path) -> list[str]:
    recorder, tally = session.recorder, session.recorder.tally
    whole = tally.endings[Ending.WHOLE]
    lines = [f"{tally.exchanges} exchanges, {whole} of them whole; see {output / EXCHANGES}"]
    lines += [f"  {count} x {recorder.mask.text(finding.line)}" for finding, count in recorder.findings]
    if recorder.findings.uncounted:
        lines.append(f"  and {recorder.findings.uncounted} more that are not listed")
    lines.append(f"kinds of findings: {len(recorder.findings)}")
    if tally.playbooks:
        lines.append(
            f"playbooks: {len(tally.playbooks)}; replay them: "
            f"sigmic-mock --playbooks {shlex.quote(str(output))}"
        )
    else:
        lines.append("no playbook: no task was created and followed")
    return lines
