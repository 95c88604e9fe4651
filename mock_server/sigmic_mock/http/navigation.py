"""Whether a person opened an address in a browser, and gets a page instead of JSON."""

from aiohttp import web

_API = "/api/"
_PAGE = "text/html"
_DATA = "application/json"
_READING = frozenset({"GET", "HEAD"})


def opens_page(request: web.BaseRequest) -> bool:
    """Return whether a request prefers HTML to JSON. Below `/api/`, and without naming HTML, none does."""
    path = request.rel_url.raw_path
    if request.method not in _READING or f"{path}/".startswith(_API):
        return False
    accepted = _accepted(request.headers.get("Accept", ""))
    others = max(accepted.get("application/*", 0.0), accepted.get("*/*", 0.0))
    return accepted.get(_PAGE, 0.0) > accepted.get(_DATA, others)


def _accepted(header: str) -> dict[str, float]:
    """Return the weight of each media range; one that is not a number counts as 0."""
    weights = {}
    for each in header.lower().split(","):
        name, *parameters = (part.strip() for part in each.split(";"))
        weight = next((part[2:] for part in parameters if part.startswith("q=")), "1")
        try:
            weights[name] = float(weight)
        except ValueError:
            weights[name] = 0.0
    return weights
