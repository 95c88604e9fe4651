// What the console's pages are made of: heads, tables, fields, questions, notices, a secret shown once.
import { ApiError, wordsOf } from "../client/api.js";
import { createContext, html, useContext, useEffect, useLayoutEffect, useRef, useState } from "../vendor/preact.js";
import { Dialog, say } from "../ui/dialog.js";
import { Icon } from "../ui/icons.js";
import { ago } from "../ui/time.js";

/** A role as its readers see it. @param {string} role */
export const roleName = (role) => role.slice(0, 1).toUpperCase() + role.slice(1);

/** @param {unknown} problem */
const asError = (problem) => (problem instanceof ApiError ? problem : new ApiError("PAGE_ERROR", wordsOf(problem), 0));

/**
 * What a page reads when it opens; `again` reads it anew.
 * @template T @param {() => Promise<T>} read @param {unknown[]} inputs
 */
export function useRead(read, inputs) {
    const [value, setValue] = useState(/** @type {T | null} */ (null));
    const [problem, setProblem] = useState(/** @type {ApiError | null} */ (null));
    const current = useRef(0);
    const again = async () => {
        const mine = (current.current += 1);
        try {
            const found = await read();
            if (mine !== current.current) return;
            setValue(found);
            setProblem(null);
        } catch (error) {
            if (mine === current.current) setProblem(asError(error));
        }
    };
    useEffect(() => {
        setValue(null);
        setProblem(null);
        again();
        return () => {
            current.current += 1; // what comes later is of a place that was left
        };
    }, inputs);
    return { value, setValue, problem, again };
}

/**
 * One action at a time: busy while it runs, its problem afterwards.
 * @returns {{ busy: boolean, problem: ApiError | null, setProblem: (problem: ApiError | null) => void, run: (act: () => Promise<void>) => Promise<void> }}
 */
export function useAct() {
    const [busy, setBusy] = useState(false);
    const [problem, setProblem] = useState(/** @type {ApiError | null} */ (null));
    const run = async (/** @type {() => Promise<void>} */ act) => {
        if (busy) return;
        setBusy(true);
        setProblem(null);
        try {
            await act();
        } catch (error) {
            setProblem(asError(error));
        }
        setBusy(false);
    };
    return { busy, problem, setProblem, run };
}

/** What went wrong, with one button. @param {{ problem: ApiError | null, again?: () => void, label?: string }} props */
export function Problem({ problem, again, label = "Try again" }) {
    const shown = useRef(/** @type {HTMLElement | null} */ (null));
    useEffect(() => shown.current?.scrollIntoView({ block: "nearest" }), [problem]);
    if (problem === null) return null;
    return html`<div class="notice bad" role="alert" ref=${shown}><span>${problem.message} <small><code>${problem.code}</code></small></span>
        ${again && html`<button type="button" class="button" onClick=${again}>${label}</button>`}</div>`;
}

/** A refusal that the page itself makes, of what was written into a field. */
export class FieldError extends ApiError {
    /** @param {string} field @param {string} message */
    constructor(field, message) {
        super("VALIDATION_ERROR", message, 0);
        this.field = field;
    }
}

/**
 * The field that a refusal is about, and what is wrong with it. The API begins with its name, or with the path to it:
 * `name must be …`, `mcp_servers.crm.url: is not …`.
 * @param {ApiError | null} problem @param {readonly string[]} fields  those of a form @returns {{ field: string, words: string } | null}
 */
export function wrongField(problem, fields) {
    if (problem instanceof FieldError && fields.includes(problem.field)) return { field: problem.field, words: problem.message };
    const [, path, rest] = (problem?.code === "VALIDATION_ERROR" && /^([\w.-]+)(?::| (?=must|is|has|cannot|contains)) *(.+)$/s.exec(problem.message)) || [];
    const field = path?.split(".").findLast((name) => fields.includes(name));
    return field === undefined ? null : { field, words: `${rest.slice(0, 1).toUpperCase()}${rest.slice(1)}.`.replace("..", ".") };
}

/** What is wrong in the form around a field: a form provides it, its fields show it. */
export const Wrong = createContext(/** @type {{ field: string, words: string } | null} */ (null));

