"""A page used only with the keyboard: an element that Tab does not reach is not accessible."""

from playwright.sync_api import Locator, Page

_MOST_STEPS = 250
_HAS_FOCUS = "it => it === it.getRootNode().activeElement"


def reach(page: Page, target: Locator, *, back: bool = False) -> None:
    """Press Tab, or Shift+Tab to go `back`, until the target has the focus."""
    for _ in range(_MOST_STEPS):
        if target.evaluate(_HAS_FOCUS):
            return
        page.keyboard.press("Shift+Tab" if back else "Tab")
    raise AssertionError(f"{_MOST_STEPS} steps do not reach {target}")


def press(page: Page, target: Locator, *, back: bool = False, key: str = "Enter") -> None:
    """Move the focus to the target by keys and press a key there."""
    reach(page, target, back=back)
    page.keyboard.press(key)
