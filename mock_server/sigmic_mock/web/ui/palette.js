// Ctrl+K or ⌘K on every page: a few letters of where to go or what to do.
import { html, useEffect, useState } from "../vendor/preact.js";
import { Dialog } from "./dialog.js";
import { Icon } from "./icons.js";
import { isOpen } from "./palette-key.js";

const MOST = 50;

/** @typedef {{ name: string, icon: string, about?: string, run: () => void }} Command */

/** @param {string} href @returns {() => void} */
const to = (href) => () => location.assign(href);
/** What every page offers. @type {Command[]} */
const EVERYWHERE = [
    { name: "Chat", icon: "chat", about: "Page", run: to("/") },
    { name: "Console", icon: "key", about: "Page", run: to("/console") },
    { name: "Control deck", icon: "bolt", about: "Page", run: to("/__mock/ui") },
    { name: "API reference", icon: "file", about: "Page", run: to("/docs") },
    { name: "Switch theme", icon: "theme", about: "Action", run: () => import("./theme.js").then(({ nextTheme }) => nextTheme()) },
];

/** The commands that have all the words, those that begin with them first. @param {readonly Command[]} commands @param {string} words */
export function matching(commands, words) {
    const wanted = words.toLowerCase().split(/\s+/).filter(Boolean);
    const found = commands.filter(({ name, about = "" }) => wanted.every((word) => `${name} ${about}`.toLowerCase().includes(word)));
    const begins = (/** @type {Command} */ { name }) => Number(wanted.length > 0 && name.toLowerCase().startsWith(wanted[0]));
    return found.toSorted((one, other) => begins(other) - begins(one)).slice(0, MOST);
}

/** @param {{ commands: () => Command[] }} props  `commands`: what this page has besides */
export function Palette({ commands }) {
    const close = () => {
        isOpen.value = false;
    };
    return isOpen.value ? html`<${Choices} commands=${[...commands(), ...EVERYWHERE]} close=${close} />` : null;
}

/** What says that one can search, and begins it. @param {{ words: string }} props */
export function SearchButton({ words }) {
    const begin = () => {
        isOpen.value = true;
    };
    return html`<button type="button" class="input across search fixed" onClick=${begin}><${Icon} name="search" /><span class="grows clip">${words}</span><kbd class="tiny">Ctrl K</kbd></button>`;
}

/** @param {{ commands: Command[], close: () => void }} props */
function Choices({ commands, close }) {
    const [words, setWords] = useState("");
    const [at, setAt] = useState(0);
    const found = matching(commands, words);
    useEffect(() => document.getElementById(`palette-${at}`)?.scrollIntoView({ block: "nearest" }), [at]);
    const choose = (/** @type {Command | undefined} */ command) => {
        if (command === undefined) return;
        close();
        command.run();
    };
    const onKey = (/** @type {KeyboardEvent} */ event) => {
        const step = event.key === "ArrowDown" ? 1 : event.key === "ArrowUp" ? -1 : 0;
        if (step !== 0 && found.length > 0) {
            event.preventDefault();
            setAt((at + step + found.length) % found.length);
        } else if (event.key === "Enter" && !event.isComposing) {
            event.preventDefault();
            choose(found[at]);
        }
    };
    return html`<${Dialog} class="palette" label="Go to" onClose=${close}>
        <input class="input" type="text" role="combobox" aria-label="Search pages and actions" placeholder="Search pages and actions" aria-expanded="true" aria-controls="palette" aria-activedescendant=${found.length > 0 ? `palette-${at}` : undefined}
            autocomplete="off" value=${words} onKeyDown=${onKey} onInput=${(/** @type {any} */ event) => {
                setWords(event.currentTarget.value);
                setAt(0);
            }} />
        <ul id="palette" role="listbox" aria-label="Matches">${found.map(
            (command, index) => html`<li key=${`${command.name} ${index}`} id=${`palette-${index}`} class="across small" role="option" aria-selected=${index === at} onPointerMove=${() => setAt(index)} onClick=${() => choose(command)}>
                <${Icon} name=${command.icon} /><span class="grows clip" dir="auto">${command.name}</span><small>${command.about}</small></li>`,
        )}</ul>
        ${found.length === 0 && html`<p class="quiet soft small" role="status">No matches.</p>`}
    </${Dialog}>`;
}
