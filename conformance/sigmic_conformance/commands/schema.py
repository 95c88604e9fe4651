"""`sigmic-conformance schema`: print the JSON Schema of a profile, for completion in an editor."""

import argparse

from sigmic_conformance.commands.output import show_lines
from sigmic_conformance.exit_codes import ExitCode
from sigmic_conformance.target.profile_file import SCHEMA


def arguments(_parser: argparse.ArgumentParser) -> None:
    """Declare no arguments."""


def run(_options: argparse.Namespace) -> ExitCode:
    """Print the schema."""
    show_lines(SCHEMA.read_text("utf-8").splitlines())
    return ExitCode.OK
