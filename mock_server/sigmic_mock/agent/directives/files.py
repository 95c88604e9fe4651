"""Directives about files: create, append, read, list, move, copy, delete, replace, search. Each is one call.

Rule: a tool gets a path as the agent writes it, relative to the workspace. A path outside the workspace is
passed unchanged, so that the tool reports what is wrong with it.
"""

import re
import shlex

from sigmic_mock.agent.directives.sentences import Directive, Reader, Rule, phrase, rule
from sigmic_mock.agent.directives.spans import Span
from sigmic_mock.agent.steps.step import Step, call
from sigmic_mock.agent.tools.paths import PathRefused, workspace_path
from sigmic_spec.plural import plural

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
    """Return a path relative to the workspace, as the agent writes it, or unchanged if it lies outside."""
    try:
        return workspace_path(path)
    except PathRefused:
        return path


def _create(reader: Reader, lead: re.Match[str]) -> Directive | None:
    path = reader.path(lead.end())
    if path is None:
        return None
    if lead.groupdict().get("empty"):
        return reader.closed(path.end, _write(path.text, ""), file=path.text)
    words = _AFTER_CONTENT.match(reader.text, path.end)
    content = reader.payload(words.end() if words else path.end)
    if content is None and words:
        content = _unquoted(reader, words)
    if content is None or (not words and not content.is_fence):
        return None
    steps, end, told = [_write(path.text, content.text)], reader.after(content.end), reader.tells(content.end)
    if told is not None and end == told.end() and _SHOWS_IT.search(told[0]):
        steps.append(_read_file(path.text))
    return Directive(end, tuple(steps), file=path.text)


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
    return reader.closed(path.end, _write(path.text, text.text), file=path.text) if path else None


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
        return Directive(summary.end(), (call("read_file", {"table": name}, path=name),), file=name)
    return reader.closed(path.end, _read_file(path.text), file=path.text)


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


def _move(reader: Reader, lead: re.Match[str]) -> Directive | None:
    """Rename, move or copy a file; into a folder if the message names one."""
    copies = lead[0][:1].lower() in "cd"
    old = reader.path(lead.end())
    to = _phrase_at(
        reader,
        r"[ \t]+(?:file[ \t]+)?(?:to|as|into|in)[ \t]+(?:(?:the|a)[ \t]+)?(?:new[ \t]+)?"
        r"(?:(?:file|folder|directory)[ \t]+)?(?:(?:named|called)[ \t]+)?",
        old,
    )
    new = reader.path(to) if to is not None else None
    if (
        old is None
        or new is None
        or to is None
        or (old.is_quoted is False and not _FILE_NAME.search(old.text))
    ):
        return None
    words = reader.text[old.end : to].lower()
    is_folder = "folder" in words or "directory" in words or new.text.endswith("/")
    source, target = _tidy(old.text), _tidy(new.text)
    if is_folder:
        target = f"{target}/{source.rsplit('/', 1)[-1]}"
    folder = target.rpartition("/")[0]
    made = f"mkdir -p -- {shlex.quote(folder)} && " if folder else ""
    # -T: if a folder has the new name, the command fails.
    command = f"{made}{'cp -T' if copies else 'mv -T'} -- {shlex.quote(source)} {shlex.quote(target)}"
    report = {"brief": f"I {'copied' if copies else 'moved'} `{source}` to `{target}`."}
    return reader.closed(new.end, call("run_shell_command", report, command=command), file=target)


def _make_folder(reader: Reader, lead: re.Match[str]) -> Directive | None:
    path = reader.path(lead.end())
    if path is None:
        return None
    name = _tidy(path.text)
    report = {"brief": f"I created the folder `{name}`."}
    return reader.closed(
        path.end, call("run_shell_command", report, command=f"mkdir -p -- {shlex.quote(name)}")
    )


def _append(reader: Reader, lead: re.Match[str]) -> Directive | None:
    text = reader.spans.quoted(reader.skip_spaces(lead.end()))
    to = _phrase_at(
        reader,
        r"[ \t]+to[ \t]+(?:the[ \t]+)?(?:end[ \t]+of[ \t]+)?(?:the[ \t]+)?(?:file[ \t]+(?=\S+\.|`))?",
        text,
    )
    path = reader.path(to) if to is not None else None
    if text is None or path is None:
        return None
    name, end = _tidy(path.text), "\\n" if lead["line"] else ""
    step = call(
        "run_shell_command",
        {"brief": f"I appended {plural(len(text.text.encode('utf-8', 'replace')), 'byte')} to `{name}`."},
        command=f"printf '%s{end}' {shlex.quote(text.text)} >> {shlex.quote(f'./{name}')}",
    )
    return reader.closed(path.end, step, file=name)


_RUNNERS = {"py": "python3", "sh": "sh", "js": "node"}


def _run_file(reader: Reader, lead: re.Match[str]) -> Directive | None:
    """Run the script that was written before."""
    runner = _RUNNERS.get((reader.file or "").rpartition(".")[2].lower())
    if reader.file is None or runner is None:
        return None
    command = f"{runner} {shlex.quote(f'./{_tidy(reader.file)}')}"
    return reader.closed(lead.end(), call("run_shell_command", "output", command=command), file=reader.file)


def _grep(reader: Reader, lead: re.Match[str]) -> Directive | None:
    text = reader.word(lead.end())
    end = _phrase_at(
        reader, r"(?:[ \t]+in(?:[ \t]+(?:all|the|my|your))*[ \t]+(?:files?|workspace|uploads))", text
    )
    if text is None or end is None:
        return None
    pattern = re.sub(r"([.*+?^$|(){}\[\]\\])", r"\\\1", text.text)
    report = {"quote": f"These lines contain “{text.text}”:"}
    return reader.closed(end, call("grep_search", report, pattern=pattern))


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
    return reader.closed(path.end, step, file=name)


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
        "open show display print view",
        r"(?: me)?(?: the contents? of)? (?=(?:it|[`\"]?[\w/-]{0,80}[\w-]\.[A-Za-z]\w{0,4}[`\"]?)(?!\w))",
        _read,
    ),
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
    rule("rename move copy duplicate", r"(?: (?:the|my))?(?: file)? (?=\S)", _move),
    rule(
        "create make add",
        r"(?: an?| the)?(?: (?:new|empty))* (?:folder|directory)(?: (?:named|called))? ",
        _make_folder,
    ),
    rule("append add", r"(?: (?:the )?(?:(?P<line>line)|text|words?))?(?= [`\"“'])", _append),
    rule("run execute start", r" (?:it|(?:the|this|that) (?:script|program|file))(?!\w|[.-]\w)", _run_file),
    rule("search look find grep", r"(?: for)?(?: the (?:text|word|string))? (?=\S)", _grep),
    rule(
        "replace change",
        r"(?: every| all| each)?(?: occurrences? of)?(?: the (?:text|word|string))? (?=\S)",
        _replace,
    ),
)