/** The three things that a page can be before it shows what it read. @param {{ read: { value: any, problem: ApiError | null, again: () => void }, children: any }} props */
export function Loaded({ read, children }) {
    if (read.value === null && read.problem === null) return html`<div class="working"><i></i>Loading…</div>`;
    return html`<${Problem} problem=${read.problem} again=${read.again} />${read.value !== null && children}`;
}

/** The window is called as its page is. @param {string | null} title */
function useTitle(title) {
    useEffect(() => {
        if (title !== null) document.title = `${title} · Sigmic console`;
    }, [title]);
}

/** @param {{ title: string, about?: any, children?: any }} props */
export function Head({ title, about, children }) {
    useTitle(title);
    return html`<header class="head wraps"><div><h1 tabindex="-1">${title}</h1>${about && html`<p>${about}</p>`}</div>
        ${children && html`<div class="actions across wraps">${children}</div>`}</header>`;
}

/** Nothing to show, and what to do about it; `alone` on its page. @param {{ icon: string, title: string, alone?: boolean, children?: any }} props */
export function Empty({ icon, title, alone = false, children }) {
    useTitle(alone ? title : null);
    const heading = alone ? html`<h1 tabindex="-1">${title}</h1>` : html`<h2>${title}</h2>`;
    return html`<div class="empty stack soft"><${Icon} name=${icon} />${heading}<div>${children}</div></div>`;
}

const FILTERED_FROM = 6;

/**
 * Rows that can be sorted by a column and, where they are many, filtered by words.
 * @typedef {{ title: string, cell: (row: any) => any, text?: (row: any) => string | number, kind?: string }} Column
 *     `text`: what is sorted by and, unless it is a number, filtered by; `kind`: "main", "actions" or nothing
 * @param {{ label: string, columns: Column[], rows: any[], keyOf: (row: any) => string }} props
 */
export function Table({ label, columns, rows, keyOf }) {
    const [words, setWords] = useState("");
    const [order, setOrder] = useState({ by: "", up: true });
    const by = columns.find(({ title }) => title === order.by)?.text;
    const wanted = words.toLowerCase().split(/\s+/).filter(Boolean);
    const found = rows.filter((row) => {
        const said = columns.map(({ text }) => text?.(row)).filter((it) => typeof it === "string").join(" ").toLowerCase();
        return wanted.every((word) => said.includes(word));
    });
    const shown = by === undefined ? found : found.toSorted((one, other) => compared(by(one), by(other)) * (order.up ? 1 : -1));
    const head = (/** @type {Column} */ { title, text, kind }) => {
        if (text === undefined) return kind === "actions" ? html`<span class="only-read">${title}</span>` : title;
        const isBy = title === order.by;
        return html`<button type="button" onClick=${() => setOrder(isBy && !order.up ? { by: "", up: true } : { by: title, up: !isBy })}>${title}<${Icon} name="chevron" class=${isBy ? (order.up ? "up" : "down") : ""} /></button>`;
    };
    return html`${rows.length >= FILTERED_FROM && html`<div class="filter across"><input class="input" type="search" aria-label=${`Filter ${label.toLowerCase()}`} placeholder="Filter" value=${words} onInput=${(/** @type {any} */ event) => setWords(valueOf(event))} />
            <span class="soft small" role="status">${wanted.length > 0 ? `${shown.length} of ${rows.length}` : ""}</span></div>`}
        <table class="rows box large" aria-label=${label}>
        <thead><tr>${columns.map((column) => html`<th scope="col" class=${column.kind} aria-sort=${column.title === order.by ? (order.up ? "ascending" : "descending") : undefined}>${head(column)}</th>`)}</tr></thead>
        <tbody>${shown.map(
            (row) => html`<tr key=${keyOf(row)}>${columns.map(({ title, cell, kind }) => html`<td class=${kind} data-title=${title}>${cell(row)}</td>`)}</tr>`,
        )}</tbody>
    </table>`;
}

/** @param {string | number} one @param {string | number} other */
const compared = (one, other) => (typeof one === "number" && typeof other === "number" ? one - other : String(one).localeCompare(String(other), "en", { numeric: true }));

let fields = 0;
/** What a required field must hold. */
const NOT_BLANK = ".*\\S.*";

