// A conversation drawn: its messages, what goes on, what went wrong, and where to write. Chat page and widget alike.
import { Fragment, html, useEffect, useLayoutEffect, useRef, useState } from "../vendor/preact.js";
import { Approval, Composer } from "./composer.js";
import { Icon } from "./icons.js";
import { endsOf } from "../client/turn.js";
import { ends, nameOf } from "./ends.js";
import { MessageView } from "./message-view.js";
import { useFirstDrawn } from "./unrolled.js";

const NEAR_END = 48;
const SLOW_MS = 8000;

/** What to do about a refusal, in a sentence. @type {Record<string, string>} */
const ADVICE = {
    NO_ANSWER: "Check that the server is running.",
    NOT_FOUND: "A reset may have removed it, or it belongs to another user.",
    FORBIDDEN: "Your role is read-only.",
    RATE_LIMITED: "Wait a few seconds, then try again.",
    INVALID_API_KEY: "Sign in with a different key.",
    ORIGIN_NOT_ALLOWED: "Add this page's origin to the widget app's allowed origins.",
    CONFLICT: "The agent is still answering the last message.",
};

/** @param {{ conversation: import("./conversation.js").Conversation }} props */
function Going({ conversation }) {
    const [now, setNow] = useState(Date.now());
    const going = conversation.working.value && conversation.waiting.value.length === 0;
    useEffect(() => {
        if (!going) return undefined;
        setNow(Date.now());
        const timer = setInterval(() => setNow(Date.now()), 1000);
        return () => clearInterval(timer);
    }, [going]);
    if (!going || conversation.sending.value?.share) return null;
    const { status, live } = conversation.held.value;
    const seconds = Math.floor((now - conversation.since.value) / 1000);
    const isSlow = now - conversation.since.value > SLOW_MS && (live ?? []).length === 0;
    const words = status === "retrying" ? "Retrying…" : isSlow ? "Starting the sandbox…" : "Working…";
    return html`<div class="working"><i></i><span>${words}${seconds >= 3 ? ` · ${seconds} s` : ""}</span></div>`;
}

/** @param {{ conversation: import("./conversation.js").Conversation }} props */
function LineNotice({ conversation }) {
    const line = conversation.line.value;
    const [now, setNow] = useState(Date.now());
    const isLost = line.state === "lost";
    useEffect(() => {
        if (!isLost) return undefined;
        setNow(Date.now());
        const timer = setInterval(() => setNow(Date.now()), 500);
        return () => clearInterval(timer);
    }, [isLost, line]);
    if (conversation.recovered.value) return html`<div class="notice" role="status"><span>Reconnected. Nothing was lost.</span></div>`;
    if (!isLost) return null;
    const left = Math.max(0, Math.ceil(((line.retryAt ?? now) - now) / 1000));
    return html`<div class="notice wait" role="status">
        <span>Connection lost. Retrying ${left > 0 ? `in ${left} s` : "now"}.</span>
        <button type="button" class="button" onClick=${() => conversation.follower?.retryNow()}>Retry now</button>
    </div>`;
}

/** @param {{ conversation: import("./conversation.js").Conversation }} props */
function Problem({ conversation }) {
    const problem = conversation.problem.value;
    if (problem === null) return null;
    return html`<div class="notice bad" role="alert">
        <span>${problem.message.replace(/[^.!?]$/, "$&.")} ${ADVICE[problem.code] ?? ""} <small><code>${problem.code}</code></small></span>
        <button type="button" class="button plain icon" aria-label="Dismiss" onClick=${() => {
            conversation.problem.value = null;
        }}><${Icon} name="cross" /></button>
    </div>`;
}

/** How a turn ended, when it did not end well. @param {{ end: import("../client/turn.js").Outcome, again?: () => void }} props  `again` for the last turn */
function Ended({ end, again }) {
    if (end.kind === "done") return null;
    const cancelled = end.code === "CANCELLED";
    const words = cancelled ? "Cancelled. The partial answer was saved." : end.message || "This turn ended without an answer. The history does not say why.";
    return html`<div class=${`notice ${cancelled || end.message === "" ? "" : "bad"}`} role=${again && "alert"}>
        <span>${words}${!cancelled && end.code && html` <small><code>${end.code}</code></small>`}</span>
        ${again && html`<button type="button" class="button" onClick=${again}>Try again</button>`}
    </div>`;
}

/** In place of a conversation that the platform does not show. @param {{ conversation: import("./conversation.js").Conversation, onNew: () => void }} props */
function Absent({ conversation, onNew }) {
    return html`<div class="absent"><${Icon} name="chat" /><h2>Can't open this conversation</h2><${Problem} conversation=${conversation} />
        <button type="button" class="button primary" onClick=${onNew}>Start a new conversation</button></div>`;
}

/** What a screen reader hears: beginnings and ends, never a fragment. @param {{ conversation: import("./conversation.js").Conversation }} props */
function Announcer({ conversation }) {
    const waiting = conversation.waiting.value[0];
    const working = conversation.working.value;
    const before = useRef(working);
    const [said, setSaid] = useState("");
    useEffect(() => {
        if (before.current !== working) setSaid(working ? "The agent is working." : "The agent has finished.");
        before.current = working;
    }, [working]);
    return html`<div class="only-read" role="status">${said}</div>
        <div class="only-read" role="alert">${waiting ? `Approval needed: the agent wants to use ${waiting.toolName}.` : ""}</div>`;
}

