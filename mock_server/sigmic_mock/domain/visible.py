"""Makes foreign text safe to print in a terminal: servers, callers and packages choose much of the output."""


def visible(text: str) -> str:
    """Return a text with control and bidirectional characters shown as code points.

    Line feeds, tabs and the letters of every script are unchanged.
    """
    if text.replace("\n", "").replace("\t", "").isprintable():
        return text
    return "".join(each if each.isprintable() or each in "\n\t" else f"⟨U+{ord(each):04X}⟩" for each in text)
