// The API reference, drawn from the document that the server itself is held to.
import { counted } from "../ui/counts.js";
import { refusalOf, wordsOf } from "../client/api.js";
import { html, render, signal, useRef, useState } from "../vendor/preact.js";
import { Icon } from "../ui/icons.js";
import { Code } from "../ui/code.js";
import { Markdown, links } from "../ui/markdown-view.js";
import { Palette, SearchButton } from "../ui/palette.js";
import { nextTheme, theme } from "../ui/theme.js";
import { NO_KEY, samples } from "./samples.js";

const MOST_SHOWN = 200_000;
/** An event may be called as a value is: `thought`, `Thought`. */
const OF_EVENTS = "event-";

links.within = true;
const reference = signal(/** @type {any} */ (null));
const problem = signal(/** @type {string | null} */ (null));
const key = signal(NO_KEY);
const language = signal("curl");
/** On a phone the contents slide in when somebody asks for them. */
const isListed = signal(false);

/** The ledger is most of what there is to read, and few read it: it comes when somebody asks. @type {Promise<any> | null} */
let ledger = null;

async function readLedger() {
    const answer = await fetch("/docs/requirements.json");
    if (!answer.ok) throw await refusalOf(answer);
    return answer.json();
}

/** @param {{ about: string, count: number }} props */
function Rows({ about, count }) {
    const [rows, setRows] = useState(/** @type {any[] | null} */ (null));
    const [lost, setLost] = useState(/** @type {string | null} */ (null));
    if (count === 0) return null;
    const open = (/** @type {any} */ event) => {
        if (!event.currentTarget.open || rows !== null) return;
        ledger ??= readLedger();
        ledger.then(
            (held) => setRows(held.about[about].map((/** @type {string} */ id) => held.rows[id])),
            (error) => {
                ledger = null;
                setLost(wordsOf(error));
            },
        );
    };
    return html`<details class="tool box small ledger" onToggle=${open}>
        <summary><${Icon} name="chevron" class="chevron" /><span>${counted(count, "requirement")}</span></summary>
        ${rows === null && (lost === null ? html`<div class="inside working"><i></i>Loading requirements…</div>` : html`<div class="inside notice bad" role="alert"><span>${lost} Close and reopen this section to retry.</span></div>`)}
        <ul>${(rows ?? []).map(
            (row) => html`<li><code class="mono">${row.id}</code> <span class="tag soft">${row.level}</span> <span class=${`tag soft ${row.evidence}`}>${row.evidence}</span> ${row.statement} <small>${row.source}</small></li>`,
        )}</ul>
    </details>`;
}

/** @param {{ operation: any }} props */
function Sample({ operation }) {
    const all = samples(operation, location.origin, key.value);
    const shown = all.find(({ name }) => name === language.value) ?? all[0];
    return html`<div class="sample stack">
        <div class="tabs across" role="group" aria-label="Language">
            ${all.map(({ name }) => html`<button type="button" class="button plain" aria-pressed=${name === shown.name} onClick=${() => {
                language.value = name;
            }}>${name}</button>`)}
        </div>
        <${Code} code=${shown.text} language=${shown.language} />
        ${operation.answers.map((/** @type {string} */ text) => html`<h4>On the wire</h4><${Code} code=${text} language="" tall />`)}
        <${Try} operation=${operation} />
    </div>`;
}

