"""Directives for content, thoughts, waits, memory, failures and retries."""

import re

from sigmic_mock.agent.directives.dictation import holds_order
from sigmic_mock.agent.directives.sentences import (
    NUMBER,
    UNIT,
    Directive,
    Reader,
    Rule,
    number,
    phrase,
    rule,
    seconds,
)
from sigmic_mock.agent.directives.spans import Span
from sigmic_mock.agent.recall import CODEWORD, codewords
from sigmic_mock.agent.steps.step import Step, say, think
from sigmic_spec.plural import plural

LONGEST_WAIT = 24 * 3600.0
LONGEST_COUNT = 100_000
MOST_CHARACTERS = 1_000_000
MOST_RETRIES = 20
_TOKEN = re.compile(r"[A-Z0-9][A-Z0-9_-]+")
_LOREM = (
    "the agent streams this answer word by word so that a client can be watched while it reads a long one"
)
_EXACTLY = re.compile(r"\b(?:exactly|verbatim|literally)[^\w]*\Z", re.IGNORECASE)
_ONLY_TAIL = re.compile(r",?[ \t]+and[ \t]+nothing[ \t]+else[.!]?\Z", re.IGNORECASE)


def _reply(reader: Reader, lead: re.Match[str]) -> Directive | None:
    span = reader.payload(lead.end())
    if span is None and lead.groupdict().get("word"):
        span = _single(reader, lead.end())
    elif span is None:
        span = _single(reader, lead.end(), token=True)
        if span is None and _EXACTLY.search(lead[0]):
            span = reader.plain_text(lead.end())
    if span is None or not span.text:
        return None
    step = say(span.line if span.is_quoted else _ONLY_TAIL.sub("", span.text), exact=True)
    if span.is_quoted and not span.is_fence:
        return reader.closed(span.end, step, dictates=True)
    return Directive(span.end, (step,), dictates=True)


def _greet(reader: Reader, lead: re.Match[str]) -> Directive | None:
    return reader.closed(lead.end(), say(lead["words"], exact=True), dictates=True)


_NO_WORDS_TO_SAY = phrase(
    r"(?:.* )?(?:it|to|in|about|for|with|when|if|as|like|after|before|what|who|why|how|or|more|less"
    r"|nothing|everything"
    r"|anything|something|things?|loudly|quietly|quickly|slowly|again|aloud|your|my|me|you|again)(?: .*)?"
)
_MOST_WORDS = 6


def _say_words(reader: Reader, lead: re.Match[str]) -> Directive | None:
    """`Say done`: some plain words that are not a description."""
    span = reader.plain_text(lead.end())
    if span is None or len(span.text.split()) > _MOST_WORDS or _NO_WORDS_TO_SAY.fullmatch(span.text):
        return None
    return Directive(span.end, (say(span.text, exact=True),), dictates=True)


def _single(reader: Reader, at: int, *, token: bool = False) -> Span | None:
    word = reader.word(at)
    if word is None or (token and not _TOKEN.fullmatch(word.text)) or reader.closes(word.end) is None:
        return None
    return word


def _think(reader: Reader, lead: re.Match[str]) -> Directive | None:
    rest = reader.rest(lead.end())
    if rest is None:
        return None
    end = reader.before_directive(lead.end(), rest.end)
    topic = reader.text[lead.end() : end].strip()
    if holds_order(topic):
        return None
    thought = think(f"Thinking about {topic[:80]}", f"I consider {topic} before I answer.")
    return Directive(end, (thought,), (say(f"I thought about {topic}."),))


def _wait(reader: Reader, lead: re.Match[str]) -> Directive | None:
    time = seconds(lead["amount"], lead["unit"])
    if time > LONGEST_WAIT:
        return None
    chatter = (say(f"I waited {lead['amount']} {lead['unit']}."),)
    return reader.closed(lead.end(), {"wait": time}, chatter=chatter)


def _count(reader: Reader, lead: re.Match[str]) -> Directive | None:
    first = int(number(lead["first"] or "1"))
    last = int(number(lead["last"]))
    if abs(last - first) >= LONGEST_COUNT:
        return None
    pace_given = _PACE.match(reader.text, lead.end())
    pace = _pace(pace_given) if pace_given else (1.0 if lead["slowly"] or lead["slow"] else 0.0)
    end = reader.closes(pace_given.end() if pace_given else lead.end())
    if end is None:
        return None
    step = 1 if last >= first else -1
    numbers = "\n".join(map(str, range(first, last + step, step)))
    return Directive(end, (say(numbers, split="lines", pace=pace),))


_PACE = phrase(
    r"[,;]?(?: with)?(?: an?)?(?: pause of)?(?: (?:"
    rf"(?P<many>{NUMBER}) (?:numbers?|words?|lines?) (?:per|every|each|a) (?P<every>{NUMBER} )?"
    rf"(?P<per>{UNIT})"
    rf"|(?P<gap>{NUMBER}) (?P<unit>{UNIT})(?: (?:between|after|of pause|pause)(?: each| the| every)?"
    rf"(?: numbers?| words?)?)?))"
)


