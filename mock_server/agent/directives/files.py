"""Directives about files: create, write, read, list, delete, replace. Each is one call of a tool.

Rule: a path is given to the tool as the agent writes it, relative to the workspace; one that cannot be, as it
was written, so that the tool says what is wrong with it.
"""

import re
import shlex

from sigmic_conformance.mock_server.agent.directives.sentences import Directive, Reader, Rule, phrase, rule
from sigmic_conformance.mock_server.agent.directives.spans import Span
from sigmic_conformance.mock_server.agent.steps.step import Step, call
from sigmic_conformance.mock_server.agent.tools.paths import PathRefused, workspace_path
from sigmic_conformance.spec.plural import plural

_NAMED = r"(?:,? (?:named|called|at|with the (?:name|path)|at the path))?"
_STRESS = r"(?: (?:exactly|only|just|the|this|these|following|single|one|in it|into it))*"
_AFTER_CONTENT = phrase(
    r"(?:,? )?(?P<verb>containing|that contains|which contains|with|whose contents? (?:is|are)"
    r"|and (?:write|put)|that says|saying)(?!\w)"
    rf"{_STRESS}(?P<noun>(?: (?:text|contents?|body|words?|lines?))+(?!\w))?{_STRESS}(?!\w)"
)
_FILE_NAME = re.compile(r"\w\.[A-Za-z][A-Za-z0-9]{0,5}\Z")
_SHOWS_IT = re.compile(r"\b(?:contents?|says?|back)\b", re.IGNORECASE)
_FILE = r"(?P<file>(?:the |my |an? )?(?:(?:uploaded|new|text) )*file\b)"


def _tidy(path: str) -> str:
    """Return a path as the agent writes it: relative; one that cannot be, as it was written."""
    try:
        return workspace_path(path)
    except PathRefused:
        return path


def _create(reader: Reader, lead: re.Match[str]) -> Directive | None:
    path = reader.path(lead.end())
    if path is None:
        return None
    if lead.groupdict().get("empty"):
        return reader.closed(path.end, _write(path.text, ""))
    words = _AFTER_CONTENT.match(reader.text, path.end)
    content = reader.payload(words.end() if words else path.end)
    if content is None and words:
        content = _unquoted(reader, words)
    if content is None or (not words and not content.is_fence):
        return None
    steps, end, told = [_write(path.text, content.text)], reader.after(content.end), reader.tells(content.end)
    if told is not None and end == told.end() and _SHOWS_IT.search(told[0]):
        steps.append(_read_file(path.text))
    return Directive(end, tuple(steps))


def _unquoted(reader: Reader, words: re.Match[str]) -> Span | None:
    """Return the text behind the words that announce it, without quotation marks or a colon."""
    noun = words["noun"]
    if noun and noun.lower().endswith("word"):
        word = reader.word(words.end("noun"))
        return word if word and reader.closes(word.end) is not None else None
    if noun and len(noun.split()) > 1:
        return None  # "the text line …": where the dictated text begins is a guess
    if noun:
        return reader.plain_text(words.end("noun"), announced=True)
    if words["verb"].lower() == "with":
        return None  # "with sample data", "with execute permission"
    return reader.plain_text(words.end("verb"))


def _write_text(reader: Reader, lead: re.Match[str]) -> Directive | None:
    text = reader.spans.quoted(reader.skip_spaces(lead.end()))
    if text is None:
        return None
    into = re.compile(
        r"[ \t]+(?:in)?to[ \t]+(?:(?:the|a|a new)[ \t]+)?(?:file[ \t]+)?(?:(?:named|called)[ \t]+)?",
        re.IGNORECASE,
    ).match(reader.text, text.end)
    path = reader.path(into.end()) if into else None
    return reader.closed(path.end, _write(path.text, text.text)) if path else None


def _write(path: str, content: str) -> Step:
    name = _tidy(path)
    size = len(content.encode("utf-8", "replace"))
    report = {"brief": f"I wrote `{name}` ({plural(size, 'byte')})."}
    return call("write_file", report, path=name, content=content)


def _read(reader: Reader, lead: re.Match[str]) -> Directive | None:
    path = reader.path(lead.end())
    if path is None or not (lead.groupdict().get("file") or path.is_quoted or re.search(r"[./]", path.text)):
        return None
    summary = re.compile(
        r",?[ \t]+(?:and|then)[ \t]+(?:then[ \t]+)?(?:summari[sz]e|analy[sz]e"
        r"|describe)\b[^.;!?\n]{0,120}(?=[.;!?\n]|\Z)",
        re.IGNORECASE,
    ).match(reader.text, path.end)
    if summary:
        name = _tidy(path.text)
        return Directive(summary.end(), (call("read_file", {"table": name}, path=name),))
    return reader.closed(path.end, _read_file(path.text))


