"""Text that a message dictates without quotation marks, and the orders that may follow in it.

Rule: such text is taken only if it can be meant in one way. What could be a description of the text ("a list
of capitals") is not understood. Nor is a text with another order ("hello. Then email it to bob"),
unless the grammar knows that order: then the text ends before it.

No model reads a message, so an order is recognised by its place and its words: behind a full stop, a comma or
`and`, a verb of a list, or any word with an object (`zap it`). In doubt it is an order.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass

_WORK = """
create write make save generate add append insert put build draft prepare produce implement delete
remove erase run execute test compile install convert translate rename move copy replace change edit
fix update read open list print send email mail post upload download fetch search find summarise
summarize analyse analyze count wait sleep remember memorize memorise store call use fail retry
commit push deploy publish plot draw sort filter merge check verify close start stop restart
archive attach backup broadcast capitalize capitalise chmod chown clone compress compute concatenate
debug decode decrypt describe display duplicate encode encrypt explain export extract forward format
give gzip import include join log lowercase message notify parse paste ping play prepend proofread pull
query recall refactor reply report respond review reverse rewrite say schedule scan share shorten show
sign split submit subscribe swap sync tag tar tell text tweet uncompress undo unzip uppercase
validate view visualise visualize whisper wipe zip rm mv cp cat
"""
ACTIONS = frozenset(_WORK.split())
"""Words that ask for work if a sentence begins with them."""
_ONLY_LOOKS = """
read open list print find search count check summarise summarize analyse analyze cat describe display
explain give log parse query recall reply report respond review say scan show tell verify view whisper
"""
CHANGES = ACTIONS - frozenset(_ONLY_LOOKS.split())
"""Those that ask for more than reading or an answer."""
_MORE_VERBS = """
accept access act adapt address adjust align allow announce answer apply approve arrange ask assert assess
assign avoid begin bless book bring browse bypass calculate cancel choose clean clear click collect color
colour combine compare complete configure confirm connect consider contact continue cross cut define
demonstrate derive design determine disable discard discuss dismiss divide do dress drop eat echo embed
emboss empty enable end ensure enter estimate evaluate examine exit expand expose express feed fill finish
flag flip focus follow forget get go grant greet guess hash help hide highlight identify ignore illustrate
impress improve increase indent inform inspect invent invert invite invoke iterate keep kill kiss label
launch leave let link load lock look map mark mask measure mention mirror miss modify monitor multiply name
navigate normalise normalize note number omit optimise optimize order organise organize outline output
overwrite pack pass patch pause perform pick pin place point press preview process prove provide purge quit
quote raise randomise randomize rank rate rebuild record redo reduce refresh refuse register reject release
reload relocate render repair repeat reset resize resolve restore return roll round script seed select set
shed shift shred shuffle shut simplify sing skip solve speak specify speed spell stress strip subtract
suggest sum suppress switch tail take teach toggle toss touch trace track train transfer transform trim try
turn type uninstall unlink unpack upgrade wake warn watch wrap yell zero
"""
_IMPERATIVES = ACTIONS | frozenset(_MORE_VERBS.split())
_NO_IMPERATIVE = frozenset(
    """
    a about after all also am an and any anything are as at because been before both but by each either else
    even every everything few for from had has have he her here hers him his how i if in into is isn't it
    it's its just like many maybe me might mine more most my neither never no nobody none nor not nothing now
    of off on once one only onto or our ours out over perhaps plus quite rather she since so some somebody
    someone something soon such than that that's the their theirs them there there's these they this those
    though through till to today together tomorrow too towards under until up upon us very was we were what
    when where whether which while who whom whose why will with within without would yes yesterday yet you
    your yours
    """.split()
)
_OBJECT = (
    r"[ \t]+(?:it|them|this|that|these|those|me|us|him|everything|all|the|an?|my|your|its|their|our|every"
    r"|each"
    r"|both|[\w./-]{1,80}\.[A-Za-z]\w{0,4})(?![\w'-])"
)
_ORDERED = re.compile(
    rf"(?P<word>[^\W\d_][\w'\u2019-]*)(?![(\[{{=@/\\])(?P<object>(?={_OBJECT}))?"
    r"(?P<next>[ \t]+(?P<second>[^\s,.;:!?]+))?",
)
_DECLARES = re.compile(
    r"(?:is|isn't|are|was|were|has|have|had|will|would|can|could|may|might|does|did|you|of|and|or|=)(?![\w'])",
    re.IGNORECASE,
)
_ASKS_POLITELY = re.compile(
    r"(?:please\b,?[ \t]+\w|(?:could|can|would|will)[ \t]+you\b|you[ \t]+(?:must|should|have[ \t]+to"
    r"|need[ \t]+to)\b"
    r"|i(?:[ \t]+(?:want|need|would[ \t]+like)|'d[ \t]+like)\b|(?:do[ \t]+not|don['\u2019]t)[ \t]"
    r"|(?:an?|another)[ \t]+(?:\w+[ \t]+){0,2}(?:file|folder)[ \t]+(?:named|called|with|containing)\b"
    r"|make[ \t]+sure\b|be[ \t]+sure\b|your[ \t]+task\b|we[ \t]+(?:need|should|must)\b)",
    re.IGNORECASE,
)
_OBLIGES = re.compile(
    r"(?:it|this|that|these|they|which|its|the|all|both)\b[^.!?\n]{0,80}"
    r"\b(?:must|should|shall|needs?[ \t]+to|ha(?:s|ve)[ \t]+to|ought)(?![\w'])",
    re.IGNORECASE,
)
_ASKS = re.compile(
    r"(?:what|who|whom|whose|how|why|when|where|which|is|are|do|does|did|can|could|will|would|may|shall)\b"
    r"[^.!?\n]{0,200}\?",
    re.IGNORECASE,
)
_DOING = re.compile(r"[^\W\d_]{2,20}ing(?![\w'])", re.IGNORECASE)
_LINK = re.compile(
    r"(?:(?P<next>then|afterwards?|after[ \t]+that|after[ \t]+this|next|finally|lastly|eventually|thereafter"
    r"|subsequently|later|dann|danach|luego|despu[eé]s|puis|ensuite"
    r"|(?:when|once|after)[ \t]+(?:you|that|it|this)(?:[ \t]+(?:are|is|have)|['\u2019](?:re|s|ve))?"
    r"[ \t]+(?:done|finished|ready|complete|created|written|saved))"
    r"|and|or|but|also|plus|first|second|third|now|oh|ok|okay|ps|p\.s\.|nb|btw|so|just|kindly"
    r"|one[ \t]+more[ \t]+thing"
    r"|in[ \t]+addition|additionally|besides|step[ \t]+\d{1,3}|\d{1,3}(?=[.):]))(?![\w'])[,:.)]?[ \t]*"
    r"|[-*\u2022(\u2013\u2014][ \t]*",
    re.IGNORECASE,
)
_TIME = re.compile(r"(?:before|after|while|by|without)(?![\w'])[ \t]*", re.IGNORECASE)
_JOINT = re.compile(
    r"(?P<stop>[.!?;\u2026]+[\"'\u201d\u2019\u00bb)\]]*[ \t]+|[ \t]+[-\u2013\u2014]+[ \t]+"
    r"|[\u3002\uff01\uff1f])"
    r"|(?P<line>[ \t]*\r?\n[ \t\r\n]*)"
    r"|,[ \t]*(?=[^\W\d_(])|[ \t]+(?=\()|(?<=[\"\u201d\u00bb)'\u2019`])[ \t]+"
    r"|[ \t]+(?=(?:and|then|or|but|before|after|afterwards|plus|while|without)[ \t])",
    re.IGNORECASE,
)
_MOST_LINKS = 4
_NARRATES = frozenset("i he she it we they there the a an my his her our their".split())
_REFERS = re.compile(
    r"[ \t]+(?:(?:it|them|me|us|this|that)(?![\w'-])|the[ \t]+(?:file|folder|result|output)"
    r"|[\w./-]{1,80}\.[A-Za-z]\w{0,4}\b)",
    re.IGNORECASE,
)
_BEGINNING = re.compile(
    r"(?:\A|[.!?;\n]|,|\b(?:and|then|please|you))\s{0,20}(?:(?:please|then|also)\s{1,20}){0,3}(?P<word>[a-z]+)",
    re.IGNORECASE,
)
_RELATES = r"at|about|around|of|from|for|with|without|as|in|on|what|which|who|how|why|where|when|that"
_RELATION = re.compile(rf"(?:{_RELATES})(?![\w'-])", re.IGNORECASE)
_DESCRIPTION = re.compile(
    rf"(?:{_RELATES}|an?|the|some|any|all|no|my|your|our|his|her|their|its|this|these|those|every|each|something"
    r"|both|exactly|only|just|several|many|few|more|whatever|information|details|data|random|sample|example|dummy"
    r"|(?:\d[\d.,]*|one|two|three|four|five|six|seven|eight|nine|ten|eleven|twelve)(?=[ \t]))(?![\w'-])",
    re.IGNORECASE,
)
_MODIFIED = re.compile(
    r"[ \t](?:(?:once|twice|thrice|again|(?:\w+|a few|many)[ \t]+times)"
    r"|(?:in|with|using)[ \t]+(?:upper|lower|title|capital|block|all|bold|italics|german|french|spanish"
    r"|italian"
    r"|japanese|english|markdown|json|reverse|base64)\b.*"
    r"|without[ \t]+.*|(?:on|per)[ \t]+(?:an?|each|every|its|separate|new)\b.*line\w*)\Z",
    re.IGNORECASE,
)
_THEN = re.compile(r"\b(?:and|,)?[ \t]*then\b", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Joint:
    """A place where a text may go on with an order: it ends at `at`, the order's verb is at `lead`."""

    at: int
    lead: int
    order: bool
    """Whether it does go on with one."""
    stops: bool
    """Whether a sentence or a line ends here."""


