// The live journal: the newest request first, whatever its filters hold beside it.
import { counted } from "../ui/counts.js";
import { Icon } from "../ui/icons.js";
import { WindowList } from "../ui/window-list.js";
import { html, useEffect, useMemo, useRef, useState } from "../vendor/preact.js";
import { Detail } from "./exchange.js";
import { Journal, JournalFollower, isRefresh, labelOf, matches, readSearch, saidOf, standing } from "./journal.js";
import { Overview } from "./overview.js";
import { Problem, Quiet } from "./parts.js";
import { span } from "./timeline.js";

const ROW = 52;
/** What this page has sent again. @type {Set<string>} */
const replayed = new Set();
const CHIPS = [
    ["Errors", "is:error"],
    ["Streams", "is:stream"],
    ["With faults", "fault:*"],
];

/** @param {import("./parts.js").TabProps} props */
export function Live({ control, place, search }) {
    const project = control.project.value;
    const everybody = place.get("scope") !== "project";
    const journal = useMemo(() => new Journal(), [project, everybody]);
    const [drawnAt, draw] = useState(0);
    const [read, setRead] = useState(false);
    const [problem, setProblem] = useState(/** @type {import("../client/api.js").ApiError | null} */ (null));
    const [again, setAgain] = useState(0);
    const [held, setHeld] = useState(/** @type {number | null} */ (null));
    const detail = useRef(/** @type {HTMLElement | null} */ (null));

    useEffect(() => {
        const follower = new JournalFollower(control, journal, everybody, (refusal) => {
            setProblem(refusal);
            if (refusal === null) setRead(true);
            draw(performance.now());
        });
        setRead(false);
        setHeld(null);
        follower.follow();
        return () => follower.stop();
    }, [journal, again]);

    const words = place.get("q") ?? "";
    const asked = useMemo(() => readSearch(words), [words]);
    const chosen = place.get("entry");
    const withRefreshes = place.get("refreshes") !== null;
    const all = useMemo(() => journal.rows.filter((row) => matches(row, asked)).reverse(), [journal, asked, drawnAt]);
    const found = useMemo(() => (withRefreshes ? all : all.filter((row) => replayed.has(row.id) || !isRefresh(row))), [all, withRefreshes]);
    const shown = held === null ? found : found.filter((row) => row.first <= held);
    const row = chosen === null ? undefined : journal.byId.get(chosen);
    const isOpen = row !== undefined && standing(row) === "open";
    // A stream that goes on grows on the screen without a frame of its own.
    useEffect(() => {
        if (!isOpen) return undefined;
        const timer = setInterval(() => draw(performance.now()), 1000);
        return () => clearInterval(timer);
    }, [isOpen]);

    const jump = (/** @type {string} */ id) => replayed.add(id) && place.set("entry", id);
    const write = (/** @type {string} */ text) => place.set("q", text === "" ? null : text);
    const toggle = (/** @type {string} */ word) => write(asked.some(({ name, value }) => `${name}:${value}` === word) ? words.split(/\s+/).filter((each) => each !== word).join(" ") : `${words} ${word}`.trim());
    const forget = async () => {
        try {
            await control.ask("clear_journal", {}, { everybody });
            journal.clear();
            place.set("entry", null);
            draw(performance.now());
        } catch (error) {
            setProblem(/** @type {any} */ (error));
        }
    };
    const save = async () => {
        try {
            const url = URL.createObjectURL(await control.ask("export_journal", { format: "har" }, { everybody, raw: true }));
            const link = document.createElement("a");
            link.href = url;
            link.download = "journal.har";
            link.click();
            setTimeout(() => URL.revokeObjectURL(url), 60_000);
        } catch (error) {
            setProblem(/** @type {any} */ (error));
        }
    };
    if (problem?.status === 409) return html`<${Quiet} icon="raw" title="The journal is off">Start it with <code>--journal 5000</code> to see requests here.<//>`;
    const newer = found.length - shown.length;
    return html`<div class=${`two ${row === undefined ? "" : "opened"}`}>
        <section class="master stack" aria-label="Journal">
            <div class="filters stack">
                <div class="across"><input class="input" type="search" ref=${search} aria-label="Search requests" placeholder="Search, or status:4xx fault:* operation:get_task" value=${words} onInput=${(/** @type {any} */ event) => write(event.currentTarget.value)} />
                    <button type="button" class="button plain icon fixed" disabled=${journal.rows.length === 0} aria-label="Save as HAR" title="Save the journal as an HTTP archive (HAR)" onClick=${save}><${Icon} name="download" /></button>
                    <button type="button" class="button plain icon fixed" disabled=${journal.rows.length === 0} aria-label="Clear journal" title="Clear journal" onClick=${forget}><${Icon} name="cross" /></button></div>
                <div class="chips across wraps" role="group" aria-label="Filters">
                    ${CHIPS.map(([name, word]) => html`<button type="button" class="button chip-button" aria-pressed=${asked.some((each) => `${each.name}:${each.value}` === word)} onClick=${() => toggle(word)}>${name}</button>`)}
                    <button type="button" class="button chip-button" aria-pressed=${!everybody} title="Show only this project's requests" onClick=${() => place.set("scope", everybody ? "project" : null)}>This project</button>
                    ${(withRefreshes || all.length > found.length) && html`<button type="button" class="button chip-button" aria-pressed=${withRefreshes} title="Show the requests with which the chat page refreshes what it shows" onClick=${() => place.set("refreshes", withRefreshes ? null : "shown")}>Refreshes${withRefreshes ? "" : ` (${all.length - found.length})`}</button>`}
                    <span class="count" role="status">${found.length.toLocaleString("en")}<span> ${found.length === 1 ? "request" : "requests"}</span></span>
                </div>
            </div>
            <${Problem} problem=${problem} retry=${() => setAgain(again + 1)} />
            ${!read && problem === null && html`<div class="quiet soft small working"><i></i>Loading requests…</div>`}
            ${read && journal.rows.length === 0 && problem === null && html`<${Quiet} icon="raw" title="No requests yet">Point a client at <code>${location.origin}</code>, or <a href="/">send a message in the chat</a>. Requests appear here as they are answered.<//>`}
            ${read && journal.rows.length > 0 && found.length === 0 && html`<${Quiet} icon="search" title="No matching requests">The journal has ${counted(journal.rows.length, "request")}. <button type="button" class="button" onClick=${() => {
                write("");
                place.set("refreshes", "shown");
            }}>Show all</button><//>`}
            ${newer > 0 && html`<button type="button" class="button newer" onClick=${() => {
                setHeld(null);
                document.querySelector(".requests")?.scrollTo(0, 0);
            }}>${newer} newer</button>`}
            ${shown.length > 0 && html`<${WindowList} items=${shown} height=${ROW} label="Requests" kind="requests" idOf=${(/** @type {any} */ it) => it.id} chosen=${chosen}
                choose=${(/** @type {any} */ it) => place.set("entry", it.id)} enter=${() => detail.current?.focus()} draw=${Line}
                onTop=${(/** @type {boolean} */ top) => setHeld((before) => (top ? null : (before ?? journal.last)))} />`}
            ${journal.gone > 0 && html`<p class="hint">No longer shown: ${counted(journal.gone, "older request")}.</p>`}
        </section>
        <section class="detail stack" ref=${detail} tabindex="-1" aria-label="Selected request">
            ${row === undefined ? html`<${Overview} rows=${shown} choose=${(/** @type {any} */ it) => place.set("entry", it.id)} search=${write} />` : html`<${Detail} control=${control} row=${row} now=${Date.now()} back=${() => place.set("entry", null)} jump=${jump} />`}
        </section>
    </div>`;
}

/** @param {import("./journal.js").Row} row */
function Line(row) {
    const said = saidOf(row);
    const turn = row.turn?.number ?? 1;
    return html`<span class=${`standing fixed small ${standing(row)}`}>${labelOf(row)}</span>
        <span class="what stack grows"><span class="address clip" title=${row.path}>${row.path !== "" && html`<b class=${`method ${row.method}`}>${row.method}</b> `}${shortened(row.path || (row.firings[0]?.fault ?? ""))}</span>
        <small class="clip">${row.operation || "no operation"}${turn > 1 ? ` · turn ${turn}` : ""}${said === "" ? "" : html` · <q dir="auto" class=${row.sent === "" ? undefined : "sent"}>${said}</q>`}${row.code ? ` · ${row.code}` : ""}${row.frames.length > 0 ? ` · ${counted(row.frames.length, "frame")}` : ""}</small></span>
        ${row.faults.length > 0 && html`<span class="chip fault" title=${row.faults.join(", ")}><${Icon} name="alert" /><span class="clip">${row.faults[0]}</span></span>`}
        <span class="when stack fixed soft tiny"><time>${clockTime(row.at).slice(0, 8)}<span>${clockTime(row.at).slice(8)}</span></time><small>${row.seconds === null ? "" : span(row.seconds * 1000)}</small></span>`;
}

/** Ids are told apart by their begin; what follows them is worth the room. @param {string} path */
const shortened = (path) => path.replace(/^\/api\/v1(?=\/)/, "").replaceAll(/([\da-f]{8})-[\da-f]{4}-[\da-f]{4}-[\da-f]{4}-[\da-f]{12}/g, "$1");

/** @param {number} at */
function clockTime(at) {
    const date = new Date(at);
    return Number.isNaN(at) ? "" : `${date.toLocaleTimeString("en-GB")}.${String(date.getMilliseconds()).padStart(3, "0")}`;
}