def _read_file(path: str) -> Step:
    name = _tidy(path)
    return call("read_file", {"quote": f"`{name}` holds:"}, path=name)


def _list(reader: Reader, lead: re.Match[str]) -> Directive | None:
    where = "."
    end: int | None = lead.end()
    if lead["where"]:
        path = reader.path(lead.end())
        if path is None:
            return None
        where = _tidy(path.text)
        end = _phrase_at(reader, r"(?:[ \t]+(?:directory|folder)\b)?", path)
    elif lead["uploaded"]:
        where = "uploads"
    step = call("list_directory", {"quote": "The files are:"}, path=where)
    return reader.closed(end if end is not None else lead.end(), step)


def _delete(reader: Reader, lead: re.Match[str]) -> Directive | None:
    path = reader.path(lead.end())
    if path is None or not (lead.groupdict().get("file") or path.is_quoted or _FILE_NAME.search(path.text)):
        return None
    name = _tidy(path.text)
    report = {"brief": f"I deleted `{name}`."}
    return reader.closed(path.end, call("run_shell_command", report, command=f"rm -- {shlex.quote(name)}"))


def _replace(reader: Reader, lead: re.Match[str]) -> Directive | None:
    old = reader.word(lead.end())
    joint = _phrase_at(reader, r"[ \t]+(?:with|by|to)(?:[ \t]+the[ \t]+(?:text|word|string))?(?=[ \t])", old)
    new = reader.word(joint) if joint is not None else None
    place = _phrase_at(
        reader, r"[ \t]+in(?:[ \t]+the)?(?:[ \t]+file)?(?:[ \t]+(?:named|called))?(?=[ \t])", new
    )
    path = reader.path(place) if place is not None else None
    if old is None or new is None or path is None or not old.text:
        return None
    name = _tidy(path.text)
    step = call("replace", "printed", path=name, old_string=old.text, new_string=new.text)
    return reader.closed(path.end, step)


def _phrase_at(reader: Reader, pattern: str, before: Span | None) -> int | None:
    found = re.compile(pattern, re.IGNORECASE).match(reader.text, before.end) if before else None
    return found.end() if found else None


FILE_RULES: tuple[Rule, ...] = (
    rule(
        "create write make save generate add",
        r"(?: an?| the| one)?(?: (?:new|small|text|plain|plain-text|utf-8|following|(?P<empty>empty)))* file"
        + _NAMED
        + r"[:\s]",
        _create,
    ),
    rule(
        "write save put",
        r"(?: exactly)?(?: the)?(?: exact)?(?: (?:text|line|words?|content))?(?= [`\"“'])",
        _write_text,
    ),
    rule(
        "read open show display print cat view",
        r"(?: me)?(?: the)?(?: (?:full|entire|whole|exact|complete))?(?: (?:contents?|text) of)? "
        + _FILE
        + _NAMED
        + r"[:\s]",
        _read,
    ),
    rule("read cat", r"(?: the contents? of)? ", _read),
    rule(
        "list show",
        r"(?: me)?(?: all)?(?: of)?(?: the| my| your)?(?: (?P<uploaded>uploaded))?"
        r" (?:files(?: and (?:folders|directories))?|directory|(?:workspace|current)(?: (?:files"
        r"|directory|folder))?"
        r"|contents of (?:the |your )?(?:workspace|(?:current |working )?(?:directory|folder)))"
        r"(?: in (?:the |your |my )?(?:(?:current|working) )?(?:workspace|directory|folder"
        r"|sandbox)(?=\s*(?:[.;!?,]|\n|and\b|then\b|please\b|\Z))"
        r"|(?P<where> (?:in|of|under)(?: the)?(?: (?:folder|directory))?(?: (?:named|called))? )(?=[^\s]))?",
        _list,
    ),
    rule("delete remove", r" " + _FILE + _NAMED + r"[:\s]", _delete),
    rule("delete remove", r" (?:the )?(?=\S)", _delete),
    rule(
        "replace change",
        r"(?: every| all| each)?(?: occurrences? of)?(?: the (?:text|word|string))? (?=\S)",
        _replace,
    ),
)
