"""`sigmic-mock`: reads the command line, says one clear line when a start is refused, and runs the server.

Exit codes: 0 after a signal, 1 when the server cannot run here, 2 when it was asked for wrongly.
"""

import argparse
import asyncio
import difflib
import sys
from collections.abc import Sequence
from typing import NoReturn

from mock_server.settings import FLAGS, Settings, SettingsError, environment, resolve
from mock_server.version import VERSION

_USAGE_ERROR = 2
_CANNOT_RUN = 1
_INTERRUPTED = 130


class _Parser(argparse.ArgumentParser):
    """One line for a mistake, with the nearest flag."""

    def error(self, message: str) -> NoReturn:
        words = message.removeprefix("unrecognized arguments: ").split()
        known = [f"--{flag.name}" for flag in FLAGS]
        close = [difflib.get_close_matches(word.partition("=")[0], known, n=1) for word in words[:1]]
        hint = f"; did you mean {close[0][0]}?" if close and close[0] else "; see --help"
        _refuse(f"{message}{hint if message.startswith('unrecognized') else ''}", _USAGE_ERROR)


def _parser() -> argparse.ArgumentParser:
    parser = _Parser(
        prog="sigmic-mock",
        usage="sigmic-mock [serve] [flags]",
        description="Run the reference platform on this machine.",
        epilog="Every flag has an environment variable: --session-idle is SIGMIC_MOCK_SESSION_IDLE.",
        allow_abbrev=False,
    )
    parser.add_argument("--version", action="version", version=f"sigmic-mock {VERSION}")
    for flag in FLAGS:
        text = f"{flag.help} (default: {flag.default})".replace("%", "%%")
        if flag.switch:
            parser.add_argument(
                f"--{flag.name}", dest=flag.field, action="store_const", const="on", help=text
            )
        else:
            parser.add_argument(f"--{flag.name}", dest=flag.field, metavar=flag.value, help=text)
    return parser


def _refuse(message: str, code: int) -> NoReturn:
    line = " ".join(message.split())
    print(f"sigmic-mock: {line}", file=sys.stderr)
    raise SystemExit(code)


def main(arguments: Sequence[str] | None = None) -> None:
    """Run the command."""
    words = list(sys.argv[1:] if arguments is None else arguments)
    if words[:1] == ["serve"]:
        del words[0]
    given = vars(_parser().parse_args(words))
    spoken = {flag.name: given[flag.field] for flag in FLAGS if given[flag.field] is not None}
    try:
        settings = resolve(spoken, environment())
    except SettingsError as problem:
        _refuse(str(problem), _USAGE_ERROR)
    for note in settings.notes:
        print(f"sigmic-mock: {note}", file=sys.stderr)
    try:
        _run(settings)
    except KeyboardInterrupt:
        raise SystemExit(_INTERRUPTED) from None


def _run(settings: Settings) -> None:
    # Imported now: a mistake on the command line is answered before the server is loaded.
    from mock_server import logs  # noqa: PLC0415
    from mock_server.agent.playbook_files import PlaybookError  # noqa: PLC0415
    from mock_server.api.server import PortTaken  # noqa: PLC0415
    from mock_server.app import StartRefused  # noqa: PLC0415
    from mock_server.ports import SandboxUnavailable  # noqa: PLC0415
    from mock_server.serving import serve  # noqa: PLC0415
    from mock_server.storage.database import DatabaseUnusable  # noqa: PLC0415

    logs.configure(settings.log_level, settings.log_format)
    try:
        asyncio.run(serve(settings, lambda ready: _announce(settings, ready.as_line(), ready.as_text())))
    except (PortTaken, StartRefused, SandboxUnavailable, DatabaseUnusable, PlaybookError) as problem:
        _refuse(str(problem), _CANNOT_RUN)
    except OSError as problem:
        where = f" {problem.filename}" if problem.filename else ""
        _refuse(f"cannot use{where}: {(problem.strerror or type(problem).__name__).lower()}", _CANNOT_RUN)


def _announce(settings: Settings, line: str, text: str) -> None:
    print(line if settings.json else text, flush=True)