/** Try it, here and now. @param {{ operation: any }} props */
function Try({ operation }) {
    const names = [...[...operation.path.matchAll(/\{(\w+)\}/g)].map(([, name]) => name), ...operation.query];
    const [values, setValues] = useState(/** @type {Record<string, string>} */ ({}));
    const [body, setBody] = useState(operation.body === null ? "" : JSON.stringify(operation.body, null, 2));
    const [said, setSaid] = useState(/** @type {{ head: string, text: string, isOver: boolean } | null} */ (null));
    const abort = useRef(/** @type {AbortController | null} */ (null));
    const send = async (/** @type {Event} */ event) => {
        event.preventDefault();
        abort.current?.abort();
        const mine = new AbortController();
        abort.current = mine;
        const path = operation.path.replaceAll(/\{(\w+)\}/g, (/** @type {string} */ _, /** @type {string} */ name) => encodeURIComponent(values[name] ?? ""));
        const query = new URLSearchParams(operation.query.filter((/** @type {string} */ name) => values[name]).map((/** @type {string} */ name) => [name, values[name]]));
        const headers = { ...(operation.isOpen ? {} : { Authorization: `Bearer ${key.value}` }), ...(body === "" ? {} : { "Content-Type": "application/json" }) };
        let text = "";
        setSaid({ head: "Sending", text, isOver: false });
        try {
            const answer = await fetch(`${path}${query.size > 0 ? `?${query}` : ""}`, { method: operation.method, headers, body: body === "" ? undefined : body, signal: mine.signal });
            const head = `${answer.status} ${answer.headers.get("Content-Type") ?? ""}`;
            const show = (/** @type {string} */ more, isOver = false) => {
                text = (text + more).slice(-MOST_SHOWN);
                setSaid({ head, text, isOver });
            };
            if (answer.headers.get("Content-Type")?.startsWith("text/event-stream") && answer.body !== null) {
                const { read } = await import("../client/stream.js");
                await read(
                    answer.body,
                    (type, _, raw) => show(`event: ${type}\ndata: ${raw}\n\n`),
                    (words) => show(`:${words}\n\n`),
                    { silence: 60_000, onSilence: () => mine.abort() },
                );
                show("", true);
            } else {
                const whole = await answer.text();
                try {
                    show(JSON.stringify(JSON.parse(whole), null, 2), true);
                } catch {
                    show(whole, true);
                }
            }
        } catch (error) {
            setSaid({ head: "No response", text: mine.signal.aborted ? "cancelled" : wordsOf(error), isOver: true });
        }
    };
    return html`<details class="tool box small try">
        <summary><${Icon} name="chevron" class="chevron" /><${Icon} name="send" /><span>Try it</span></summary>
        <form class="inside" onSubmit=${send}>
            ${names.map((name) => html`<label class="field stack"><span class="mono">${name}</span><input class="input mono" value=${values[name] ?? ""} onInput=${(/** @type {any} */ event) => setValues({ ...values, [name]: event.currentTarget.value })} /></label>`)}
            ${operation.body !== null && html`<label class="field stack"><span class="mono">body</span><textarea class="input mono" rows="6" spellcheck="false" value=${body} onInput=${(/** @type {any} */ event) => setBody(event.currentTarget.value)}></textarea></label>`}
            <div class="tabs across">
                <button type="submit" class="button primary">Send</button>
                ${said !== null && !said.isOver && html`<button type="button" class="button" onClick=${() => abort.current?.abort()}>Stop</button>`}
            </div>
            ${said !== null && html`<div role="status"><h4>${said.head}</h4></div><${Code} code=${said.text} language="" tall />`}
        </form>
    </details>`;
}

