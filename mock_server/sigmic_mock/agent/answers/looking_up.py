"""Questions that a bundled page of the "web" answers: the tool `web_search` is called for them."""

import re

from sigmic_mock.agent.directives.dictation import holds_order
from sigmic_mock.agent.directives.sentences import INTRO
from sigmic_mock.agent.steps.step import Steps, call
from sigmic_mock.agent.tools.web import has_page_about

_SEARCH = re.compile(
    r"(?:search|look|browse|google)(?:[ \t]+(?:on|through|in))?(?:[ \t]+(?:the[ \t]+)?(?:web|internet|net))?"
    r"(?:[ \t]+up)?(?:[ \t]+for|[ \t]+about)?[ \t]+(?P<query>[^\n]{1,200}?)(?P<web>[ \t]+(?:on|in)[ \t]+the"
    r"[ \t]+(?:web|internet))?[.!]?",
    re.IGNORECASE,
)
_ASKED = re.compile(
    r"(?:what(?:'s| is| are)|tell me (?:something |more )?about|explain|what do you know about|describe)"
    r"[ \t]+(?:(?:an?|the)[ \t]+)?(?P<query>[^\n,;:?!]{2,60}?)(?:,? please)?[.?!]*",
    re.IGNORECASE,
)
_WEB = re.compile(r"\b(?:web|internet|google|net)\b", re.IGNORECASE)
_MARKS = "`\"“”' "


def looked_up(sentence: str) -> Steps | None:
    """Return the search that a sentence asks for, or whose result answers it; None for another sentence."""
    intro = INTRO.match(sentence)
    start = intro.end() if intro else 0
    asked = _SEARCH.fullmatch(sentence, start)
    if asked is None or not _WEB.search(sentence):
        asked = _ASKED.fullmatch(sentence, start)
        if asked is None or not has_page_about(asked["query"]):
            return None
    query = asked["query"].strip(_MARKS)
    if not query or holds_order(asked["query"]):
        return None
    return (call("web_search", "printed", query=query),)