def joints(text: str, start: int, end: int, *, is_code: bool = False) -> Iterator[Joint]:
    """Yield the places between `start` and `end` that an order may follow.

    In a shell command a semicolon or a new line belongs to the shell.
    """
    for found in _JOINT.finditer(text, start, end):
        lead, is_next = _past_links(text, found.end(), end)
        time = _TIME.match(text, lead, end)
        if lead >= end:
            continue
        stops = found["stop"] is not None or found["line"] is not None
        if is_code and not is_next and (found["line"] is not None or found[0][0] == ";"):
            continue
        if time:
            order = _DOING.match(text, time.end(), end) is not None
        elif found["line"] is not None:
            order = _line_orders(text, lead, end, is_next=is_next)
        else:
            order = _orders(text, lead, end, is_next=is_next, stops=stops)
        yield Joint(found.start(), lead, order=order, stops=stops)


def _past_links(text: str, at: int, end: int) -> tuple[int, bool]:
    """Return the end of the linking words at `at`, and whether they announce more work."""
    is_next = False
    for _ in range(_MOST_LINKS):
        link = _LINK.match(text, at, end)
        if link is None:
            break
        at, is_next = link.end(), is_next or link["next"] is not None
    return at, is_next


def _orders(text: str, at: int, end: int, *, is_next: bool, stops: bool) -> bool:
    """Return whether an order is at `at`, which is behind a joint and its linking words."""
    if _ASKS_POLITELY.match(text, at, end) or _OBLIGES.match(text, at, end) or _ASKS.match(text, at, end):
        return True
    found = _ORDERED.match(text, at, end)
    if found is None:
        return False
    word = found["word"].lower()
    if is_next:
        return word not in _NARRATES
    if word in _NO_IMPERATIVE or (found["second"] and _DECLARES.match(found["second"])):
        return False
    if word in ACTIONS and stops:
        return True
    if word in _IMPERATIVES:
        return found["next"] is not None or found["object"] is not None
    return found["object"] is not None and not word.endswith(("s", "ed", "ing"))


