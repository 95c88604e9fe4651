// The message that the reader is writing. It belongs to the conversation: the composer makes way for approvals.
import { signal } from "../vendor/preact.js";

export class Draft {
    constructor() {
        this.text = signal("");
        this.files = signal(/** @type {readonly File[]} */ ([]));
        /** Whether the agent asks before each tool of a new task. */
        this.ask = signal(false);
        this.field = { current: /** @type {HTMLTextAreaElement | null} */ (null) };
    }

    /** Write a message that was sent into the field, to be changed and sent again. @param {string} text */
    edit(text) {
        this.text.value = text;
        this.field.current?.focus();
    }

    /** Empty the draft, and return what it held. */
    take() {
        const taken = { text: this.text.value, files: this.files.value };
        this.text.value = "";
        this.files.value = [];
        return taken;
    }

    /** Restore what was not sent, unless the reader has written something since. @param {ReturnType<Draft["take"]>} taken */
    restore({ text, files }) {
        this.text.value ||= text;
        this.files.value = files;
    }
}
