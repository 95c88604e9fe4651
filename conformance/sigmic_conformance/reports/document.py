"""A page of HTML that loads nothing: its policy allows its own style and script only."""

import base64
import hashlib
from pathlib import Path

from sigmic_conformance.reports.markup import Child, Html, element

_HERE = Path(__file__).parent


def document(title: str, *body: Child, script: str = "", style: str = "") -> str:
    """The page, with the style of all reports and its own, and the script that it needs, if any."""
    style = (_HERE / "page.css").read_text(encoding="utf-8") + style
    head = element(
        "head",
        element("meta", charset="utf-8"),
        element("meta", http_equiv="Content-Security-Policy", content=_policy(style, script)),
        element("meta", name="referrer", content="no-referrer"),
        element("meta", name="viewport", content="width=device-width, initial-scale=1"),
        element("meta", name="color-scheme", content="light dark"),
        element("title", title),
        element("style", Html(style)),
    )
    runs = element("script", Html(script)) if script else None
    return f"<!DOCTYPE html>\n{element('html', head, element('body', body, runs), lang='en')}\n"


def _policy(style: str, script: str) -> str:
    scripts = f"script-src '{_hash(script)}'; " if script else ""
    return (
        f"default-src 'none'; style-src '{_hash(style)}'; {scripts}img-src data:;"
        " base-uri 'none'; form-action 'none'"
    )


def _hash(text: str) -> str:
    return f"sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()}"
