"""A small table of capitals, so that the documentation's own first example gets its answer."""

import re

_TABLE = """Argentina Buenos Aires;Australia Canberra;Austria Vienna;Belgium Brussels;Brazil Brasília;
Bulgaria Sofia;Canada Ottawa;Chile Santiago;China Beijing;Colombia Bogotá;Croatia Zagreb;
Cuba Havana;Cyprus Nicosia;Czechia Prague;Denmark Copenhagen;Egypt Cairo;Estonia Tallinn;
Ethiopia Addis Ababa;Finland Helsinki;France Paris;Germany Berlin;Greece Athens;Hungary Budapest;
Iceland Reykjavik;India New Delhi;Indonesia Jakarta;Iran Tehran;Iraq Baghdad;Ireland Dublin;
Israel Jerusalem;Italy Rome;Japan Tokyo;Kenya Nairobi;Latvia Riga;Lithuania Vilnius;
Luxembourg Luxembourg;Malta Valletta;Mexico Mexico City;Morocco Rabat;Netherlands Amsterdam;
Nigeria Abuja;Norway Oslo;Pakistan Islamabad;Peru Lima;Philippines Manila;Poland Warsaw;
Portugal Lisbon;Romania Bucharest;Russia Moscow;Serbia Belgrade;Slovakia Bratislava;
Slovenia Ljubljana;Spain Madrid;Sweden Stockholm;Switzerland Bern;Thailand Bangkok;Tunisia Tunis;
Turkey Ankara;Ukraine Kyiv;Uruguay Montevideo;Venezuela Caracas;Vietnam Hanoi"""
CAPITALS = dict(entry.strip().split(" ", 1) for entry in _TABLE.split(";")) | {
    "Czech Republic": "Prague",
    "New Zealand": "Wellington",
    "Saudi Arabia": "Riyadh",
    "South Africa": "Pretoria",
    "South Korea": "Seoul",
    "United Kingdom": "London",
    "United States": "Washington, D.C.",
}
_ALIASES = {
    "uk": "United Kingdom",
    "usa": "United States",
    "us": "United States",
    "england": "United Kingdom",
}
_BY_NAME = {name.lower(): name for name in CAPITALS}
_QUESTION = re.compile(
    r"(?:(?:please |so |and )?(?:tell me|do you know|can you tell me|i(?:'d like| want"
    r"| would like) to know)[:,]? )?"
    r"(?:what|which)(?:'s| is| was)? (?:the )?(?:name of the )?capital(?: city)? (?:of|for) (?:the )?"
    r"([A-Za-z]{2,20}(?: [A-Za-z]{2,20}){0,2})(?:[?.!]*| (?:called|please)[?.!]*|, please[?.!]*)\s*",
    re.IGNORECASE,
)


def answer_capital(text: str) -> str | None:
    """Return the capital that a sentence asks for; None for a sentence that asks for anything else."""
    found = _QUESTION.fullmatch(text.strip())
    if found is None:
        return None
    asked = found[1].lower().removesuffix(" please").removesuffix(" called")
    name = _BY_NAME.get(asked, _ALIASES.get(asked))
    if name is None:
        return None
    the = "the " if name.startswith(("United", "Netherlands", "Philippines", "Czech ")) else ""
    return f"The capital of {the}{name} is {CAPITALS[name].removesuffix('.')}."
