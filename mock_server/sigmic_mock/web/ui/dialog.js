// What stands over a page: a dialog, and for a moment words about what was done.
import { html, signal, useLayoutEffect, useRef } from "../vendor/preact.js";

/**
 * On Escape the page removes the dialog, before the browser closes it. A browser reports later that it has
 * closed a dialog; a key press in between would be lost.
 * @param {{ label: string, onClose: () => void, children: any, class?: string }} props
 */
export function Dialog({ label, onClose, children, class: kind = "" }) {
    const dialog = useRef(/** @type {HTMLDialogElement | null} */ (null));
    useLayoutEffect(() => {
        const element = /** @type {HTMLDialogElement} */ (dialog.current);
        element.showModal();
        // Closing gives the focus back to the element that had it; removing does not.
        return () => element.close();
    }, []);
    const onCancel = (/** @type {Event} */ event) => {
        event.preventDefault();
        onClose();
    };
    // A browser may close a dialog without asking (a second Escape); it is then still part of the page.
    const onClosed = (/** @type {any} */ event) => {
        if (event.currentTarget.isConnected) onClose();
    };
    return html`<dialog class=${`dialog box large ${kind}`} ref=${dialog} aria-label=${label} onCancel=${onCancel} onClose=${onClosed}>${children}</dialog>`;
}

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

/** Shown for a moment, and read aloud. */
export function Said() {
    return html`<div class=${`said small ${said.value === "" ? "" : "shown"}`} role="status">${said.value}</div>`;
}
