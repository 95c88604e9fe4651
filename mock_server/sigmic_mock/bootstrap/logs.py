"""Log lines on standard error, as text or JSON, with every known credential shape removed.

The redaction is a second safeguard: the rule is that no credential is passed to a logger in the first place.
"""

import json
import logging
import re
import sys
import time
from typing import Any

from sigmic_mock.domain.credential_shapes import MASK, without_credentials
from sigmic_mock.domain.visible import visible

_AUTHORIZATION = re.compile(r"(?i:bearer|basic)\s+[^\s\"']+")
"""Any text after a scheme; no log line needs to contain one."""


def redact(text: str) -> str:
    """Return `text` without API keys, tokens and Authorization values."""
    return _AUTHORIZATION.sub(MASK, without_credentials(text))


class TextFormatter(logging.Formatter):
    """`12:30:01.250 INFO mock_server.requests: request method=GET …`."""

    def format(self, record: logging.LogRecord) -> str:
        clock = time.strftime("%H:%M:%S", time.localtime(record.created))
        fields: dict[str, Any] = getattr(record, "fields", {})
        pairs = "".join(f" {name}={value}" for name, value in fields.items())
        line = f"{clock}.{record.msecs:03.0f} {record.levelname} {record.name}: {record.getMessage()}{pairs}"
        line = line.replace("\n", "\\n").replace("\r", "\\r")
        if record.exc_info:
            line += "\n" + self.formatException(record.exc_info)
        return redact(visible(line))


class JsonFormatter(logging.Formatter):
    """One JSON object a line."""

    def format(self, record: logging.LogRecord) -> str:
        moment = time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime(record.created))
        line: dict[str, Any] = {
            "time": f"{moment}.{record.msecs:03.0f}Z",
            "level": record.levelname.lower(),
            "logger": record.name,
            "message": record.getMessage(),
            **getattr(record, "fields", {}),
        }
        if record.exc_info:
            line["exception"] = self.formatException(record.exc_info)
        return redact(json.dumps(line, default=str))


def configure(level: str, form: str) -> None:
    """Send this process's log to standard error."""
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(JsonFormatter() if form == "json" else TextFormatter())
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(level.upper())
    # asyncio and aiohttp report lost clients, which we log ourselves. The SDKs of MCP and of models and their
    # client of HTTP log addresses, in which a placeholder's value may be a secret, and messages of servers.
    for chatty in ("asyncio", "aiohttp.server", "aiohttp.access", "mcp", "openai", "httpx2", "httpcore2"):
        logging.getLogger(chatty).setLevel(max(logging.WARNING, root.level))
    # The SDK quotes messages of a server, which may contain its secrets. We log failures ourselves.
    logging.getLogger("mcp").setLevel(logging.CRITICAL)
