"""Texts about a topic, from templates: with headings, lists, a table and a link, as a model's answers have.

A template contains only statements that are true of any topic; each text names its origin.
"""

ORIGIN = "*Written by a simulated agent from a template: it names the topic and knows nothing about it.*"


def composed(kind: str, topic: str, *, is_long: bool, is_short: bool) -> str:
    """Return a text of a kind (`essay`, `poem`, …) about a topic, in Markdown."""
    for name, template in _TEMPLATES.items():
        if name in kind:
            return f"{template.format(topic=topic, title=_capitalised(topic))}\n\n{ORIGIN}"
    return _sections(kind, topic, count=1 if is_short else len(_SECTIONS) if is_long else 2)


def _sections(kind: str, topic: str, count: int) -> str:
    title = f"# {_capitalised(topic)}"
    opening = (
        f"This {kind} is about **{topic}**. It describes the subject from the outside: what is there, what is"
        " counted, and what remains open. With better knowledge, each general"
        " sentence can become a fact."
    )
    return "\n\n".join([title, opening, *(each.format(topic=topic) for each in _SECTIONS[:count]), ORIGIN])


_SECTIONS = (
    """## Three questions

They help with {topic}:

- **What is it?** Say it in one sentence that someone else can check.
- **How much of it is there?** A number with its unit and its date is worth a page of adjectives.
- **Who is concerned?** Those who use it, those who pay for it, and those who would miss it.""",
    """## How to compare

A small table shows more than a long paragraph. Put one case of {topic} in each row.

| case | cost | effect | source |
|---|---:|---:|---|
| the usual one | 10 | 1.0 | a measurement |
| a cheaper one | 6 | 0.7 | a measurement |
| a better one | 18 | 1.6 | an estimate |

The last row is an estimate, so nothing should rest on it alone.""",
    """## Next steps

1. Write down what is known about {topic} today, with its date.
2. Choose the one question whose answer would change a decision.
3. Measure, and keep the way of measuring the same.
4. Compare with the first step after a month.

In code, a comparison is two lines:

```python
before, after = 10.0, 12.5
print(f"{{(after - before) / before:+.0%}}")
```""",
    """## What remains open

Nothing in this text decides what {topic} will be like in ten years. Trends bend, prices fall, habits
change slowly until they change fast. A careful reader keeps a forecast and its reasons together, and takes
it back when a reason is gone.

> A text that says where its knowledge ends is more useful than one that hides it.""",
    """## Summary

{topic} can be described, counted and compared. Start with one sentence, add one number, and let a table do
the rest. More on the form of such texts is in the [style guide](https://example.com/docs/style).""",
)


_TEMPLATES = {
    "poem": """# {title}

I wrote a line, I wrote one more,
of {topic}, and of what it's for;
a stream of words, a quiet night,
a cursor blinking, small and bright.

The first word came, the last word went,
and no one asked me what it meant;
but you have read it, line by line:
the topic's yours, the rhymes are mine.""",
    "story": """# A story of {topic}

On a Tuesday, Ada found a note on her desk. It had two words: *{topic}*. It was not signed.

She asked in the kitchen, she asked in the workshop, and she asked the man who repaired the clocks. Each of
them had a story about {topic}, and no two of the stories agreed.

"Then it is worth writing down," said Ada. She took a new notebook, wrote the date, and began with the one
sentence on which all three had agreed.

By the evening the page was full. The next morning there was another note, of one word: *Thanks.*""",
    "letter": """To the reader,

I write to you about {topic}. You asked for a letter, so this is one: it has a beginning, a reason and an end.

The reason is simple. Whatever there is to decide about {topic} is decided better with a date and a number at
hand. Could you send me both?

With kind regards,
the agent""",
}


def _capitalised(text: str) -> str:
    return text[:1].upper() + text[1:80]
