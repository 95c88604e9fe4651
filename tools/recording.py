"""The moving picture of the README: a terminal creates a task and follows its stream, a chat shows the same.

Commands, events and texts are those of `docs/guides/use-the-mock.md`, whose blocks a test executes. The
picture moves by CSS in the SVG. It starts with the end, which is also what a reader sees where nothing moves.
"""

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from html import escape

from tools.fences import Block, blocks

_DOCUMENT = "docs/guides/use-the-mock.md"
_COLUMNS = 66
_LINE = 19
_TOP = 64
_LEFT = 24
_CHAT = 620
_WIDTH = 960
_FIRST = 1.5
_LAST = 4.0
"""The times, at the start and at the end, for which everything is shown."""
_TYPING = 0.8
_BETWEEN_EVENTS = 0.6
_MESSAGE = re.compile(r'message=([^"]+)"')
_EVENT = re.compile(r"event: (\w+)\ndata: (.+)")
_STYLE = """\
text{font:13px ui-monospace,SFMono-Regular,Menlo,Consolas,"DejaVu Sans Mono",monospace}
text{fill:#d6dee7;white-space:pre}
.p{fill:#7ee0a8}.e{fill:#8ab4f8}.d{fill:#9aa7b4}
.c{font:15px system-ui,-apple-system,"Segoe UI",Roboto,"DejaVu Sans",sans-serif;fill:#1c2128}
.h{font-weight:700}.s{font-size:13px;fill:#57606a}"""


@dataclass(frozen=True, slots=True)
class Scene:
    """Something that appears at a time, in seconds from the start, and stays."""

    at: float
    svg: str


def tour() -> str:
    """Return the SVG."""
    block = next(each for each in blocks(_DOCUMENT) if "curl" in each.text)
    scenes = [*_terminal(block), *_chat(block)]
    height = _TOP + _LINE * (len(list(_lines(block))) + 1)
    length = max(scene.at for scene in scenes) + _LAST
    times = sorted({scene.at for scene in scenes})
    rules = "\n".join(
        f"@keyframes k{n}{{0%,{_percent(_FIRST, length)}{{opacity:1}}"
        f"{_percent(_FIRST + 0.05, length)},{_percent(at, length)}{{opacity:0}}"
        f"{_percent(at + 0.05, length)},100%{{opacity:1}}}}"
        f".k{n}{{animation:k{n} {length:g}s infinite}}"
        for n, at in enumerate(times)
    )
    shown = "\n".join(f'<g class="k{times.index(scene.at)}">{scene.svg}</g>' for scene in scenes)
    return f"""\
<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {_WIDTH} {height}"\
 width="{_WIDTH}" height="{height}" role="img">
<title>A terminal creates a task and follows its stream, while the chat shows the same answer</title>
<style>
{_STYLE}
@media (prefers-reduced-motion:no-preference){{
{rules}
}}
</style>
<rect width="{_WIDTH}" height="{height}" rx="10" fill="#f6f8fa"/>
<path d="M10 0H{_CHAT - 24}V{height}H10A10 10 0 0 1 0 {height - 10}V10A10 10 0 0 1 10 0Z" fill="#0d1117"/>
<circle cx="24" cy="22" r="6" fill="#ff5f57"/><circle cx="44" cy="22" r="6" fill="#febc2e"/>\
<circle cx="64" cy="22" r="6" fill="#28c840"/>
<text x="{_CHAT}" y="32" class="c h">Chat</text>
<path d="M{_CHAT - 24} 48H{_WIDTH}" stroke="#d0d7de"/>
{shown}
</svg>
"""


def _percent(at: float, length: float) -> str:
    return f"{min(100.0, 100 * at / length):.2f}%"


def _lines(block: Block) -> Iterator[tuple[float, str, str]]:
    """Yield the time, the class and the text of each line of the terminal."""
    at = _FIRST
    for line in block.text.rstrip("\n").splitlines():
        start = not line.startswith(" ")
        at += _TYPING * start
        yield at, "p" if start else "", ("$ " if start else "  ") + line.replace("…   # from the banner", "…")
    at += _TYPING
    for event, data in _EVENT.findall(block.shown):
        yield at, "e", f"event: {event}"
        yield at, "d", f"data: {data}"
        at += _BETWEEN_EVENTS


def _terminal(block: Block) -> Iterator[Scene]:
    for row, (at, kind, text) in enumerate(_lines(block)):
        cut = text if len(text) <= _COLUMNS else text[: _COLUMNS - 1] + "…"
        spans = escape(cut)
        if kind == "p":
            spans = f'<tspan class="p">$</tspan>{escape(cut[1:])}'
        name = "" if kind == "p" or not kind else f' class="{kind}"'
        yield Scene(at, f'<text x="{_LEFT}" y="{_TOP + _LINE * row}"{name}>{spans}</text>')


def _chat(block: Block) -> Iterator[Scene]:
    times = [at for at, kind, _ in _lines(block) if kind == "e"]
    found = _MESSAGE.search(block.text)
    message = found[1] if found else ""
    width = 28 + 7.4 * len(message)
    right = _WIDTH - 24
    yield Scene(
        times[0],
        f'<rect x="{right - width:g}" y="72" width="{width:g}" height="38" rx="14" fill="#dbe6ff"/>'
        f'<text x="{right - width + 14:g}" y="96" class="c">{escape(message)}</text>',
    )
    answer = ""
    for at, (event, data) in zip(times, _EVENT.findall(block.shown), strict=True):
        fields = json.loads(data)
        if event == "thought":
            yield Scene(at, _words(144, f"Thought: {fields['subject']}", "c s"))
        elif event == "content":
            shown = '<tspan fill="none">' + escape(answer) + "</tspan>" if answer else ""
            yield Scene(at, f'<text x="{_CHAT}" y="180" class="c">{shown}{escape(fields["text"])}</text>')
            answer += fields["text"]
        elif event == "done":
            dot = f'<circle cx="{_CHAT + 5}" cy="211" r="4" fill="#1a7f37"/>'
            yield Scene(at, dot + _words(216, "Completed", "c s", left=_CHAT + 16))


def _words(y: int, text: str, kind: str, left: int = _CHAT) -> str:
    return f'<text x="{left}" y="{y}" class="{kind}">{escape(text)}</text>'
