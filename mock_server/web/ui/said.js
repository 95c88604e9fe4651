// What has just been done, in words at the foot of a page: shown for a moment, and read aloud.
import { html, signal } from "../vendor/preact.js";

const SAID_MS = 5_000;
const said = signal("");
let forget = 0;

/** @param {string} words */
export function say(words) {
    said.value = words;
    clearTimeout(forget);
    forget = setTimeout(() => {
        said.value = "";
    }, SAID_MS);
}

export function Said() {
    return html`<div class=${`said small ${said.value === "" ? "" : "shown"}`} role="status">${said.value}</div>`;
}