/**
 * @param {{ conversation: import("./conversation.js").Conversation, welcome: any,
 *     canAsk?: boolean, placeholder?: string, onNew?: () => void }} props  `onNew` leaves a conversation that cannot be shown
 */
export function Dialogue({ conversation, welcome, canAsk = true, placeholder, onNew = () => conversation.open(null) }) {
    const scroller = useRef(/** @type {HTMLElement | null} */ (null));
    const column = useRef(/** @type {HTMLElement | null} */ (null));
    const nearEnd = useRef(true);
    const view = useRef({ top: 0, height: 0 });
    const [away, setAway] = useState(false);
    const shown = conversation.shown.value;
    const first = useFirstDrawn(shown, conversation.taskId.value);
    const { messages, outcome, caughtUp, notes } = conversation.held.value;
    const awaited = conversation.awaited.value;
    const sending = conversation.sending.value;
    const mine = awaited ?? (sending && { text: sending.text, files: sending.files.map(({ name }) => ({ name, path: name })) });
    const isNew = conversation.taskId.value === null && mine === null;
    const isBare = conversation.taskId.value !== null && !caughtUp && messages.length === 0 && mine === null;
    const isRefused = isBare && conversation.line.value.state === "refused";
    const isLoading = isBare && !isRefused;
    const before = endsOf(shown, (asked) => ends.value.get(nameOf(asked)));
    const last = messages.findLast(({ role }) => role === "user");
    const again = mine === null && last ? () => conversation.send(last.content, []) : undefined;

    const onScroll = () => {
        const { scrollTop: top, scrollHeight: height, clientHeight } = /** @type {HTMLElement} */ (scroller.current);
        // What is drawn for the first time gets its height, and the browser moves the view: the reader only goes up, in a view that has not shrunk.
        if (height - top - clientHeight < NEAR_END) nearEnd.current = true;
        else if (top < view.current.top && height >= view.current.height) nearEnd.current = false;
        view.current = { top, height };
        if (away === nearEnd.current) setAway(!nearEnd.current);
    };
    const onWheel = (/** @type {WheelEvent} */ event) => {
        if (event.deltaY < 0) nearEnd.current = false;
    };
    const toEnd = () => {
        const it = /** @type {HTMLElement} */ (scroller.current);
        it.scrollTop = it.scrollHeight;
    };
    useLayoutEffect(() => {
        nearEnd.current = !isNew; // what stands before a conversation is read from its beginning
        if (!isNew) toEnd();
    }, [conversation.taskId.value, mine !== null]);
    useLayoutEffect(() => {
        const watch = new ResizeObserver(() => {
            if (nearEnd.current) toEnd();
        });
        watch.observe(/** @type {HTMLElement} */ (column.current));
        return () => watch.disconnect();
    }, []);
    useLayoutEffect(() => {
        if (nearEnd.current) toEnd();
    }, [conversation.held.value, conversation.waiting.value.length, first]);

    return html`<div class="scroll" ref=${scroller} onScroll=${onScroll} onWheel=${onWheel} tabindex="0" role="log" aria-live="off" aria-label="Conversation">
            <div ref=${column} class=${`column ${isNew ? "welcome" : "log stack"} ${conversation.working.value ? "busy" : ""}`}>
                ${isNew && welcome}
                ${isRefused && html`<${Absent} conversation=${conversation} onNew=${onNew} />`}
                ${isLoading && html`<div class="working"><i></i><span>Loading conversation…</span></div>`}
                ${shown.slice(first).map((message, after) => {
                    const at = first + after;
                    const end = before.get(at);
                    return html`<${Fragment} key=${at}>${end && html`<${Ended} end=${end} />`}<${MessageView} message=${message} conversation=${conversation} growing=${at >= messages.length && outcome === null} /></${Fragment}>`;
                })}
                ${notes.map((note) => html`<p class="note"><${Icon} name="alert" />${note}</p>`)}
                ${outcome !== null && html`<${Ended} end=${outcome} again=${again} />`}
                ${mine !== null && html`<${MessageView} key="mine" conversation=${conversation} message=${{ role: "user", id: "", createdAt: "", content: mine.text, parts: [], files: mine.files }} />`}
                ${!isNew && !isBare && html`<${Going} conversation=${conversation} />`}
            </div>
        </div>
        <div class="dock">
            ${away && !isNew && html`<button type="button" class="button jump" onClick=${toEnd}><${Icon} name="down" />Jump to latest</button>`}
            <div class="column stack">
                <${LineNotice} conversation=${conversation} />
                ${!isRefused && html`<${Problem} conversation=${conversation} />`}
                ${conversation.waiting.value.length > 0
                    ? html`<${Approval} conversation=${conversation} />`
                    : !isRefused && html`<${Composer} conversation=${conversation} canAsk=${canAsk} placeholder=${placeholder} />`}
            </div>
            <${Announcer} conversation=${conversation} />
        </div>`;
}
