"""The command `sigmic-conformance`: read the verb, load its module, print one clear line for an error."""

import argparse
import os
import signal
import sys
from collections.abc import Iterator, Sequence
from typing import NoReturn

from sigmic_conformance.commands.command import Command
from sigmic_conformance.commands.output import complain, show
from sigmic_conformance.exit_codes import MEANING, ExitCode, Refused
from sigmic_spec.arguments import in_our_words
from sigmic_spec.extras import needs_extra
from sigmic_spec.nearest import hint, hint_of_known
from sigmic_spec.requirement import LedgerError

TEST = "test a target"
UNDERSTAND = "understand a finding"
SHARE = "compare and share saved runs"
PREPARE = "look up and prepare"
COMMANDS: Sequence[Command] = (
    Command(
        "run",
        "test a target and write a report",
        TEST,
        (
            "run --mock",
            "run --target https://agents.example.com",
            "run --target URL --tier smoke -k 'BEAT or ZIP-006'",
        ),
    ),
    Command(
        "doctor",
        "check whether a target can be tested, and how to fix it if not",
        TEST,
        ("doctor --target https://agents.example.com",),
    ),
    Command(
        "plan",
        "show what a run will do, what it costs and what it can't prove",
        TEST,
        ("plan --mock", "plan --target URL --tier smoke --max-turns 40 --probes"),
    ),
    Command(
        "explore",
        "send requests that are drawn from the contract, within a budget",
        TEST,
        ("explore --mock", "explore --target URL --turns 20 --operation create_task"),
    ),
    Command(
        "explain",
        "explain a requirement: statement, source, and how it is checked",
        UNDERSTAND,
        ("explain BEAT-001", "explain BEAT-001 reports"),
    ),
    Command(
        "reproduce",
        "resend a saved run's requests and compare the responses",
        UNDERSTAND,
        ("reproduce BEAT-001 reports --target URL",),
    ),
    Command(
        "report",
        "write a page, summary or annotations of a saved run",
        UNDERSTAND,
        ("report reports --markdown summary.md", "report reports --annotations"),
    ),
    Command("rejudge", "re-evaluate a saved run offline", UNDERSTAND, ("rejudge reports",)),
    Command("diff", "compare two saved runs", SHARE, ("diff reports-before reports --markdown",)),
    Command("matrix", "compare saved runs in one table", SHARE, ("matrix mock=reports-mock ours=reports",)),
    Command(
        "merge",
        "merge the shards of a run into one result",
        SHARE,
        ("merge shard-1 shard-2 --report-dir whole",),
    ),
    Command("badge", "write a badge of a saved run", SHARE, ("badge reports --output badge.svg",)),
    Command(
        "baseline",
        "check or update the known failures of a target",
        SHARE,
        (
            "baseline update reports --file known.yaml --owner you --days 30",
            "baseline check reports --file known.yaml",
        ),
    ),
    Command(
        "list", "list the requirements that are tested", PREPARE, ("list BEAT", "list --level must --json")
    ),
    Command(
        "schema",
        "print the JSON Schema of a target's profile for your editor",
        PREPARE,
        ("schema > profile.schema.json",),
    ),
    Command(
        "mcp-server",
        "run an MCP server for the tests of a target's MCP support",
        PREPARE,
        ("mcp-server --http 127.0.0.1:9000",),
    ),
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

PROGRAM = "sigmic-conformance"
LISTED_OPTIONS = 8
"""The most options that a usage lists."""
READER_LEFT = 141


class _Parser(argparse.ArgumentParser):
    """Prints one line for a mistake, and exits with the suite's code for it."""

    @property
    def options(self) -> list[str]:
        """Every option that it knows."""
        return [option for action in self._actions for option in action.option_strings]

    @property
    def positionals(self) -> list[str]:
        """Its positional arguments, as the help names them."""
        return [str(each.metavar or each.dest) for each in self._actions if not each.option_strings]

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
        prog=f"{PROGRAM} {command.name}",
        description=command.summary,
        epilog=_examples(command.examples),
        formatter_class=argparse.RawDescriptionHelpFormatter,
        allow_abbrev=False,
    )
    command.load().arguments(parser)
    if len(parser.options) > LISTED_OPTIONS:
        # A usage of twelve lines helps nobody: the groups below have every option.
        parser.usage = " ".join([parser.prog, "[options]", *parser.positionals])
    return parser


def _version() -> str:
    # Loaded only when it is needed: a mistake in the command line is reported immediately.
    from sigmic_conformance.run.result import suite_version
    from sigmic_spec.ledger import Ledger

    return f"sigmic-conformance {suite_version()}, ledger {Ledger.load().version}"


def _help() -> argparse.ArgumentParser:
    return argparse.ArgumentParser(
        prog=PROGRAM,
        usage=f"{PROGRAM} COMMAND [arguments]\n       {PROGRAM} --version",
        description="\n\n".join(["Test an implementation of the Sigmic AI API.", *_verbs()]),
        epilog=_examples(("COMMAND --help", "run --mock", "explain BEAT-001")) + "\n\n" + _exit_codes(),
        formatter_class=argparse.RawDescriptionHelpFormatter,
        add_help=False,
    )


def _verbs() -> Iterator[str]:
    width = max(len(command.name) for command in COMMANDS)
    for purpose in dict.fromkeys(command.purpose for command in COMMANDS):
        lines = [f"{each.name:{width}}  {each.summary}" for each in COMMANDS if each.purpose == purpose]
        yield "\n  ".join([f"{purpose}:", *lines])


def _examples(commands: Sequence[str]) -> str:
    return "\n  ".join(["examples:", *(f"{PROGRAM} {each}" for each in commands)])


def _exit_codes() -> str:
    return "\n  ".join(["exit codes:", *(f"{int(code):2}  {MEANING[code]}" for code in sorted(MEANING))])


def _refuse(message: str, code: ExitCode) -> NoReturn:
    complain(f"sigmic-conformance: {message}")
    raise SystemExit(int(code))
