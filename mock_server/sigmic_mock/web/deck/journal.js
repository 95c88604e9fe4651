// What the deck has read of the journal: one row a request, with the frames of its stream and the faults it met.
import { ApiError } from "../client/api.js";

/**
 * @typedef {{ number: number, kind: "request" | "open" | "frame" | "end" | "fault", at: string, real: string, project?: string, request?: string,
 *     operation?: string, method?: string, path?: string, task?: string, stream?: number, event?: string, status?: number, faults: string[], [more: string]: any }} Entry
 * @typedef {{ id: string, first: number, at: number, project: string | null, method: string, path: string, operation: string, task: string | null,
 *     status: number | null, code: string | null, seconds: number | null, ended: string | null, faults: string[], stream: number | null,
 *     open: Entry | null, frames: Entry[], end: Entry | null, firings: Entry[], request: Entry | null, size: number,
 *     sent: string, turn: Turn | null }} Row  `sent`: what its body says; `turn`: the task's last message until then
 * @typedef {{ number: number | null, message: string }} Turn  the number is known if the task's first message is
 */

const PAGE = 1000;
const WAIT = "25s";
const BETWEEN_MS = 150;
const LONGEST_PAUSE_MS = 8000;
const MOST_OF_MESSAGE = 120;
/** Operations with which a turn begins. */
const CONTINUING = ["create_task", "send_message"];

/** The rows, oldest first. What is too much goes, oldest first. */
export class Journal {
    constructor(most = 10_000) {
        this.most = most;
        this.held = 0;
        this.gone = 0;
        this.last = 0;
        /** @type {Row[]} */
        this.rows = [];
        /** @type {Map<string, Row>} */
        this.byId = new Map();
        /** The last message of each task. @type {Map<string, Turn>} */
        this.turns = new Map();
    }

    /** Take in entries that are newer than all before. @param {Entry[]} entries */
    add(entries) {
        for (const entry of entries) {
            const id = entry.request ?? this.streamOf(entry)?.id ?? `entry-${entry.number}`;
            let row = this.byId.get(id);
            if (row === undefined) {
                row = { id, first: entry.number, at: Date.parse(entry.at), project: entry.project ?? null, method: "", path: "", operation: "", task: null, status: null, code: null, seconds: null, ended: null, faults: [], stream: null, open: null, frames: [], end: null, firings: [], request: null, size: 0, sent: "", turn: null };
                this.byId.set(id, row);
                this.rows.push(row);
            }
            noted(row, entry);
            if (row.task !== null) {
                if (entry.kind === "request" && CONTINUING.includes(row.operation) && standing(row) === "good") {
                    const before = this.turns.get(row.task)?.number ?? null;
                    row.turn = { number: row.operation === "create_task" ? 1 : before && before + 1, message: row.sent };
                    this.turns.set(row.task, row.turn);
                } else row.turn ??= this.turns.get(row.task) ?? null;
            }
            this.held += 1;
            this.last = Math.max(this.last, entry.number);
        }
        let gone = 0;
        while (this.held > this.most && gone < this.rows.length - 1) {
            const row = this.rows[gone];
            this.held -= row.size;
            this.byId.delete(row.id);
            if (row.turn !== null && this.turns.get(row.task ?? "") === row.turn) this.turns.delete(row.task ?? "");
            gone += 1;
        }
        this.gone += gone;
        this.rows = gone > 0 ? this.rows.slice(gone) : this.rows;
    }

    /** The stream whose frame a fault has changed: the entry names its task alone, so that there must be one. @param {Entry} entry */
    streamOf({ kind, task, operation }) {
        if (kind !== "fault" || task === undefined) return undefined;
        const open = this.rows.filter((row) => row.task === task && row.operation === operation && standing(row) === "open");
        return open.length === 1 ? open[0] : undefined;
    }

    /** Forget everything; what comes later is told. */
    clear() {
        this.rows = [];
        this.byId.clear();
        this.turns.clear();
        this.held = 0;
        this.gone = 0;
    }
}

/** @param {Row} row @param {Entry} entry */
function noted(row, entry) {
    row.size += 1;
    row.project ??= entry.project ?? null;
    row.method ||= entry.method ?? "";
    row.path ||= entry.path ?? "";
    row.operation ||= entry.operation ?? "";
    row.task ??= entry.task ?? null;
    row.stream ??= entry.stream ?? null;
    row.status = entry.status ?? row.status;
    for (const fault of entry.kind === "fault" ? [entry.fault] : entry.faults) if (!row.faults.includes(fault)) row.faults.push(fault);
    if (entry.kind === "frame") row.frames.push(entry);
    else if (entry.kind === "open") row.open = entry;
    else if (entry.kind === "fault") row.firings.push(entry);
    else if (entry.kind === "end") {
        row.end = entry;
        row.ended = entry.closed_by;
        row.seconds ??= entry.seconds;
    } else {
        row.request = entry;
        row.sent = sentIn(entry);
        row.code = entry.code;
        row.seconds = entry.seconds;
        row.ended = entry.ended;
        row.at = Math.min(row.at, Date.parse(entry.at) - entry.seconds * 1000 * Number(row.open === null));
    }
}

/** What a request says to the agent: a message, or the answer to a question. @param {Entry} entry */
function sentIn({ asked }) {
    const field = (asked.fields ?? []).find((/** @type {any} */ each) => each.name === "message");
    try {
        const said = field === undefined ? JSON.parse(asked.body) : { message: field.text };
        return String(said.message ?? said.outcome ?? "").slice(0, MOST_OF_MESSAGE);
    } catch {
        return ""; // cut, or no JSON
    }
}

