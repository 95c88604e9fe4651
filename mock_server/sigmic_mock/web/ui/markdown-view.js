// Tokens of Markdown as nodes. No text ever becomes markup: raw HTML is shown as text, an image as a link.
import { GrowingMarkdown, presentable, safeLink, whole } from "../client/markdown.js";
import { html, useMemo, useRef, useState } from "../vendor/preact.js";
import { Code } from "./code.js";

/** A page of ours may link within itself; what an agent says may not. */
export const links = { within: false };
const ENTITIES = { amp: "&", lt: "<", gt: ">", quot: '"', apos: "'", nbsp: "\u00a0", copy: "\u00a9", hellip: "\u2026", mdash: "\u2014", ndash: "\u2013" };

/** @param {string} text */
function withoutEntities(text) {
    return text.replace(/&(?:#(\d{1,7})|#x([\da-f]{1,6})|([a-z]{2,8}));/gi, (all, decimal, hex, name) => {
        if (name !== undefined) return ENTITIES[/** @type {keyof ENTITIES} */ (name)] ?? all;
        const point = Number.parseInt(decimal ?? hex, decimal === undefined ? 16 : 10);
        return point > 0 && point <= 0x10ffff ? String.fromCodePoint(point) : "\ufffd";
    });
}

/** @param {any[] | undefined} tokens @returns {any[]} */
function inline(tokens) {
    return (tokens ?? []).map((token) => {
        switch (token.type) {
            case "strong":
                return html`<strong>${inline(token.tokens)}</strong>`;
            case "em":
                return html`<em>${inline(token.tokens)}</em>`;
            case "del":
                return html`<del>${inline(token.tokens)}</del>`;
            case "codespan":
                return html`<code>${token.text}</code>`;
            case "br":
                return html`<br />`;
            case "link":
                return link(token.href, inline(token.tokens));
            case "image":
                return link(token.href, wordsOf(token.tokens) || token.href);
            case "html":
            case "checkbox":
                return token.type === "checkbox" ? null : token.raw;
            default:
                return token.tokens ? inline(token.tokens) : withoutEntities(token.text ?? token.raw);
        }
    });
}

/** What tokens say, without their emphasis: an image has no more than words. @param {any[] | undefined} tokens @returns {string} */
function wordsOf(tokens) {
    return (tokens ?? []).map((token) => (token.tokens ? wordsOf(token.tokens) : withoutEntities(token.text ?? token.raw))).join("");
}

/** @param {string} href @param {any} content */
function link(href, content) {
    if (links.within && /^#[\w-]+$/.test(href)) return html`<a href=${href}>${content}</a>`;
    const safe = safeLink(withoutEntities(href));
    if (safe === null) return html`<span title="Link disabled: unsupported address">${content}</span>`;
    return html`<a href=${safe} rel="noopener noreferrer" target="_blank">${content}</a>`;
}

/** @param {any} token @param {boolean} closed @returns {any} */
function block(token, closed) {
    switch (token.type) {
        case "space":
        case "def":
            return null;
        case "heading": {
            const Level = `h${Math.min(6, token.depth)}`;
            return html`<${Level}>${inline(token.tokens)}</${Level}>`;
        }
        case "code":
            return html`<${Code} code=${token.text.replace(/\n+$/, "")} language=${(token.lang ?? "").split(/\s/)[0].toLowerCase()} closed=${closed} />`;
        case "blockquote":
            return html`<blockquote>${token.tokens.map((/** @type {any} */ it) => block(it, closed))}</blockquote>`;
        case "list": {
            const Kind = token.ordered ? "ol" : "ul";
            return html`<${Kind} start=${token.ordered && token.start !== 1 ? token.start : undefined}>
                ${token.items.map((/** @type {any} */ item) => listItem(item, closed))}
            </${Kind}>`;
        }
        case "table":
            return html`<${Table} token=${token} growing=${!closed} />`;
        case "hr":
            return html`<hr />`;
        case "html":
            return html`<p>${token.raw.trimEnd()}</p>`;
        case "plain":
            return html`<p class="plain">${token.raw}</p>`;
        case "text":
            return html`${token.tokens ? inline(token.tokens) : withoutEntities(token.text)}`;
        default:
            return html`<p>${token.tokens ? inline(token.tokens) : token.raw}</p>`;
    }
}

/**
 * A table that the reader has seen growing has the columns that its head asks for, and keeps them: no cell moves another.
 * @param {{ token: any, growing: boolean }} props
 */
function Table({ token, growing }) {
    const [hasGrown] = useState(growing);
    const wide = token.header.map((/** @type {any} */ it) => Math.min(16, Math.max(12, it.text.length)));
    const all = wide.reduce((/** @type {number} */ sum, /** @type {number} */ each) => sum + each, 0);
    return html`<div class="table" tabindex="0" role="group" aria-label="Table"><table class=${hasGrown ? "steady" : undefined} style=${hasGrown ? { minWidth: `${all + 3 * wide.length}ch` } : undefined}>
        ${hasGrown && html`<colgroup>${wide.map((/** @type {number} */ each) => html`<col style=${{ width: `${(100 * each) / all}%` }} />`)}</colgroup>`}
        <thead><tr>${token.header.map(cell("th"))}</tr></thead>
        <tbody>${token.rows.map((/** @type {any[]} */ row) => html`<tr>${row.map(cell("td"))}</tr>`)}</tbody>
    </table></div>`;
}

/** @param {any} item @param {boolean} closed */
function listItem(item, closed) {
    const content = item.tokens.map((/** @type {any} */ it) => (it.type === "checkbox" ? null : block(it, closed)));
    if (!item.task) return html`<li>${content}</li>`;
    return html`<li class="task"><input type="checkbox" disabled checked=${item.checked} aria-label=${item.checked ? "done" : "to do"} /> ${content}</li>`;
}

/** @param {"th" | "td"} Kind */
function cell(Kind) {
    return (/** @type {any} */ it) =>
        html`<${Kind} class=${it.align === "right" ? "to-right" : it.align === "center" ? "to-center" : undefined}>${inline(it.tokens)}</${Kind}>`;
}

/** One top-level token; the same token is not drawn again. @param {{ token: any, closed: boolean }} props */
function Block({ token, closed }) {
    return useMemo(() => block(token, closed), [token, closed]);
}

/** How many blocks are looked at, laid out and painted as one: those out of sight cost nothing while a text grows. */
const RUN = 32;

/** Blocks that follow one another: final ones are the same objects, so that the ends tell whether any is new. @param {{ tokens: any[], open: boolean }} props */
function Run({ tokens, open }) {
    const draw = () => html`<div class="run">
        ${tokens.map((token, at) => html`<${Block} key=${at} token=${token} closed=${!open || at < tokens.length - 1} />`)}
    </div>`;
    return useMemo(draw, [tokens[0], tokens[tokens.length - 1], tokens.length, open]);
}

/** @param {{ text: string, growing?: boolean }} props */
export function Markdown({ text, growing = false }) {
    const held = useRef(/** @type {GrowingMarkdown | null} */ (null));
    held.current ??= new GrowingMarkdown();
    const tokens = useMemo(() => {
        if (!growing) return whole(text);
        return /** @type {GrowingMarkdown} */ (held.current).tokens(text, presentable);
    }, [text, growing]);
    const runs = Array.from({ length: Math.ceil(tokens.length / RUN) }, (_, at) => tokens.slice(at * RUN, (at + 1) * RUN));
    return html`<div class="markdown">
        ${runs.map((run, at) => html`<${Run} key=${at} tokens=${run} open=${growing && at === runs.length - 1} />`)}
    </div>`;
}
