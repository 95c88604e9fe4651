"""Text that a message dictates without quotation marks and without a colon.

Rule: it is taken only where it can be meant in one way. What could as well be a description of the text
("a list of capitals"), or could hold a further order ("hello and run it"), is not understood.
"""

import re

_WORK = """
create write make save generate add append insert put build draft prepare produce implement delete
remove erase run execute test compile install convert translate rename move copy replace change edit
fix update read open list print send email mail post upload download fetch search find summarise
summarize analyse analyze count wait sleep remember memorize memorise store call use fail retry
commit push deploy publish plot draw sort filter merge check verify close start stop restart
"""
ACTIONS = frozenset(_WORK.split())
"""Words that ask for work where a sentence begins with them."""
_ONLY_LOOKS = "read open list print find search count check summarise summarize analyse analyze"
CHANGES = ACTIONS - frozenset(_ONLY_LOOKS.split())
"""Those that ask for more than a look."""
_BEGINNING = re.compile(
    r"(?:\A|[.!?;\n]|,|\b(?:and|then|please|you))\s{0,20}(?:(?:please|then|also)\s{1,20}){0,3}(?P<word>[a-z]+)",
    re.IGNORECASE,
)
_RELATES = r"at|about|around|of|from|for|with|without|as|in|on|what|which|who|how|why|where|when|that"
_RELATION = re.compile(rf"(?:{_RELATES})(?![\w'-])", re.IGNORECASE)
_DESCRIPTION = re.compile(
    rf"(?:{_RELATES}|an?|the|some|any|all|no|my|your|our|his|her|their|its|this|these|those|every|each"
    r"|both|exactly|only|just|several|many|few|more|whatever|information|details|data|random|sample|example|dummy"
    r"|(?:\d[\d.,]*|one|two|three|four|five|six|seven|eight|nine|ten|eleven|twelve)(?=[ \t]))(?![\w'-])",
    re.IGNORECASE,
)
_FURTHER = re.compile(
    r"(?:,|\b(?:and|or|then|before|after|afterwards))[ \t]+(?:(?:then|also|please|just)[ \t]+)*"
    r"(?P<word>[a-z]+)(?P<object>[ \t]+(?:it|them|me|this|that|these|those|us|him|her)\b)?",
    re.IGNORECASE,
)
_THEN = re.compile(r"\b(?:and|,)?[ \t]*then\b", re.IGNORECASE)


def holds_order(text: str) -> bool:
    """Tell whether a text may go on with a further order: `… and run it`, `…, then stop`."""
    if _THEN.search(text):
        return True
    return any(found["object"] or found["word"].lower() in ACTIONS for found in _FURTHER.finditer(text))


def begins_order(text: str) -> bool:
    """Tell whether a sentence of a text, or what follows `and`, begins with a word that asks for a change."""
    return any(found["word"].lower() in CHANGES for found in _BEGINNING.finditer(text))


def is_dictated(text: str, *, announced: bool = False) -> bool:
    """Tell whether unquoted text can only be meant word for word.

    `announced` text stands behind "the text" or the like, so that it may begin as a description would.
    """
    return not (
        not text
        or (_RELATION if announced else _DESCRIPTION).match(text)
        or holds_order(text)
        or text[-1] in "!?:,"
        or any(mark in text for mark in '`"“”«»')
    )