/** What a row quotes: what it has sent itself, else the last message of its task. @param {Row} row */
export const saidOf = (row) => row.sent || (row.turn?.message ?? "");

/** Whether the chat page only refreshed what it shows, past its cache: that is nothing that a client does. @param {Row} row */
export function isRefresh(row) {
    if (row.method !== "GET" || row.stream !== null || row.request === null) return false;
    const sent = new Map(row.request.asked.headers.map((/** @type {any} */ { name, value }) => [name.toLowerCase(), value]));
    return sent.get("sec-fetch-site") === "same-origin" && sent.get("cache-control") === "no-cache";
}

/** What a row shows of its end; a fault of a frame that could belong to several streams has a row to itself. @param {Row} row */
export function labelOf(row) {
    if (row.request === null && row.open === null) return "fault";
    const state = standing(row);
    if (state === "open") return "open";
    return state === "broken" ? (row.stream === null ? "none" : "cut") : String(row.status);
}

/** Where a row stands: `open` while its stream goes on. @param {Row} row @returns {"open" | "good" | "refused" | "failed" | "broken"} */
export function standing(row) {
    if (row.open !== null && row.end === null) return "open";
    if (row.ended === "fault" || row.ended === "failed" || row.ended === "too far behind" || row.status === null) return "broken";
    if (row.status >= 500) return "failed";
    return row.status >= 400 ? "refused" : "good";
}

/** The names that a search knows: `status:4xx`, and words that stand anywhere. */
export const NAMES = ["operation", "method", "status", "code", "task", "fault", "is"];

/** Read what is searched for. @param {string} text @returns {{ name: string | null, value: string }[]} */
export function readSearch(text) {
    return text.split(/\s+/).filter(Boolean).map((word) => {
        const [, name, value] = /^(\w+):(.+)$/.exec(word) ?? [];
        return name !== undefined && NAMES.includes(name) ? { name, value: value.toLowerCase() } : { name: null, value: word.toLowerCase() };
    });
}

/** @param {Row} row @param {{ name: string | null, value: string }[]} search */
export function matches(row, search) {
    return search.every(({ name, value }) => value.split("|").some((each) => holds(row, name, each)));
}

/** @param {Row} row @param {string | null} name @param {string} value @returns {boolean} */
function holds(row, name, value) {
    switch (name) {
        case "status":
            return value.endsWith("xx") ? String(row.status ?? "").startsWith(value.slice(0, -2)) && row.status !== null : String(row.status ?? "none") === value;
        case "fault":
            return value === "*" ? row.faults.length > 0 : row.faults.some((each) => each.includes(value));
        case "is":
            return value === "refresh" ? isRefresh(row) : value === "stream" ? row.stream !== null : value === "error" ? !["open", "good"].includes(standing(row)) : standing(row) === value;
        case "operation":
        case "method":
        case "task":
        case "code":
            return String(row[name] ?? "").toLowerCase().includes(value);
        default:
            for (const text of textsOf(row)) if (text.toLowerCase().includes(value)) return true;
            return false;
    }
}

/** @param {Row} row */
function* textsOf(row) {
    yield `${row.method} ${row.path} ${row.operation} ${row.status ?? ""} ${row.code ?? ""} ${row.faults.join(" ")}`;
    if (row.request?.asked.body) yield row.request.asked.body;
    if (row.request?.answered.body) yield row.request.answered.body;
    for (const frame of row.frames) yield frame.data;
}

/** Reads the journal and goes on as it grows; `onChange` after whatever came. */
export class JournalFollower {
    /** @param {import("./control.js").Control} control @param {Journal} journal @param {boolean} everybody @param {(problem: ApiError | null) => void} onChange */
    constructor(control, journal, everybody, onChange) {
        this.control = control;
        this.journal = journal;
        this.everybody = everybody;
        this.onChange = onChange;
        this.abort = new AbortController();
    }

    /** Read until `stop`, or until the server refuses for good. */
    async follow() {
        const { signal } = this.abort;
        let pause = 500;
        let isRead = false; // what is there already is not waited for
        while (!signal.aborted) {
            try {
                const { entries } = await this.control.ask("list_entries", { since: this.journal.last, limit: PAGE, wait: isRead ? WAIT : null }, { everybody: this.everybody, signal });
                if (signal.aborted) return;
                this.journal.add(entries);
                this.onChange(null);
                pause = 500;
                isRead ||= entries.length < PAGE;
                if (entries.length < PAGE) await sleep(BETWEEN_MS, signal);
            } catch (problem) {
                if (signal.aborted) return;
                const refusal = problem instanceof ApiError ? problem : new ApiError("NOT_READ", String(problem), 0);
                this.onChange(refusal);
                if (refusal.status !== 0 && refusal.status < 500) return; // asked again it would say the same
                await sleep(pause, signal);
                pause = Math.min(pause * 2, LONGEST_PAUSE_MS);
            }
        }
    }

    stop() {
        this.abort.abort();
    }
}

/** @param {number} ms @param {AbortSignal} signal @returns {Promise<void>} */
function sleep(ms, signal) {
    return new Promise((done) => {
        const timer = setTimeout(done, ms);
        signal.addEventListener("abort", () => {
            clearTimeout(timer);
            done();
        });
    });
}