/**
 * One field with its name above and what it means below, or what is wrong with it. `children` gets the attributes that join them.
 * @param {{ label: string, hint?: any, field?: string, children: (attributes: { id: string, onInvalid: (event: any) => void, "aria-describedby": string | undefined, "aria-invalid": "true" | undefined }) => any }} props
 *     `field`: as the API calls it
 */
export function Field({ label, hint, field, children }) {
    const id = useRef("");
    if (id.current === "") id.current = `field-${(fields += 1)}`;
    const wrong = useContext(Wrong);
    const [isMissing, setIsMissing] = useState(false);
    const isWrong = isMissing || (field !== undefined && wrong?.field === field);
    const about = isMissing ? `${label} is required.` : isWrong ? wrong?.words : hint;
    const aboutId = about ? `${id.current}-about` : undefined;
    // The page says it at the field, in place of the browser's bubble.
    const onInvalid = (/** @type {any} */ event) => {
        event.preventDefault();
        setIsMissing(true);
        const first = event.currentTarget.form.querySelector(":invalid:not(fieldset)");
        first.closest("details")?.setAttribute("open", "");
        first.focus();
    };
    return html`<div class="field stack" onInput=${() => setIsMissing(false)}><label for=${id.current}>${label}</label>
        ${children({ id: id.current, onInvalid, "aria-describedby": aboutId, "aria-invalid": isWrong ? "true" : undefined })}
        ${about && html`<small id=${aboutId} class=${isWrong ? "wrong" : undefined} role=${isWrong ? "alert" : undefined}>${about}</small>`}</div>`;
}

/** @param {any} event @returns {string} */
export const valueOf = (event) => event.currentTarget.value;

/** @param {{ label: string, hint?: any, field?: string, value: string, onValue: (value: string) => void, [more: string]: any }} props */
export function TextField({ label, hint, field, value, onValue, ...more }) {
    return html`<${Field} label=${label} hint=${hint} field=${field}>${(/** @type {any} */ joined) => html`<input class="input" ...${joined} autocomplete="off" spellcheck=${false} value=${value} pattern=${more.required ? NOT_BLANK : undefined} onInput=${(/** @type {any} */ event) => onValue(valueOf(event))} ...${more} />`}</${Field}>`;
}

/** @param {{ label: string, hint?: any, field?: string, value: string, onValue: (value: string) => void, [more: string]: any }} props */
export function TextArea({ label, hint, field, value, onValue, ...more }) {
    return html`<${Field} label=${label} hint=${hint} field=${field}>${(/** @type {any} */ joined) => html`<textarea class="input" rows="3" ...${joined} spellcheck=${false} value=${value} onInput=${(/** @type {any} */ event) => onValue(valueOf(event))} ...${more}></textarea>`}</${Field}>`;
}

/** @param {{ label: string, hint?: any, field?: string, value: string, options: [string, string][], onValue: (value: string) => void, [more: string]: any }} props */
export function Choice({ label, hint, field, value, options, onValue, ...more }) {
    return html`<${Field} label=${label} hint=${hint} field=${field}>${(/** @type {any} */ joined) => html`<select class="input" ...${joined} value=${value} onChange=${(/** @type {any} */ event) => onValue(valueOf(event))} ...${more}>
        ${options.map(([name, title]) => html`<option value=${name} selected=${name === value}>${title}</option>`)}
    </select>`}</${Field}>`;
}

/** @param {{ label: any, hint?: any, checked: boolean, onChecked: (checked: boolean) => void, disabled?: boolean }} props */
export function Switch({ label, hint, checked, onChecked, disabled }) {
    return html`<label class="switch"><input type="checkbox" checked=${checked} disabled=${disabled} onChange=${(/** @type {any} */ event) => onChecked(event.currentTarget.checked)} />
        <span>${label}${hint && html`<small>${hint}</small>`}</span></label>`;
}

/** @param {{ text: string, label?: string, of?: string }} props  `of` says to those who do not see it what is copied */
export function Copy({ text, label = "Copy", of = "" }) {
    const [copied, setCopied] = useState(false);
    const copy = () =>
        navigator.clipboard.writeText(text).then(
            () => {
                setCopied(true);
                setTimeout(() => setCopied(false), 1500);
            },
            () => say("Couldn't copy. Select the text and copy it manually."),
        );
    return html`<button type="button" class="button" aria-label=${of ? `${label} ${of}` : undefined} onClick=${copy}><${Icon} name=${copied ? "check" : "copy"} />${copied ? "Copied" : label}</button>`;
}

