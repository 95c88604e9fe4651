"""Arguments that name the target, shared by several verbs, and the profile read from them."""

import argparse
import os
import ssl
from collections.abc import Sequence

from sigmic_conformance.exit_codes import Refused
from sigmic_conformance.target import settings
from sigmic_conformance.target.extra_headers import VARIABLE, read_headers
from sigmic_conformance.target.profile import Credentials, Profile, resolve


def target_arguments(
    parser: argparse.ArgumentParser, *, tests: bool = True
) -> dict[str, argparse._ArgumentGroup]:
    """Declare `--mock`, `--profile` and a flag for each setting; return the groups of the help text.

    A verb that tests nothing hides `--mock` and what only concerns a test, but takes the same flags.
    """
    titles = (settings.TARGET, settings.SCOPE, settings.LIMITS, settings.VERDICT)
    groups = {title: parser.add_argument_group(title) for title in titles}
    target = groups[settings.TARGET].add_mutually_exclusive_group()
    about = "start the reference platform and test it" if tests else argparse.SUPPRESS
    target.add_argument("--mock", action="store_true", help=about)
    for setting in settings.SETTINGS:
        group = target if setting.key == "base_url" else groups[setting.group]
        hidden = {} if tests or setting.group == settings.TARGET else {"help": argparse.SUPPRESS}
        group.add_argument(setting.flag, **setting.declared() | hidden)
    own = groups[settings.TARGET]
    own.add_argument("--profile", metavar="FILE", help="profile of the target (YAML)")
    own.add_argument(
        "--header",
        metavar="'NAME: VALUE'",
        action="append",
        help="header to add to every request; $VARIABLE is read from the environment",
    )
    own.add_argument("--ca", metavar="FILE", help="extra CA certificates to trust (PEM)")
    return groups


def require_target(options: argparse.Namespace) -> None:
    """Raise Refused if neither a flag nor a variable names the target."""
    named = options.target or options.profile or getattr(options, "mock", False)
    if not named and not any(os.environ.get(each) for each in ("SIGMIC_TARGET", settings.PROFILE_VARIABLE)):
        raise Refused("name what to test: --mock, --target URL, --profile FILE, or SIGMIC_TARGET")


def trust(path: str | None) -> None:
    """Trust the certificates of a file in this process and its children; Refused if it has none."""
    if path is None:
        return
    try:
        ssl.create_default_context(cafile=path)
    except ssl.SSLError as error:
        raise Refused(f"--ca {path}: no certificate in it that can be read") from error
    except OSError as error:
        raise Refused(f"--ca {path}: {(error.strerror or 'unreadable').lower()}") from error
    # The machine's own certificates stay trusted: their directory is set by another variable.
    os.environ["SSL_CERT_FILE"] = path


def send_along(headers: Sequence[str] | None) -> None:
    """Send these headers with every request of this process; Refused when one cannot be sent.

    They are passed in the environment, not on the command line of the session that tests.
    """
    if not headers:
        return
    read_headers(headers, os.environ)
    os.environ[VARIABLE] = "\n".join(map(str.strip, headers))


def given_target(options: argparse.Namespace, *, sends: bool = True) -> tuple[Profile, Credentials]:
    """Profile and credentials of a target, not the mock; without a key unless it `sends`. Raises Refused."""
    require_target(options)
    trust(options.ca)
    send_along(options.header)
    unsent = {} if sends else {"SIGMIC_API_KEY": "unsent"}
    return resolve(settings.effective(vars(options), os.environ), environment=unsent | dict(os.environ))
