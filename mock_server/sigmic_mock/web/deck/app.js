// The control deck: whose token it is, which tab is shown, what the address holds, and the keys of the whole page.
import { Dialog, Said, say } from "../ui/dialog.js";
import { Icon } from "../ui/icons.js";
import { Palette } from "../ui/palette.js";
import { nextTheme, theme } from "../ui/theme.js";
import { html, render, signal, useEffect, useMemo, useRef, useState } from "../vendor/preact.js";
import { Control, broughtToken, holdToken } from "./control.js";
import { Live } from "./live.js";
import { refusalIn, useRead } from "./parts.js";

const ROOT = "/__mock/ui";
/** Each tab: its name, its key after `g`, and what draws it; all but the first are loaded when they are opened. */
const TABS = [
    { id: "live", name: "Live", key: "l", icon: "raw", load: async () => Live },
    { id: "faults", name: "Faults", key: "f", icon: "bolt", load: async () => (await import("./faults.js")).default },
];

const LINKS = [["/", "Chat", "chat"], ["/console", "Console", "key"], ["/docs", "API reference", "file"]];

const token = signal(broughtToken());
const refused = signal(/** @type {string | null} */ (null));
const address = signal(readAddress());

function readAddress() {
    const id = location.pathname.slice(ROOT.length + 1) || TABS[0].id;
    return { tab: TABS.some((tab) => tab.id === id) ? id : TABS[0].id, query: new URLSearchParams(location.search) };
}

/** @param {string} tab @param {URLSearchParams} query */
const addressOf = (tab, query) => `${tab === TABS[0].id ? ROOT : `${ROOT}/${tab}`}${query.size > 0 ? `?${query}` : ""}`;

/** What of the address a tab reads and writes: each change of it can be sent to somebody, and gone back to. */
const place = {
    get: (/** @type {string} */ name) => address.value.query.get(name),
    set: (/** @type {string} */ name, /** @type {string | null} */ value) => {
        const query = new URLSearchParams(address.value.query);
        if (value === null) query.delete(name);
        else query.set(name, value);
        history.replaceState(null, "", addressOf(address.value.tab, query));
        address.value = { tab: address.value.tab, query };
    },
};

/** Go to a tab; only the project goes along. @param {string} tab */
function go(tab) {
    const project = place.get("project");
    const query = new URLSearchParams(project === null ? {} : { project });
    history.pushState(null, "", addressOf(tab, query));
    address.value = { tab, query };
}

/** For who came without the banner's link. */
function Door() {
    const [text, setText] = useState("");
    const enter = (/** @type {Event} */ event) => {
        event.preventDefault();
        holdToken(text.trim());
        refused.value = null;
        token.value = text.trim();
    };
    return html`<main class="door"><form onSubmit=${enter}>
        <${Icon} name="mark" class="mark big" />
        <h1>Control deck</h1>
        <p>${refused.value ?? "Read the journal of this server and arm faults."} Open the link in the startup banner, or enter the control token. You find it in the banner, the ready file and the output of <code>--json</code>.</p>
        <input class="input" type="password" autocomplete="off" aria-label="Control token" placeholder="mockctl_…" value=${text} onInput=${(/** @type {any} */ event) => setText(event.currentTarget.value)} />
        <button type="submit" class="button primary" disabled=${text.trim() === ""}>Open</button>
    </form></main>`;
}

/** @param {{ held: string }} props */
function Deck({ held }) {
    const control = useMemo(
        () =>
            new Control(held, (refusal) => {
                if (token.value !== held) return; // answered late: another token was given, or this one is refused already
                holdToken(null);
                refused.value = `${refusal.message.split(";")[0].replace(/\.$/, "")}. The token changes when the server restarts.`;
                token.value = null;
            }),
        [held],
    );
    control.project.value = place.get("project");
    const { tab } = address.value;
    const search = useRef(/** @type {HTMLElement | null} */ (null));
    const [help, setHelp] = useState(false);
    useEffect(() => {
        let after = false;
        const onKey = (/** @type {KeyboardEvent} */ event) => {
            const target = /** @type {HTMLElement} */ (event.target);
            if (event.key === "Escape" && place.get("entry") !== null && !help) place.set("entry", null);
            if (event.ctrlKey || event.metaKey || event.altKey || target.closest("input, textarea, select") !== null) return;
            if (after) {
                after = false;
                const found = TABS.find(({ key }) => key === event.key);
                if (found !== undefined) go(found.id);
            } else if (event.key === "g") {
                after = true;
                setTimeout(() => {
                    after = false;
                }, 1500);
            } else if (event.key === "/" && search.current !== null) {
                event.preventDefault();
                search.current.focus();
            } else if (event.key === "?") setHelp(true);
        };
        const back = () => {
            address.value = readAddress();
        };
        addEventListener("keydown", onKey);
        addEventListener("popstate", back);
        return () => {
            removeEventListener("keydown", onKey);
            removeEventListener("popstate", back);
        };
    }, [help]);
    const name = TABS.find(({ id }) => id === tab)?.name ?? "";
    useEffect(() => {
        document.title = `${name} · Control deck`;
    }, [name]);
    const open = (/** @type {string} */ id) => (/** @type {MouseEvent} */ event) => {
        if (event.metaKey || event.ctrlKey || event.shiftKey) return;
        event.preventDefault();
        go(id);
    };
    return html`<header class="bar">
            <a class="brand across fixed" href=${ROOT} aria-label="Control deck" onClick=${open(TABS[0].id)}><${Icon} name="mark" class="mark" /><span>Control deck</span></a>
            <nav class="grows" aria-label="Tabs">${TABS.map((each) => html`<a href=${addressOf(each.id, new URLSearchParams())} aria-current=${each.id === tab ? "page" : undefined} title=${`g ${each.key}`} onClick=${open(each.id)}><${Icon} name=${each.icon} /><span>${each.name}</span></a>`)}</nav>
            <div class="ends across fixed">
                <${Projects} control=${control} />
                <${NextTimer} control=${control} />
                ${LINKS.map(([href, title, icon]) => html`<a class="button plain icon" href=${href} aria-label=${title} title=${title}><${Icon} name=${icon} /></a>`)}
                <button type="button" class="button plain icon by-keys" aria-label="Keyboard shortcuts" title="Keyboard shortcuts (?)" onClick=${() => setHelp(true)}>?</button>
                <button type="button" class="button plain icon" aria-label=${`Theme: ${theme.value}`} title=${`Theme: ${theme.value}`} onClick=${nextTheme}><${Icon} name="theme" /></button>
            </div>
        </header>
        <main class="tab" key=${`${tab} ${control.project.value}`}><h1 class="only-read">${name}</h1><${Tab} id=${tab} control=${control} search=${search} /></main>
        <${Said} />
        ${help && html`<${Keys} close=${() => setHelp(false)} />`}
        <${Palette} commands=${() => TABS.map(({ id, name: title, icon }) => ({ name: title, icon, about: "Tab", run: () => go(id) }))} />`;
}

