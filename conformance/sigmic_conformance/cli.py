"""The command `sigmic-conformance`: read the verb, load its module, print one clear line for an error."""

import argparse
import os
import signal
import sys
from collections.abc import Sequence
from typing import NoReturn

from sigmic_conformance.commands.command import Command
from sigmic_conformance.commands.output import complain, show
from sigmic_conformance.exit_codes import ExitCode, Refused
from sigmic_spec.arguments import in_our_words
from sigmic_spec.extras import needs_extra
from sigmic_spec.nearest import hint, hint_of_known
from sigmic_spec.requirement import LedgerError

COMMANDS: Sequence[Command] = (
    Command("run", "test a target and write a report"),
    Command("doctor", "check whether a target can be tested, and how to fix it if not"),
    Command("plan", "show what a run will do, what it costs and what it can't prove"),
    Command("explore", "send requests that are drawn from the contract, within a budget"),
    Command("list", "list the requirements that are tested"),
    Command("explain", "explain a requirement: statement, source, and how it is checked"),
    Command("reproduce", "resend a saved run's requests and compare the responses"),
    Command("rejudge", "re-evaluate a saved run offline"),
    Command("diff", "compare two saved runs"),
    Command("matrix", "compare saved runs in one table"),
    Command("merge", "merge the shards of a run into one result"),
    Command("report", "write a page, summary or annotations of a saved run"),
    Command("badge", "write a badge of a saved run"),
    Command("mcp-server", "run an MCP server for the tests of a target's MCP support"),
    Command("schema", "print the JSON Schema of a target's profile for your editor"),
    Command("baseline", "check or update the known failures of a target"),
)
"""Every verb, in the order of the help text; its module in `sigmic_conformance.commands` has `_` for `-`."""

REPLACED = {
    "prove": "run `python -m lab.prove` in a clone",
    "verify": "use `rejudge RUN`, which also refuses a run that was altered",
    "coverage": "`plan` and `report RUN` show the situations and what is missing",
    "report --sarif": "use junit.xml in the report's folder, or `report RUN --annotations`",
    "report --statement": "use `report RUN --html FILE` or `--markdown FILE`, and sign that file",
    "report --signed-by": "use `report RUN --html FILE` or `--markdown FILE`, and sign that file",
}
"""For verbs and flags that are gone, what to use instead. For one release."""

READER_LEFT = 141


class _Parser(argparse.ArgumentParser):
    """Prints one line for a mistake, and exits with the suite's code for it."""

    @property
    def options(self) -> list[str]:
        """Every option that it knows."""
        return [option for action in self._actions for option in action.option_strings]

    def error(self, message: str) -> NoReturn:
        unknown, told = message.startswith("unrecognized"), "; see --help"
        if unknown:
            word = message.removeprefix("unrecognized arguments: ").split()[0].partition("=")[0]
            elsewhere = word in parser_of(COMMANDS[0]).options
            told = "; `run` has it" if elsewhere else hint(word, self.options, otherwise=told)
            if instead := REPLACED.get(f"{self.prog.split()[-1]} {word}"):
                _refuse(f"{word} is gone: {instead}", ExitCode.USAGE)
        _refuse(f"{in_our_words(message, self._actions)}{told}", ExitCode.USAGE)


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command line; return the exit code."""
    words = list(sys.argv[1:] if arguments is None else arguments)
    if not words or words[0] in {"-h", "--help"}:
        _help().print_help(sys.stdout if words else sys.stderr)
        return ExitCode.OK if words else ExitCode.USAGE
    if words == ["--version"]:
        show(_version())
        return ExitCode.OK
    command = next((each for each in COMMANDS if each.name == words[0]), None)
    if command is None:
        if instead := REPLACED.get(words[0]):
            _refuse(f"{words[0]} is gone: {instead}", ExitCode.USAGE)
        names = [each.name for each in COMMANDS]
        _refuse(f"unknown command {words[0]}{hint_of_known(words[0], names)}", ExitCode.USAGE)
    if arguments is None:
        signal.signal(signal.SIGTERM, signal.default_int_handler)  # a cancelled job ends like Ctrl+C
    try:
        return _done(command, words[1:])
    except Refused as refusal:
        _refuse(str(refusal), refusal.code)
    except LedgerError as broken:
        _refuse(str(broken), ExitCode.USAGE)
    except KeyboardInterrupt:
        _refuse("interrupted", ExitCode.INTERRUPTED)
    except BrokenPipeError:
        # The reader of our output closed it, as `head` does; nothing is left to be flushed at exit.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return READER_LEFT


def _done(command: Command, words: Sequence[str]) -> int:
    try:
        return int(command.load().run(parser_of(command).parse_args(words)))
    except ModuleNotFoundError as missing:
        if (missing.name or "").startswith("sigmic_conformance"):
            raise
        raise Refused(
            needs_extra("this command", "sigmic-conformance", "explore", missing), ExitCode.USAGE
        ) from None


def parser_of(command: Command) -> _Parser:
    """Return the parser of a command with all its arguments."""
    parser = _Parser(
        prog=f"sigmic-conformance {command.name}", description=command.summary, allow_abbrev=False
    )
    command.load().arguments(parser)
    return parser


def _version() -> str:
    # Loaded only when it is needed: a mistake in the command line is reported immediately.
    from sigmic_conformance.run.result import suite_version
    from sigmic_spec.ledger import Ledger

    return f"sigmic-conformance {suite_version()}, ledger {Ledger.load().version}"


def _help() -> argparse.ArgumentParser:
    width = max(len(command.name) for command in COMMANDS)
    verbs = "\n".join(f"  {command.name:{width}}  {command.summary}" for command in COMMANDS)
    return argparse.ArgumentParser(
        prog="sigmic-conformance",
        usage="sigmic-conformance COMMAND [arguments]\n       sigmic-conformance --version",
        description=f"Test an implementation of the Sigmic AI API.\n\ncommands (each with --help):\n{verbs}",
        formatter_class=argparse.RawDescriptionHelpFormatter,
        add_help=False,
    )


def _refuse(message: str, code: ExitCode) -> NoReturn:
    complain(f"sigmic-conformance: {message}")
    raise SystemExit(int(code))
