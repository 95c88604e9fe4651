// Ctrl+K or ⌘K: whether the palette is asked for. A page listens from its start, also before it has loaded the palette.
import { signal } from "../vendor/preact.js";

export const isOpen = signal(false);

// Outside a browser, in the tests of what is found, there are no keys.
globalThis.addEventListener?.("keydown", (event) => {
    if (event.key.toLowerCase() !== "k" || !(event.ctrlKey || event.metaKey) || event.shiftKey || event.altKey) return;
    event.preventDefault();
    // Over a question that waits for its answer nothing else opens.
    isOpen.value = !isOpen.value && document.querySelector("dialog[open]") === null;
});