/** Something that the server never shows again. @param {{ title: string, name: string, value: string, onDone: () => void, children?: any }} props */
export function Once({ title, name, value, onDone, children }) {
    const field = useRef(/** @type {HTMLInputElement | null} */ (null));
    useLayoutEffect(() => field.current?.focus(), [value]);
    return html`<section class="card box large stack once" aria-label=${title}>
        <h2><${Icon} name="key" />${title}</h2>
        <p>Copy it now. You can't see it again after you leave this page.</p>
        <div class="with-button across wraps"><input class="input mono" readonly ref=${field} aria-label=${name} value=${value} onFocus=${(/** @type {any} */ event) => event.currentTarget.select()} /><${Copy} text=${value} of=${name} /></div>
        ${children}
        <div class="actions across wraps"><button type="button" class="button primary" onClick=${onDone}>Done</button></div>
    </section>`;
}

/**
 * A question before something that cannot be undone. Stays open while it is done, and when it fails.
 * @param {{ title: string, action: string, blocked?: boolean, onYes: () => Promise<void>, onClose: () => void, children: any }} props
 *     while it is `blocked` only the way back is open
 */
export function Question({ title, action, blocked = false, onYes, onClose, children }) {
    const { busy, problem, run } = useAct();
    return html`<${Dialog} label=${title} onClose=${onClose}>
        <h2>${title}</h2>
        <div class="text">${children}</div>
        <${Problem} problem=${problem} />
        <div class="actions across wraps"><button type="button" class="button" onClick=${onClose}>Cancel</button>
            <button type="button" class="button danger" disabled=${busy || blocked} onClick=${() => run(onYes)}>${action}</button></div>
    </${Dialog}>`;
}

/**
 * A form in a card. A refusal stands at the field that it is about; every other at the foot.
 * @param {{ title: string, action: string, act: ReturnType<typeof useAct>, fields?: readonly string[], onSubmit: () => Promise<void>, onCancel?: () => void, problem?: any, children: any }} props
 *     `fields`: as the API calls them; `problem` is drawn in place of a refusal at the foot
 */
export function FormCard({ title, action, act, fields: names = [], onSubmit, onCancel, problem, children }) {
    const form = useRef(/** @type {HTMLFormElement | null} */ (null));
    const wrong = wrongField(act.problem, names);
    useLayoutEffect(() => {
        if (onCancel) /** @type {HTMLElement | null | undefined} */ (form.current?.querySelector("input, select, textarea"))?.focus();
    }, []);
    useLayoutEffect(() => {
        const field = /** @type {HTMLElement | null | undefined} */ (form.current?.querySelector("[aria-invalid]"));
        field?.closest("details")?.setAttribute("open", "");
        field?.focus();
    }, [act.problem]);
    const submit = (/** @type {Event} */ event) => {
        event.preventDefault();
        act.run(onSubmit);
    };
    const onKeyDown = (/** @type {KeyboardEvent} */ event) => {
        if (event.key === "Escape" && onCancel) onCancel();
    };
    return html`<${Wrong.Provider} value=${wrong}><form class="card box large stack" ref=${form} aria-label=${title} onSubmit=${submit} onKeyDown=${onKeyDown}>
        <h2>${title}</h2>
        ${children}
        ${wrong === null && (problem ?? html`<${Problem} problem=${act.problem} />`)}
        <div class="actions across wraps"><button type="submit" class="button primary" disabled=${act.busy}>${action}</button>
            ${onCancel && html`<button type="button" class="button plain" onClick=${onCancel}>Cancel</button>`}</div>
    </form></${Wrong.Provider}>`;
}

/** @param {{ when: string | null, relative?: boolean }} props  an ISO time; `relative`: how long ago, the time itself on hover */
export function Time({ when, relative = false }) {
    if (when === null) return "never";
    const exact = new Date(when).toLocaleString("en", { dateStyle: "medium", timeStyle: "short" });
    return html`<time datetime=${when} title=${relative ? exact : when}>${relative ? ago(when, Date.now()) : exact}</time>`;
}