/** @param {{ data: any }} props */
function Reference({ data }) {
    const groups = [
        ["Operations", data.operations, ""],
        ["Events", data.events, OF_EVENTS],
        ["Schemas", data.values, ""],
    ];
    const commands = () =>
        groups.flatMap(([title, entries, prefix]) =>
            entries.map((/** @type {any} */ it) => ({ name: it.summary ?? it.id, icon: "raw", about: it.path ? `${it.method} ${it.path}` : title, run: () => location.assign(`#${prefix}${anchor(it.id)}`) })),
        );
    const shown = isListed.value ? "shown" : "";
    const toggle = () => {
        isListed.value = !isListed.value;
    };
    return html`<nav class=${`drawer ${shown}`} aria-label="Contents" onClick=${(/** @type {any} */ event) => event.target.closest("a") && (isListed.value = false)}>
            <div class="brand across fixed"><${Icon} name="mark" class="mark" /><span>API reference</span>
                <button type="button" class="button plain icon" aria-label=${`Theme: ${theme.value}`} title=${`Theme: ${theme.value}`} onClick=${nextTheme}><${Icon} name="theme" /></button></div>
            <p class="pages places wraps"><a href="/">Chat</a><a href="/console">Console</a><a href="/__mock/ui">Deck</a><a href="/openapi.json">OpenAPI</a><a href="/llms.txt">llms.txt</a></p>
            <${SearchButton} words="Search reference" />
            ${groups.map(([title, entries, prefix]) => html`<h2 class="tiny soft">${title}</h2><ul class="places small">${entries.map((/** @type {any} */ it) => html`<li><a href=${`#${prefix}${anchor(it.id)}`}>${it.method && html`<b class=${`method fixed ${it.method}`}>${it.method}</b>`}${it.summary ?? it.id}</a></li>`)}</ul>`)}
            <h2 class="tiny soft">Errors</h2><ul class="places small"><li><a href="#error-codes">Error codes</a></li></ul>
        </nav>
        <button type="button" class="shade" aria-label="Close contents" tabindex="-1" onClick=${toggle}></button>
        <div class="bar"><button type="button" class="button plain icon" aria-label="Contents" aria-expanded=${isListed.value} onClick=${toggle}><${Icon} name="menu" /></button><b>API reference</b></div>
        <main>
            <section class="intro"><h1>${data.title}</h1><${Markdown} text=${data.about} />
                <p class="notice"><span>Samples are ready to run against <code>${location.origin}</code>${key.value === NO_KEY ? ". Set SIGMIC_API_KEY to your API key" : " and use this mock's built-in key"}.</span></p></section>
            ${data.operations.map(
                (/** @type {any} */ it) => html`<section class="operation" id=${anchor(it.id)} key=${it.id}>
                    <h2>${it.summary}</h2>
                    <p class="address"><b class=${`method ${it.method}`}>${it.method}</b> <code class="mono">${it.path}</code></p>
                    <div class="split">
                        <div class="lead"><${Markdown} text=${leadOf(it.text)} /></div>
                        <${Sample} operation=${it} />
                        <div><${Markdown} text=${detailsOf(it.text)} /><${Rows} about=${it.id} count=${it.requirements} /></div>
                    </div>
                </section>`,
            )}
            <section class="heading"><h1>Events</h1><p>The stream of <a href="#stream_task">Follow a task</a> sends these events. Each data line holds one JSON object.</p></section>
            ${data.events.map((/** @type {any} */ it) => html`<section class="value" id=${`${OF_EVENTS}${it.id}`} key=${it.id}><h3><code class="mono">${it.id}</code></h3><${Markdown} text=${it.text} /><${Rows} about=${`${OF_EVENTS}${it.id}`} count=${it.requirements} /></section>`)}
            <section class="heading"><h1>Schemas</h1></section>
            ${data.values.map((/** @type {any} */ it) => html`<section class="value" id=${anchor(it.id)} key=${it.id}><h3>${it.id}</h3><${Markdown} text=${it.text} /></section>`)}
            <section class="heading" id="error-codes"><h1>Error codes</h1></section>
            <section class="value"><${Markdown} text=${data.codes} /></section>
        </main>
        <${Palette} commands=${commands} />`;
}

/** What an operation does, without its address. @param {string} text */
const leadOf = (text) => text.slice(0, detailsAt(text)).split("\n").slice(2).join("\n");
/** @param {string} text */
const detailsOf = (text) => text.slice(detailsAt(text));
/** @param {string} text */
const detailsAt = (text) => (/^Evidence: /m.exec(text)?.index ?? text.length);

/** @param {string} name */
const anchor = (name) => name.toLowerCase();

function Page() {
    if (problem.value !== null) return html`<main><div class="notice bad" role="alert"><span>${problem.value}</span><button type="button" class="button" onClick=${load}>Try again</button></div></main>`;
    if (reference.value === null) return html`<main><div class="working"><i></i>Loading reference…</div></main>`;
    return html`<${Reference} data=${reference.value} />`;
}

async function load() {
    problem.value = null;
    try {
        const answer = await fetch("/docs/reference.json");
        if (!answer.ok) throw await refusalOf(answer);
        reference.value = await answer.json();
        requestAnimationFrame(() => document.getElementById(location.hash.slice(1))?.scrollIntoView());
    } catch (error) {
        problem.value = wordsOf(error);
    }
    // Where the local accounts exist, samples hold their key. Elsewhere they name a variable.
    const signedIn = await fetch("/ui/sign-in", { method: "POST", headers: { "Content-Type": "application/json" }, body: "{}" }).catch(() => null);
    if (signedIn?.ok) key.value = (await signedIn.json()).data.apiKey;
}

render(html`<${Page} />`, /** @type {HTMLElement} */ (document.getElementById("app")));
load();
