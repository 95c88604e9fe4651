// How turns ended that have no answer, by the message that began each: the history does not keep it, so this tab does.
import { signal } from "../vendor/preact.js";

const NAME = "sigmic-ends";
const MOST = 100;
const MOST_OF_MESSAGE = 2000;

/** @typedef {import("../client/turn.js").Outcome} Outcome */

/** @returns {Map<string, Outcome>} */
function remembered() {
    try {
        return new Map(JSON.parse(sessionStorage.getItem(NAME) ?? "[]"));
    } catch {
        return new Map(); // storage can be forbidden
    }
}

export const ends = signal(remembered());

/** With the time, as the ids of a server with a seed come again. @param {import("../client/turn.js").Message} message */
export const nameOf = ({ id, createdAt }) => `${id} ${createdAt}`;

/** Note how the last turn of a conversation ended, or that it has its answer after all. @param {import("../client/turn.js").Conversation} held */
export function noteEnd({ messages, outcome }) {
    const asked = messages.findLast(({ role }) => role === "user");
    if (asked === undefined || outcome === null) return;
    const name = nameOf(asked);
    const before = ends.value.get(name);
    // GET tells no code: what the stream has said of the same end is more.
    if (outcome.kind === "done" ? before === undefined : before !== undefined && outcome.code === null) return;
    const all = new Map(ends.value);
    all.delete(name);
    if (outcome.kind === "error") all.set(name, { ...outcome, message: outcome.message.slice(0, MOST_OF_MESSAGE) });
    ends.value = new Map([...all].slice(-MOST));
    try {
        sessionStorage.setItem(NAME, JSON.stringify([...ends.value]));
    } catch {
        // then it lasts until the page is left
    }
}