def _pace(given: re.Match[str]) -> float:
    if given["gap"]:
        return min(seconds(given["gap"], given["unit"]), LONGEST_WAIT)
    return seconds((given["every"] or "1").strip(), given["per"]) / max(number(given["many"]), 0.001)


def _long(reader: Reader, lead: re.Match[str]) -> Directive | None:
    amount = int(number(lead["amount"]))
    pace_given = _PACE.match(reader.text, lead.end())
    at = pace_given.end() if pace_given else lead.end()
    about = phrase(r" (?:about|on) (?P<topic>[^.;!?\n]{1,200})").match(reader.text, at)
    if about and holds_order(about["topic"]):
        return None
    per_unit = {"w": 8, "c": 1, "l": 90, "s": 90}[lead["unit"][0].lower()]
    end = reader.closes(about.end() if about else at)
    if end is None or not 0 < amount * per_unit <= MOST_CHARACTERS:
        return None
    text = _text_of(amount, lead["unit"][0].lower(), about["topic"].strip() if about else "")
    step = say(text, split="words", pace=_pace(pace_given)) if pace_given else say(text)
    return Directive(end, (step,))


def _text_of(amount: int, unit: str, topic: str) -> str:
    """Return filler of this length; it only repeats the name of the topic."""
    filler = f"about {' '.join(topic.split())} {_LOREM}" if topic else _LOREM
    words = filler.split()
    if unit == "w":
        return " ".join(words[at % len(words)] for at in range(amount))
    if unit == "c":
        return (f"{filler} " * (amount // len(filler) + 1))[: amount - 1] + "."
    line = (filler[:1].upper() + filler[1:])[:70].rstrip(" .")
    numbered = [f"{at}. {line}" for at in range(1, amount + 1)]
    return "\n".join(numbered) if unit == "l" else " ".join(f"{line}." for _ in numbered)


def _fail(reader: Reader, lead: re.Match[str]) -> Directive | None:
    message = reader.payload(lead.end())
    if message is None:
        return None
    code = re.compile(
        r"[ \t]*,?[ \t]+(?:and|with)(?:[ \t]+the)?(?:[ \t]+error)?[ \t]+code:?[ \t]+"
        r"[`\"]?([A-Za-z0-9_]{1,60})(?!\w)[`\"]?",
        re.IGNORECASE,
    ).match(reader.text, message.end)
    text = message.text.strip() or "The agent failed"
    if code:
        return Directive(code.end(), ({"fail": {"message": text, "code": code[1]}},))
    return Directive(message.end, ({"fail": text},))


def _retry(reader: Reader, lead: re.Match[str]) -> Directive | None:
    how_often = {"": 1, "once": 1, "twice": 2}.get((lead["often"] or "").strip().lower())
    times = how_often if how_often is not None else int(number(lead["number"]))
    if not 0 < times <= MOST_RETRIES:
        return None
    steps = tuple(
        {"retry": f"Temporary failure, attempt {attempt} of {times}"} for attempt in range(1, times + 1)
    )
    chatter = (say(f"I tried again {plural(times, 'time')}."),)
    return reader.closed(lead.end(), *steps, chatter=chatter)


def _remember(reader: Reader, lead: re.Match[str]) -> Directive | None:
    told = next(codewords(reader.text[lead.start() : lead.start() + 600].split("\n\n")[0]), None)
    if told is None or told.at:
        return None
    at = lead.start() + told.end
    later = _FOR_LATER.match(reader.text, at)
    chatter = (say(f"I will remember the {lead['word'].lower()} {told.value}."),)
    return reader.closed(later.end() if later else at, chatter=chatter, remembers=True)


_FOR_LATER = phrase(
    r"(?: for (?:later|me|(?:this|our|the rest of (?:this|our)) conversation))?"
    r"(?:,? (?:and |as )?i(?: will|'ll| am going to) ask (?:you )?(?:for|about) (?:it|this|that)"
    r"(?: (?:again|later|soon|afterwards|in (?:a later|the next|my next) message))?)?"
)


def _codeword(reader: Reader, lead: re.Match[str]) -> Directive | None:
    told = reader.codeword_before(lead.start(), lead["word"])
    only = lead.groupdict().get("only") is not None
    recall: Step = {
        "recall": {"word": lead["word"].lower()}
        | ({"told": told} if told else {})
        | ({"only": True} if only else {})
    }
    if only:
        return reader.closed(lead.end(), recall, dictates=True)
    return reader.closed(lead.end(), chatter=(recall,))


_WORDS = (
    r"(?: (?:this|these|the|my)(?: following)?(?: exact)? (?:words?|text|phrase|sentence|string|message"
    r"|line|answer|characters?))"
)
_CODEWORD = rf"(?P<word>{CODEWORD})"
_ALONE = r"(?:,? (?:only|alone|itself|by itself))?(?=\s*(?:[.;!?,]|\Z|\n|and\b|then\b|please\b))"
_TOLD_ME = (
    r"(?: (?:that )?(?:i|we|you) (?:told|gave|asked|were|was|have|had|said|learned)(?: to)?(?: (?:you"
    r"|me|us))?(?: (?:to )?(?:remember|told|given))?(?: (?:before|earlier|previously))?)?"
)

SPEECH_RULES: tuple[Rule, ...] = (
    rule(
        "reply respond answer say output return repeat tell",
        r"(?: back)?(?: to (?:me|this(?: message)?))?(?: (?:only|just|exactly))*(?: with)?(?:,)?"
        r"(?: (?:only|just|exactly))* (?:only|just)?"
        rf" ?the {_CODEWORD}(?P<only>){_ALONE}",
        _codeword,
    ),
    rule("only just", rf" the {_CODEWORD}(?P<only>){_ALONE}", _codeword),
    rule(
        "reply respond answer say output write print return repeat",
        r"(?: back)?(?: to (?:me|this(?: message)?))?(?: (?:with|using))?"
        r"(?: (?:\(?and )?(?:exactly|verbatim|literally|only|just)\)?)+(?: with)?(?P<word>"
        r"(?: (?:one|single))*(?: (?:the )?(?:single )?(?:word|token)))?"
        rf"{_WORDS}?(?: (?:and nothing else|verbatim))?",
        _reply,
    ),
    rule(
        "reply respond answer say repeat",
        rf"(?: after me)?(?: with)?{_WORDS}?(?: (?:exactly|verbatim))?(?=\s*:|\s*[`\"“])",
        _reply,
    ),
    rule("say", r" (?P<words>(?:hello|hi|hey|goodbye|bye)(?:,? (?:world|there|again))?)(?![\w'-])", _greet),
    rule("say", r" (?:the (?:single )?word )?(?=\w)", _say_words),
    rule("reply respond answer", r" with (?:just |only )?(?:the (?:single )?word )?(?=\w)", _say_words),
    rule(
        "reply respond answer",
        r"(?: (?:just|only))? (?P<words>(?:ok|okay|yes|no|done|ready|pong|hello|hi))(?![\w'-])",
        _greet,
    ),
    rule(
        "wait sleep pause think",
        rf"(?: for)?(?: (?:exactly|about))? (?P<amount>{NUMBER}) ?(?P<unit>{UNIT})"
        r"(?: (?:before|and then)(?: you)? (?:answer|reply|continue|respond|go on|proceed)(?:ing)?(?: me)?)?",
        _wait,
    ),
    rule(
        "think reflect",
        r"(?: (?:carefully|hard|deeply|aloud|out loud|step by step))?,? (?:about|on|over) ",
        _think,
    ),
    rule(
        "count",
        rf"(?P<slowly> slowly)?(?: (?:out loud|aloud|up|down))?(?: from (?P<first>{NUMBER}))?(?: (?:up"
        rf"|down))? to (?P<last>{NUMBER})"
        r"(?: (?:out loud|aloud))?(?P<slow>,? slowly)?",
        _count,
    ),
    rule(
        "produce write give generate reply answer send stream",
        r"(?: me)?(?: with)?(?: an?)?(?: (?:very|really))?(?: long)?(?: (?:answer|reply|response|text"
        r"|message|story))?"
        rf"(?: (?:of|with|in|that (?:is|has)))?(?: (?:exactly|about|at least))? (?P<amount>{NUMBER}) ?"
        rf"(?P<unit>words|characters|sentences|lines)\b"
        r"(?: long)?",
        _long,
    ),
    rule(
        "fail abort stop",
        r"(?: (?:this|the|your))?(?: task)?(?: (?:now|immediately|at once))? with(?: (?:the|an|this))?"
        r"(?: following)?(?: error)?(?: (?:message|error))?(?=\s*[:`\"“'])",
        _fail,
    ),
    rule(
        "retry simulate",
        rf"(?:(?<=simulate) (?:an?|one) (?:retry|temporary failure))?(?P<often> once| twice| "
        rf"(?P<number>{NUMBER}) times)?(?=\s*(?:[.;!?,]|\Z|\n|before\b|and\b|then\b|please\b))"
        r"(?: before (?:you )?answer(?:ing)?)?",
        _retry,
    ),
    rule(
        "remember memorize memorise note keep store",
        rf"(?: in mind)?(?: that)?(?: the| this| my| our)?(?: following)? {_CODEWORD}(?: is| as)?(?=[:=\s])",
        _remember,
    ),
    rule(
        "what which tell repeat recall",
        r"(?:'s| is| was| me| are)*(?: the| my)?"
        rf" {_CODEWORD}(?: did i (?:tell|give) you)?{_TOLD_ME}(?: (?:again|earlier|before))?",
        _codeword,
    ),
)
