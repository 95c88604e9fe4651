// A block of code, coloured once the colours are loaded, with a button that copies it.
import { html, useEffect, useState } from "../vendor/preact.js";
import { Icon } from "./icons.js";

const MOST_COLOURED = 20_000;

/** @param {{ code: string, language: string, closed?: boolean, tall?: boolean }} props */
export function Code({ code, language, closed = true, tall = false }) {
    // With the text that it colours: another text is never shown in its place, however late the effect is.
    const [coloured, setColoured] = useState(/** @type {{ of: string, tokens: any } | null} */ (null));
    const [copied, setCopied] = useState(false);
    useEffect(() => {
        if (!closed || language === "" || code.length > MOST_COLOURED) return undefined;
        let current = true;
        import("../vendor/prism.js").then(({ tokenize, languages }) => {
            const grammar = Object.hasOwn(languages, language) ? languages[language] : undefined;
            if (!current || typeof grammar !== "object") return;
            (globalThis.requestIdleCallback ?? setTimeout)(() => current && setColoured({ of: code, tokens: tokenize(code, grammar) }));
        });
        return () => {
            current = false;
        };
    }, [code, language, closed]);
    const copy = () =>
        navigator.clipboard.writeText(code).then(
            () => {
                setCopied(true);
                setTimeout(() => setCopied(false), 1500);
            },
            () => {},
        );
    return html`<div class="code">
        <header>
            <span>${language || "text"}</span>
            <button type="button" class="button plain" onClick=${copy}>
                <${Icon} name=${copied ? "check" : "copy"} />${copied ? "Copied" : "Copy"}
            </button>
        </header>
        <pre class=${tall ? "tall" : ""} tabindex="0"><code>${coloured?.of === code ? colours(coloured.tokens) : code}</code></pre>
    </div>`;
}

/** @param {any} tokens @returns {any} */
function colours(tokens) {
    if (typeof tokens === "string") return tokens;
    if (Array.isArray(tokens)) return tokens.map(colours);
    return html`<span class=${`t-${tokens.type}`}>${colours(tokens.content)}</span>`;
}
