"""Check the current state of a page with axe: wide in light, and narrow as on a phone in dark."""

from dataclasses import dataclass, field
from typing import Any, Literal

from playwright.sync_api import Page

_GRAVE = frozenset({"serious", "critical"})
_HEIGHT = 800
_SEEN_AS: tuple[tuple[Literal["dark", "light"], int], ...] = (("dark", 375), ("light", 1280))
_RUN = """
    within => axe
        .run(within.length > 0 ? {include: within} : document, {resultTypes: ['violations'], preload: false})
        .then(result => result.violations)
"""


@dataclass(frozen=True, slots=True)
class Axe:
    """The rules of axe. `script` is their source; it runs by the debugger, which no page policy forbids."""

    script: str = field(repr=False)

    def check(self, page: Page, *within: str) -> None:
        """Fail on any serious finding, in the whole page or only `within` these selectors.

        The page is left wide and in the light theme.
        """
        page.evaluate(self.script)
        found = []
        for scheme, width in _SEEN_AS:
            page.emulate_media(color_scheme=scheme)
            page.set_viewport_size({"width": width, "height": _HEIGHT})
            found += [f"{scheme}, {width} px: {each}" for each in _grave(page.evaluate(_RUN, within))]
        assert not found, "\n".join(found)


def _grave(violations: list[dict[str, Any]]) -> list[str]:
    return [
        f"{each['id']} at {node['target']}: {node['failureSummary'].splitlines()[-1].strip()}"
        for each in violations
        if each["impact"] in _GRAVE
        for node in each["nodes"]
    ]
