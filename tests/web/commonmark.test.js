// What the pages draw of Markdown, held against every example of the CommonMark specification. Run by `tox -e web`.
import assert from "node:assert/strict";
import { createRequire } from "node:module";
import { join } from "node:path";
import { test } from "node:test";

import { GrowingMarkdown, whole } from "../../mock_server/sigmic_mock/web/client/markdown.js";
import { Markdown } from "../../mock_server/sigmic_mock/web/ui/markdown-view.js";
import { html, render } from "../../mock_server/sigmic_mock/web/vendor/preact.js";

const MODULES = process.env.SIGMIC_NODE_MODULES;
const needs = { skip: MODULES === undefined && "SIGMIC_NODE_MODULES names no node_modules" };
const library = (name) => createRequire(join(MODULES, "_"))(name);

/** Where the pages differ, by the numbers of the examples; docs/explanations/pages.md says so to its readers. */
const DIFFERS = {
    "HTML is shown as the text it is": [21, 31, 201, 308, 309, 344, 475, 476, 477, 491, 494, 524, 536, 642, 643],
    "ten named characters are known, and every number": [25],
    "an image is a link, with its address where it has no words": [581],
    "a bare address is a link, as on GitHub": [602, 608, 611, 612],
};
const AS_TEXT = new Set(["HTML blocks", "Raw HTML"]);
/** Not a divisor of anything: the cuts fall everywhere. */
const STEP = 31;
const DRAWN = /^(a|blockquote|br|button|code|del|div|em|h[1-6]|header|hr|input|li|ol|p|path|pre|span|strong|svg|table|tbody|td|th|thead|tr|ul)$/i;
const BESIDE_A_BLOCK = /\s*(<\/?(?:p|h[1-6]|ul|ol|li|blockquote|pre|hr|br)\b[^>]*>)\s*/g;

/** What stands in an element, for a reader: without white space beside blocks, and of links their words. */
function told(element) {
    return inside(element)
        .split(/(<pre>[^]*?<\/pre>)/)
        .map((part) => (part.startsWith("<pre>") ? part : part.replace(/\s+/g, " ")))
        .join("")
        .replace(BESIDE_A_BLOCK, "$1")
        .trim();
}

function inside(element) {
    return [...element.childNodes].map((node) => (node.nodeType === 3 ? node.textContent : asSaid(node))).join("");
}

function asSaid(node) {
    const name = node.nodeName.toLowerCase();
    if (node.className === "code") return asSaid(node.querySelector("pre"));
    if (name === "div") return inside(node);
    if (name === "pre") return `<pre>${node.textContent.replace(/\n$/, "")}</pre>`;
    if (name === "img") return `<a>${node.getAttribute("alt")}</a>`;
    if (name === "span") return `<a>${inside(node)}</a>`; // an address that is not opened
    if (name === "ol") return `<ol ${node.getAttribute("start") ?? ""}>${inside(node)}</ol>`;
    return `<${name}>${inside(node)}</${name}>`;
}

test("every example of CommonMark is drawn as it says, but for those that differ on purpose", needs, () => {
    const { document } = library("linkedom").parseHTML("<html><body></body></html>");
    const { tests } = library("commonmark-spec");
    Object.assign(globalThis, { document, requestAnimationFrame: setImmediate });
    const [drawn, said] = [document.createElement("div"), document.createElement("div")];
    const differing = [];
    for (const { number, section, markdown, html: expected } of tests) {
        render(null, drawn);
        render(html`<${Markdown} text=${markdown.replaceAll("→", "\t")} />`, drawn);
        for (const element of drawn.querySelectorAll("*")) assert.match(element.nodeName, DRAWN, `example ${number}`);
        if (AS_TEXT.has(section)) {
            for (const tag of markdown.match(/<\/?[a-z!?][\w-]*/g) ?? []) assert.ok(drawn.textContent.includes(tag), `example ${number}: ${tag}`);
            continue;
        }
        said.innerHTML = expected.replaceAll("→", "\t");
        if (told(drawn) !== told(said)) differing.push(number);
    }

    assert.equal(tests.length, 652);
    assert.deepEqual(differing, Object.values(DIFFERS).flat().sort((one, other) => one - other));
});

test("every section of CommonMark ends alike, read in one piece and as it grows", needs, () => {
    const sections = library("commonmark-spec").text.split(/^(?=#{1,6} )/m);
    const tokens = (all) => all.filter(({ type }) => type !== "space");
    for (const section of sections) {
        const growing = new GrowingMarkdown();
        let last = [];
        for (let at = STEP; at < section.length + STEP; at += STEP) last = growing.tokens(section.slice(0, at));
        assert.deepEqual(tokens(last), tokens(whole(section)), section.slice(0, 40));
    }

    assert.ok(sections.length > 50);
});
