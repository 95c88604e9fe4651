// What happened to a task, in words. Things of the same kind that follow one another are one line.

/** @typedef {{ at: string, what: string, [about: string]: unknown }} Entry */
/** @typedef {{ at: number, words: string, about: string, kind: string, count: number }} Step  `at` in milliseconds since the first */

/** @type {Record<string, string>} */
const WORDS = {
    status: "Status",
    message: "Message",
    approval_decided: "Approval decided",
    session_started: "Session started",
    session_expired: "Session expired",
    stream_opened: "Stream opened",
    stream_closed: "Stream closed",
    stream_replayed: "Stream replayed",
    injected: "Event injected",
};
/** Said by the words already, or long and of no use here. */
const UNSAID = ["at", "what", "session", "message"];
/** What says of itself what it is. */
const PLAIN = ["status", "role", "tool", "call", "event", "outcome"];
const STATES = ["failed", "completed", "awaiting_approval"];

/** @param {Entry[]} entries @returns {Step[]} */
export function stepsOf(entries) {
    /** @type {Step[]} */
    const steps = [];
    for (const entry of entries) {
        const about = Object.entries(entry)
            .filter(([name]) => !UNSAID.includes(name) && !(name === "event" && entry.what === "event"))
            .map(([name, value]) => (PLAIN.includes(name) ? String(value) : `${name} ${value}`))
            .join(" · ");
        const words = entry.what === "event" ? String(entry.event) : (WORDS[entry.what] ?? entry.what.replaceAll("_", " "));
        const kind = entry.what === "status" && STATES.includes(String(entry.status)) ? String(entry.status) : entry.what;
        const last = steps.at(-1);
        if (last !== undefined && last.words === words && last.about === about) last.count += 1;
        else steps.push({ at: Date.parse(entry.at) - Date.parse(entries[0].at), words, about, kind, count: 1 });
    }
    return steps;
}
