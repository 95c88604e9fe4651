// Markdown as tokens, never as HTML. While text comes in only its open tail is read again.

import { Lexer } from "../vendor/marked.js";

/** Of the tail's top-level tokens all but these are final: measured over every section of the CommonMark text. */
const OPEN_TOKENS = 3;
/** Of an open tail, and of a whole text, in characters: what is longer is drawn as the text it is, at once. */
const MOST_OPEN = 60_000;
const MOST_WHOLE = 400_000;

/** @typedef {import("../vendor/marked.js").Token} Token */

/** Read a whole text. @param {string} text @returns {Token[]} */
export function whole(text) {
    return text.length > MOST_WHOLE ? asItIs(text) : new Lexer({ gfm: true }).lex(text);
}

/** @param {string} text @returns {Token[]} */
function asItIs(text) {
    return [{ type: "plain", raw: text }];
}

/** A text that grows. `tokens` returns the same objects for what is final, so that it need not be drawn again. */
export class GrowingMarkdown {
    constructor() {
        this.text = "";
        this.done = 0;
        /** @type {Token[]} */
        this.closed = [];
    }

    /**
     * The tokens of `text`, which begins with the text of the last call; another text begins anew. `shown` is what is drawn of
     * the open tail: it may change the end, which is never final, and so does not make the next text another one.
     * @param {string} text @param {(tail: string) => string} [shown]
     */
    tokens(text, shown = (tail) => tail) {
        if (!text.startsWith(this.text)) {
            this.done = 0;
            this.closed = [];
        }
        this.text = text;
        const open = shown(text.slice(this.done));
        if (open.length > MOST_OPEN) return [...this.closed, ...asItIs(open)];
        const tail = whole(open);
        if (tail.length > OPEN_TOKENS) {
            const final = tail.slice(0, -OPEN_TOKENS);
            const length = final.reduce((sum, token) => sum + token.raw.length, 0);
            // The lexer writes tabs and line ends anew: only where it kept the text as it is, the cut is known.
            if (text.startsWith(final.map((token) => token.raw).join(""), this.done)) {
                this.closed = [...this.closed, ...final];
                this.done += length;
                return [...this.closed, ...tail.slice(-OPEN_TOKENS)];
            }
        }
        return [...this.closed, ...tail];
    }
}

/**
 * The text to draw while it is not whole: an unfinished link is held back, unfinished emphasis and code are closed.
 * @param {string} text
 */
export function presentable(text) {
    const fences = [...text.matchAll(/^(```|~~~).*$/gm)];
    if (fences.length % 2 === 1) return text.replace(/\n(`{1,2}|~{1,2})$/, "\n"); // inside a fence all is code, but the begin of its end
    const fence = fences.at(-1);
    const start = Math.max(text.lastIndexOf("\n\n") + 1, fence === undefined ? 0 : fence.index + fence[0].length);
    let last = text.slice(start);
    const link = /!?\[[^\][\n]{0,200}(\](\([^()\s]{0,500})?)?$/.exec(last);
    if (link !== null) last = last.slice(0, link.index);
    const ticks = (last.match(/`/g) ?? []).length;
    if (ticks % 2 === 1) return `${text.slice(0, start)}${last}\``;
    if ((last.match(/\*\*/g) ?? []).length % 2 === 1) last = /\*\*\s*$/.test(last) ? last.replace(/\*\*\s*$/, "") : `${last.replace(/\*$/, "")}**`;
    return text.slice(0, start) + last;
}

/**
 * An address that may be followed; null for every other scheme, also when it is hidden by white space.
 * @param {string} href
 */
export function safeLink(href) {
    // biome-ignore lint/suspicious/noControlCharactersInRegex: browsers skip them in a scheme
    const bare = href.replace(/[\u0000-\u0020\u007f-\u009f\u200b-\u200f\u2028-\u202e\u2060\ufeff]/g, "");
    return /^(https?:\/\/|mailto:)[^\\]/i.test(bare) ? bare : null;
}
