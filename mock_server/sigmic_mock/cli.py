"""`sigmic-mock`: reads the command line, prints a clear line if a start is refused, and runs the server.

Exit codes: 0 after a signal, 1 when the server cannot run here, 2 when its arguments are wrong.
"""

import argparse
import asyncio
import gc
import os
import shlex
import sys
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from typing import NoReturn

from sigmic_mock.commands.command import VERBS, CommandRefused, load
from sigmic_mock.commands.server_flags import declare_flags, given_flags
from sigmic_mock.config.settings import (
    FLAGS,
    Settings,
    SettingsError,
    environment,
    resolve,
)
from sigmic_mock.domain.visible import visible
from sigmic_mock.runtime.pace import NATURAL, OFF, Pace
from sigmic_mock.version import VERSION
from sigmic_spec.arguments import in_our_words
from sigmic_spec.nearest import hint, hint_of_known

_USAGE_ERROR = 2
_CANNOT_RUN = 1
_INTERRUPTED = 130
_READER_LEFT = 141


class _Parser(argparse.ArgumentParser):
    """One line for a mistake, with the nearest flag."""

    def error(self, message: str) -> NoReturn:
        words = message.removeprefix("unrecognized arguments: ").split()
        known = sorted(self._options())
        near = hint(words[0].partition("=")[0], known) if words else ""
        told = (near or "; see --help") if message.startswith("unrecognized") else ""
        if message.endswith("required: ACTION"):
            message = f"{self.prog.rpartition(' ')[2]} needs an action: {', '.join(self._choices())}"
        _refuse(f"{in_our_words(message, self._actions)}{told}", _USAGE_ERROR)

    def _choices(self) -> Iterator[str]:
        for action in self._actions:
            yield from action.choices if isinstance(action.choices, Mapping) else ()

    def _options(self) -> Iterator[str]:
        """Yield every option, those of the actions of a verb too: argparse reports theirs up here."""
        for action in self._actions:
            yield from action.option_strings
            if isinstance(action.choices, Mapping):
                for parser in action.choices.values():
                    yield from parser._options()  # noqa: SLF001 - of this very class


class _Terminal:
    """Fulfils `commands.command.Console`."""

    def say(self, text: str) -> None:
        print(visible(text), flush=True)

    def note(self, text: str) -> None:
        print(visible(text), file=sys.stderr, flush=True)


def _parser() -> argparse.ArgumentParser:
    width = max(map(len, VERBS))
    verbs = "\n".join(f"  {verb:{width}}  {summary}" for verb, summary in VERBS.items())
    parser = _Parser(
        prog="sigmic-mock",
        usage="sigmic-mock [serve] [flags]\n       sigmic-mock COMMAND [arguments]",
        description=f"Run the reference platform on this machine.\n\ncommands (each with --help):\n{verbs}",
        epilog="Every flag has an environment variable: --session-idle is SIGMIC_MOCK_SESSION_IDLE.",
        formatter_class=argparse.RawDescriptionHelpFormatter,
        allow_abbrev=False,
    )
    parser.add_argument("--version", action="version", version=f"sigmic-mock {VERSION}")
    declare_flags(parser)
    return parser


def _refuse(message: str, code: int) -> NoReturn:
    """Print one line for each reason, and exit."""
    lines = [" ".join(line.split()) for line in message.splitlines()]
    print(f"sigmic-mock: {visible(chr(10).join(lines))}", file=sys.stderr)
    raise SystemExit(code)


def main(arguments: Sequence[str] | None = None) -> None:
    """Run the command."""
    words = list(sys.argv[1:] if arguments is None else arguments)
    verb = words[0] if words and not words[0].startswith("-") else "serve"
    rest = words[1:] if words[:1] == [verb] else words
    try:
        if verb == "serve":
            _refuse_misplaced(rest)
            _serve(rest)
        else:
            raise SystemExit(_command(verb, rest))
    except KeyboardInterrupt:
        raise SystemExit(_INTERRUPTED) from None
    except BrokenPipeError:
        # The reader of our output has closed it, as `head` does; nothing is left to be flushed at exit.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        raise SystemExit(_READER_LEFT) from None


def _command(verb: str, words: Sequence[str]) -> int:
    if verb not in VERBS:
        _refuse(f"unknown command {verb}{hint_of_known(verb, ['serve', *VERBS])}", _USAGE_ERROR)
    module = load(verb)
    parser = _Parser(prog=f"sigmic-mock {verb}", description=VERBS[verb], allow_abbrev=False)
    module.arguments(parser)
    try:
        return module.run(parser.parse_args(words), _Terminal(), environment())
    except CommandRefused as refusal:
        _refuse(str(refusal), refusal.code)


def _refuse_misplaced(words: Sequence[str]) -> None:
    """Explain the right order, if options of a command precede the command."""
    known = {"--help", "--version", *(f"--{flag.name}" for flag in FLAGS)}
    at = next((at for at, word in enumerate(words) if word in VERBS), None)
    if at and words[0].startswith("--") and words[0].partition("=")[0] not in known:
        right = shlex.join(["sigmic-mock", *words[at:], *words[:at]])
        _refuse(f"the command comes first: {right}", _USAGE_ERROR)


def _serve(words: Sequence[str]) -> None:
    spoken = given_flags(_parser().parse_args(words))
    try:
        settings = resolve(spoken, environment())
    except SettingsError as problem:
        _refuse(str(problem), _USAGE_ERROR)
    for note in settings.notes:
        print(f"sigmic-mock: {note}", file=sys.stderr)
    _run(settings if settings.pace is not None else replace(settings, pace=own_pace(settings)))


def own_pace(settings: Settings) -> Pace:
    """Return the default pace: a person at a terminal reads along, a program waits."""
    is_for_people = sys.stdout.isatty() and not settings.json and not settings.until_stdin_ends
    return NATURAL if is_for_people else OFF


def _run(settings: Settings) -> None:
    # Nearly all objects of a start stay: scanning them repeatedly takes a tenth of it.
    gc.disable()
    # Imported now: a mistake on the command line is answered before the server is loaded.
    from sigmic_mock.bootstrap import logs
    from sigmic_mock.bootstrap.app import UsageError
    from sigmic_mock.bootstrap.serving import serve, why_not_started
    from sigmic_mock.runtime.event_loop import FairLoop

    logs.configure(settings.log_level, settings.log_format)
    try:
        with asyncio.Runner(loop_factory=FairLoop) as runner:
            runner.run(serve(settings, lambda ready: _announce(settings, ready.as_line(), ready.as_text())))
    except Exception as problem:
        reason = why_not_started(problem)
        if reason is None:
            raise
        _refuse(reason, _USAGE_ERROR if isinstance(problem, UsageError) else _CANNOT_RUN)


def _announce(settings: Settings, line: str, text: str) -> None:
    print(line if settings.json else text, flush=True)