/** @param {{ id: string, control: Control, search: any }} props */
function Tab({ id, control, search }) {
    const [loaded, setLoaded] = useState(/** @type {{ Drawn: any } | null} */ (null));
    const [failed, setFailed] = useState(false);
    useEffect(() => {
        TABS.find((tab) => tab.id === id)?.load().then((Drawn) => setLoaded({ Drawn }), () => setFailed(true));
    }, [id]);
    if (failed) return html`<div class="notice bad" role="alert"><span>Couldn't load this tab.</span><button type="button" class="button" onClick=${() => location.reload()}>Reload</button></div>`;
    return loaded === null ? html`<div class="quiet soft small working"><i></i>Loading…</div>` : html`<${loaded.Drawn} control=${control} place=${place} search=${search} />`;
}

/** Which project all tabs are about. @param {{ control: Control }} props */
function Projects({ control }) {
    const { value } = useRead(() => control.ask("list_projects"), [control], null);
    const projects = /** @type {{ id: string, name: string }[]} */ (value?.projects ?? []);
    const chosen = control.project.value ?? value?.default ?? "";
    if (projects.length < 2) return html`<span class="project clip">${projects[0]?.name}</span>`;
    return html`<select class="input project clip" aria-label="Project" value=${chosen} onChange=${(/** @type {any} */ event) => place.set("project", event.currentTarget.value)}>
        ${projects.map(({ id, name }) => html`<option value=${id} selected=${id === chosen}>${name}</option>`)}
    </select>`;
}

/** The next pending timer of the project fires now, whatever its clock does: while a stream is open, a heartbeat. @param {{ control: Control }} props */
function NextTimer({ control }) {
    const [busy, setBusy] = useState(false);
    const fire = async () => {
        setBusy(true);
        try {
            const { timers } = await control.ask("list_timers");
            if (timers.length > 0) await control.ask("fire_timer", { number: timers[0].number });
            say(timers.length > 0 ? `Fired: ${timers[0].timer} of ${timers[0].owner}.` : "No timers are pending.");
        } catch (problem) {
            say(refusalIn(problem).message);
        }
        setBusy(false);
    };
    return html`<button type="button" class="button next-timer" disabled=${busy} aria-label="Fire next timer" title="Fire the next timer now: while a stream is open, its heartbeat" onClick=${fire}><${Icon} name="clock" /><span>Next timer</span></button>`;
}

/** @param {{ close: () => void }} props */
function Keys({ close }) {
    const keys = [["/", "Search"], ["j  k", "Move down and up"], ["Enter", "Open details"], ["Esc", "Back to the list"], ...TABS.map(({ key, name }) => [`g ${key}`, name]), ["Ctrl K", "Go to a page"], ["?", "Show shortcuts"]];
    return html`<${Dialog} class="keys" label="Keys" onClose=${close}>
        <header><h2>Keys</h2><button type="button" class="button plain icon" aria-label="Close" onClick=${close}><${Icon} name="cross" /></button></header>
        <dl>${keys.map(([key, does]) => html`<div><dt><kbd>${key}</kbd></dt><dd>${does}</dd></div>`)}</dl>
    </${Dialog}>`;
}

function Page() {
    return token.value === null ? html`<${Door} />` : html`<${Deck} key=${token.value} held=${token.value} />`;
}

render(html`<${Page} />`, /** @type {HTMLElement} */ (document.getElementById("app")));
addEventListener("hashchange", () => {
    token.value = broughtToken() ?? token.value;
});
