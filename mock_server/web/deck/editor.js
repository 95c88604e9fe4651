// A field for YAML: a plain text area, so that undo, selection and screen readers are the browser's own, over the same
// text in colours, beside its line numbers.
import { colours } from "../ui/code.js";
import { html, useEffect, useRef, useState } from "../vendor/preact.js";

const MOST_COLOURED = 60_000;

/** The space that a new line begins with: as the one before it, one step in after a list's dash with a key or a colon. @param {string} before the text up to the caret */
export function indentAfter(before) {
    const line = before.slice(before.lastIndexOf("\n") + 1);
    const space = /^ */.exec(line)?.[0] ?? "";
    if (/^ *- .*:$/.test(line)) return `${space}    `;
    return /:$/.test(line) ? `${space}  ` : space;
}

/** @param {{ text: string, write: (text: string) => void, label: string, wrong: Set<number>, line: number | null }} props  `line` to go to, counted from 1 */
export function Editor({ text, write, label, wrong, line }) {
    const field = useRef(/** @type {HTMLTextAreaElement | null} */ (null));
    const [yaml, setYaml] = useState(/** @type {{ paint: (text: string) => any } | null} */ (null));
    useEffect(() => {
        import("../vendor/prism.js").then(({ tokenize, languages }) => setYaml({ paint: (code) => tokenize(code, languages.yaml) }), () => {});
    }, []);
    useEffect(() => {
        const element = field.current;
        if (element === null || line === null) return;
        const from = text.split("\n").slice(0, line - 1).join("\n").length + Number(line > 1);
        const end = text.indexOf("\n", from);
        element.focus();
        element.setSelectionRange(from, end < 0 ? text.length : end);
        element.closest(".editor")?.querySelector(`.numbers li:nth-child(${line})`)?.scrollIntoView({ block: "nearest" });
    }, [line]);
    const onKey = (/** @type {KeyboardEvent} */ event) => {
        const element = /** @type {HTMLTextAreaElement} */ (event.currentTarget);
        if (event.key !== "Enter" || event.isComposing || event.ctrlKey || event.metaKey) return;
        const space = indentAfter(element.value.slice(0, element.selectionStart));
        if (space === "") return;
        event.preventDefault();
        // The one way to write into a field that its undo knows of.
        document.execCommand("insertText", false, `\n${space}`);
    };
    const count = text.split("\n").length;
    return html`<div class="editor box">
        <ol class="numbers" aria-hidden="true">${Array.from({ length: count }, (_, at) => html`<li class=${wrong.has(at + 1) ? "wrong" : ""}>${at + 1}</li>`)}</ol>
        <div class="sheet">
            <pre aria-hidden="true">${yaml === null || text.length > MOST_COLOURED ? text : colours(yaml.paint(text))}${"\n"}</pre>
            <textarea ref=${field} aria-label=${label} aria-invalid=${wrong.size > 0} spellcheck="false" autocapitalize="off" autocomplete="off" wrap="off" value=${text}
                onInput=${(/** @type {any} */ event) => write(event.currentTarget.value)} onKeyDown=${onKey}></textarea>
        </div>
    </div>`;
}
