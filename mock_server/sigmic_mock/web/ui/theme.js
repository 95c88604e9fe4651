// Light, dark, or as the system says; remembered in this browser.
import { effect, signal } from "../vendor/preact.js";

const CHOICES = ["system", "light", "dark"];
const NAME = "sigmic-colours";

/** @returns {string} */
function remembered() {
    try {
        const held = localStorage.getItem(NAME) ?? "system";
        return CHOICES.includes(held) ? held : "system";
    } catch {
        return "system"; // storage can be forbidden
    }
}

export const theme = signal(remembered());

effect(() => {
    if (theme.value === "system") document.documentElement.removeAttribute("data-theme");
    else document.documentElement.setAttribute("data-theme", theme.value);
});

/** Go on to the next of the three. */
export function nextTheme() {
    theme.value = CHOICES[(CHOICES.indexOf(theme.value) + 1) % CHOICES.length];
    try {
        localStorage.setItem(NAME, theme.value);
    } catch {
        // then it lasts until the page is left
    }
}