def _line_orders(text: str, at: int, end: int, *, is_next: bool) -> bool:
    """Return the same for a line of a block: there, `Call mum` is a line of a list, `Rename it` an order."""
    if _ASKS_POLITELY.match(text, at, end):
        return True
    found = _ORDERED.match(text, at, end)
    if found is None:
        return False
    word = found["word"].lower()
    if is_next:
        return word not in _NARRATES
    return word not in _NO_IMPERATIVE and _REFERS.match(text, found.end("word"), end) is not None


def holds_order(text: str) -> bool:
    """Return whether another order may follow in a text: `… and run it`, `…, then stop`."""
    return any(joint.order for joint in joints(text, 0, len(text)))


def orders(sentence: str) -> bool:
    """Return whether a sentence asks for work, or may: its parts that are not understood are not done."""
    text = sentence.strip()
    lead, is_next = _past_links(text, 0, len(text))
    return _orders(text, lead, len(text), is_next=is_next, stops=True) or holds_order(text)


def begins_order(text: str) -> bool:
    """Return whether a sentence of a text, or the part after `and`, asks for a change."""
    return any(found["word"].lower() in CHANGES for found in _BEGINNING.finditer(text)) or holds_order(text)


def is_modified(text: str) -> bool:
    """Return whether a text ends with a modifier: `hello three times`, `trees in German`."""
    return _MODIFIED.search(text) is not None


def is_dictated(text: str, *, announced: bool = False) -> bool:
    """Tell whether unquoted text can only be meant word for word.

    `announced` text is behind "the text" or a similar phrase, so that it may begin as a description would.
    """
    return not (
        not text
        or (_RELATION if announced else _DESCRIPTION).match(text)
        or _THEN.search(text)
        or holds_order(text)
        or is_modified(text)
        or text[-1] in "!?:,"
        or any(mark in text for mark in '`"“”«»')
    )
