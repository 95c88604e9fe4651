"""`sigmic-conformance mcp-server`: the MCP server that tests how a deployment treats MCP servers."""

import argparse
import os
import threading

from sigmic_conformance.commands.output import show, show_json, show_lines
from sigmic_conformance.exit_codes import ExitCode, Refused
from sigmic_conformance.target.mcp_server.program import over_stdio

HIGHEST_PORT = 65535


def arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the transport, or what to print instead."""
    how = parser.add_mutually_exclusive_group()
    how.add_argument(
        "--http", metavar="HOST:PORT", help="serve over Streamable HTTP at this address (default: stdio)"
    )
    how.add_argument(
        "--configuration",
        metavar="URL",
        help="print what to configure in the target's project, which reaches the --http server at URL",
    )
    how.add_argument("--script", action="store_true", help="print the stdio server as one Python file")
    parser.add_argument(
        "--token-env",
        metavar="NAME",
        help="with --http: environment variable with the bearer token that callers must send",
    )
    parser.add_argument("--name", default="stdio", help="stdio: prefix of tool names and reports")
    parser.add_argument(
        "--argument", default="", help="stdio: argument whose digest the tool `digests` returns"
    )


def run(options: argparse.Namespace) -> int:
    """Serve until the input ends or Ctrl+C; or print."""
    if options.script or options.configuration is not None:
        # Not loaded to serve, because a session waits for the server's start.
        from sigmic_conformance.target.mcp_server import configuration

        told = options.token_env and configuration.TOKEN
        if options.script:
            show_lines(configuration.source().rstrip().splitlines())
        else:
            show_json(configuration.settings(options.configuration, authorization=told))
    elif options.http is not None:
        _serve(*_address(options.http), _token(options.token_env))
    else:
        over_stdio(options.name, options.argument, os.environ)
    return ExitCode.OK


def _serve(host: str, port: int, token: str | None) -> None:
    from sigmic_conformance.target.mcp_server.over_http import over_http

    try:
        with over_http(host, port, token=token) as base_url:
            show(f"{base_url}/  (Ctrl+C ends it)")
            threading.Event().wait()
    except OSError as error:
        raise Refused(
            f"--http: can't listen on {host}:{port}: {(error.strerror or 'unknown error').lower()}"
        ) from error
    except KeyboardInterrupt:
        return


def _address(text: str) -> tuple[str, int]:
    host, _, port = text.rpartition(":")
    if not port.isdecimal() or int(port) > HIGHEST_PORT:
        raise Refused(f"--http: {text!r} is not HOST:PORT")
    return host or "127.0.0.1", int(port)


def _token(name: str | None) -> str | None:
    if name is None:
        return None
    value = os.environ.get(name, "").strip()
    if not value:
        raise Refused(f"--token-env: the environment variable {name} is not set")
    return value
