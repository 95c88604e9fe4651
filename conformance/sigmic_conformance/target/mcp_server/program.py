"""An MCP server that reports how it was started and called, only as digests: no value leaves it.

A single file that uses only the standard library: every session starts it over stdio inside the target's
sandbox, where an SDK may be impossible to install. One program acts as several servers: a name (`http`,
`stdio`, …) is part of the names of its tools and of its reports. So a report shows which server answered,
even if the target renames tools.

A report is a word: `<name>.<what>=<SHA-256 in hexadecimal digits>`; see `model.record.probe_reports`.
"""

import argparse
import hashlib
import json
import os
import re
import sys
import threading
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

PROTOCOLS = ("2025-11-25", "2025-06-18", "2025-03-26", "2024-11-05")
"""Revisions of the protocol with all features used here; a client that requests another gets the second."""
TOOLS = {
    "echo": "Returns a receipt for the text that it is given.",
    "digests": "Returns digests of the headers, variables and address that this server was started with.",
    "slow": "Returns a receipt after the given number of seconds.",
    "fail": "Fails.",
    "ask": "Returns a receipt; is to be configured so that it asks for an approval.",
    "deny": "Returns a receipt. Configure it so that no caller may use it.",
    "hidden": "Returns a receipt; is to be filtered out.",
    "last": "Returns a receipt; is alone on the second page of the list. Over HTTP it answers as a stream.",
}
PAGE = "2"
"""The cursor of the second page."""
VARIABLES = "PROBE_"
"""Environment variables with this prefix are reported, as digests."""
MOST_SECONDS = 60.0
"""The longest that a slow call may be asked to take."""


def digest(text: str) -> str:
    """The SHA-256 digest that is reported instead of a value."""
    return hashlib.sha256(text.encode(errors="replace")).hexdigest()


def receipt(name: str, tool: str, text: str) -> str:
    """The answer of this tool of this server to a text; no other tool gives the same."""
    return digest(f"{name}.{tool}:{text}")


class McpServer:
    """One server by name, as one client has reached it. `told` is what `digests` reports, as plain values."""

    def __init__(self, name: str, told: Mapping[str, str], *, beside: Callable[[], list[str]] = list) -> None:
        """`beside` returns the names of the servers that were reached with the same word."""
        self.name = name
        self._told = told
        self._beside = beside

    def answer(self, message: Any, stop: threading.Event) -> dict[str, Any] | None:
        """The answer to one JSON-RPC message, None if none is due; `stop` is set if the call is cancelled."""
        if not isinstance(message, dict) or not isinstance(message.get("method"), str):
            return _error(None, -32600, "This is not a request.")
        if "id" not in message:
            return None
        given = message.get("params")
        params = given if isinstance(given, dict) else {}
        match message["method"]:
            case "initialize":
                result = self._greeting(params)
            case "ping":
                result = {}
            case "tools/list":
                result = self._page(params.get("cursor"))
            case "tools/call":
                tool = str(params.get("name")).removeprefix(f"{self.name}_")
                if tool not in TOOLS:
                    return _error(message["id"], -32602, "There is no such tool.")
                args = params.get("arguments")
                result = self._call(tool, args if isinstance(args, dict) else {}, stop)
            case _:
                return _error(message["id"], -32601, "There is no such method.")
        return {"jsonrpc": "2.0", "id": message["id"], "result": result}

    def _greeting(self, params: Mapping[str, Any]) -> dict[str, Any]:
        wanted = params.get("protocolVersion")
        return {
            "protocolVersion": wanted if wanted in PROTOCOLS else PROTOCOLS[1],
            "capabilities": {"tools": {}},
            "serverInfo": {"name": f"sigmic-probe-{self.name}", "version": "1"},
        }

    def _page(self, cursor: Any) -> dict[str, Any]:
        """A page of the list of tools. A client has to follow `nextCursor`, as the protocol says."""
        tools = [self._tool(each) for each in TOOLS if (each == "last") == (cursor == PAGE)]
        return {"tools": tools} if cursor == PAGE else {"tools": tools, "nextCursor": PAGE}

    def _tool(self, tool: str) -> dict[str, Any]:
        properties = {"text": {"type": "string", "description": "Any word."}}
        if tool == "slow":
            properties["seconds"] = {"type": "number", "description": "How long it is to take."}
        return {
            "name": f"{self.name}_{tool}",
            "description": TOOLS[tool],
            "inputSchema": {"type": "object", "properties": properties},
        }

    def _call(self, tool: str, args: Mapping[str, Any], stop: threading.Event) -> dict[str, Any]:
        text = str(args.get("text", ""))
        if tool == "slow":
            stop.wait(_seconds(args.get("seconds")))
        content = [{"type": "text", "text": f"{self.name}.{tool}.receipt={receipt(self.name, tool, text)}"}]
        if tool == "digests":
            words = [f"{self.name}.{what}={digest(value)}" for what, value in sorted(self._told.items())]
            words += [f"{self.name}.beside.{other}={digest(other)}" for other in self._beside()]
            content.append({"type": "text", "text": "\n".join(words)})
        return {"content": content, "isError": True} if tool == "fail" else {"content": content}


def _seconds(value: Any) -> float:
    """The seconds that were given, as a number or by a platform as text; the most if there are none."""
    told = str(value)
    return min(float(told), MOST_SECONDS) if re.fullmatch(r"\d{1,5}(\.\d+)?", told) else MOST_SECONDS


def _error(number: Any, code: int, text: str) -> dict[str, Any]:
    return {"jsonrpc": "2.0", "id": number, "error": {"code": code, "message": text}}


def over_stdio(name: str, argument: str, environment: Mapping[str, str]) -> None:
    """Serve one client, one message per line, until end of input. Each call runs in its own thread."""
    told = {f"env.{key}": value for key, value in environment.items() if key.startswith(VARIABLES)}
    server = McpServer(name, {**told, "argument": argument, "cwd": str(Path.cwd())})
    running: dict[Any, threading.Event] = {}
    writing = threading.Lock()

    def serve(message: Any, number: Any, stop: threading.Event) -> None:
        answer = server.answer(message, stop)
        running.pop(number, None)
        if answer is not None and not stop.is_set():
            with writing:
                print(json.dumps(answer), flush=True)  # noqa: T201  this is the protocol

    for line in sys.stdin:
        try:
            message = json.loads(line)
        except ValueError:
            message = None
        fields = message if isinstance(message, dict) else {}
        if fields.get("method") == "notifications/cancelled":
            params = fields.get("params")
            if isinstance(params, dict) and (void := running.get(str(params.get("requestId")))):
                void.set()
            continue
        number, stop = str(fields.get("id")), threading.Event()
        if fields.get("method") == "tools/call":
            running[number] = stop
            threading.Thread(target=serve, args=(message, number, stop), daemon=True).start()
        else:
            serve(message, number, stop)
    for stop in list(running.values()):
        stop.set()


def main(words: list[str]) -> None:
    """Serve over stdio: the entry point of the configured command."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--name", default="stdio")
    parser.add_argument("--argument", default="")
    given = parser.parse_args(words)
    over_stdio(given.name, given.argument, os.environ)  # noqa: TID251  the one who starts it


if __name__ == "__main__":
    main(sys.argv[1:])
