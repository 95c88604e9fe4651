// What a stream has told so far: a pure fold of its events. An event of an unknown type changes nothing.

/**
 * @typedef {{ kind: "text", text: string }} TextPart
 * @typedef {{ kind: "thought", subject: string, description: string }} ThoughtPart
 * @typedef {{ kind: "tool", callId: string, toolName: string, status: string, args: unknown, output: string | null,
 *     since: number, until: number | null }} ToolPart
 * @typedef {{ kind: "agent", agentName: string, displayName: string, description: string, objective: string,
 *     parts: Part[], reason: string | null, result: string }} AgentPart
 * @typedef {TextPart | ThoughtPart | ToolPart | AgentPart} Part
 * @typedef {{ role: "user" | "assistant", id: string, createdAt: string, content: string, parts: readonly Part[],
 *     files: readonly { name: string, path: string }[] }} Message
 * @typedef {{ messages: readonly Message[], caughtUp: boolean, live: readonly Part[] | null, status: string | null,
 *     notes: readonly string[], outcome: Outcome | null }} Conversation  `notes`: what the statuses of this turn said in words
 * @typedef {{ kind: "done" } | { kind: "error", code: string | null, message: string }} Outcome
 * @typedef {{ type: string, data: any, at: number }} StreamEvent  `at` in epoch milliseconds
 */

/** A conversation of which nothing is known yet. @type {Conversation} */
export const EMPTY = Object.freeze({
    messages: [],
    caughtUp: false,
    live: null,
    status: null,
    notes: [],
    outcome: null,
});

/** @type {Record<string, (held: Conversation, data: any, at: number) => Conversation>} */
const FOLDS = {
    history_message: (held, data) => ({ ...held, messages: [...held.messages, saved(data)] }),
    history_done: (held, data) => ({ ...held, caughtUp: true, live: data.isStreaming === true ? [] : null, notes: [] }),
    status: (held, data) => ({ ...held, status: text(data.status), notes: withNote(held.notes, text(data.message)) }),
    thought: (held, data) =>
        live(held, (parts) => [...parts, { kind: "thought", subject: text(data.subject), description: text(data.description) }]),
    content: (held, data) => live(held, (parts) => withText(parts, text(data.text))),
    tool_call: (held, data, at) => live(held, (parts) => withCall(parts, data, at)),
    tool_result: (held, data, at) => live(held, (parts) => withResult(parts, data, at)),
    subagent_start: (held, data) => live(held, (parts) => [...parts, agent(data)]),
    subagent_thought: (held, data) =>
        live(held, (parts) =>
            inAgent(parts, data, (it) => ({
                ...it,
                parts: [...it.parts, { kind: "thought", subject: "", description: text(data.text) }],
            })),
        ),
    subagent_tool: (held, data, at) =>
        live(held, (parts) => inAgent(parts, data, (it) => ({ ...it, parts: withAgentTool(it.parts, data, at) }))),
    subagent_end: (held, data) =>
        live(held, (parts) =>
            inAgent(parts, data, (it) => ({ ...it, reason: text(data.terminateReason), result: text(data.result) })),
        ),
    error: (held, data, at) => ({
        ...held,
        live: ended(held.live ?? [], at),
        status: null,
        outcome: { kind: "error", code: text(data.code) || null, message: text(data.message) },
    }),
    done: (held, data, at) => ({
        ...held,
        live: ended(withFinal(held.live ?? [], text(data.finalResponse)), at),
        status: null,
        outcome: { kind: "done" },
    }),
};

/**
 * What is known after one more event.
 * @param {Conversation} held @param {StreamEvent} event
 * @returns {Conversation}
 */
export function fold(held, { type, data, at }) {
    const step = Object.hasOwn(FOLDS, type) ? FOLDS[type] : undefined;
    if (step === undefined || typeof data !== "object" || data === null) return held;
    return step(held, data, at);
}

/**
 * How a task's last turn ended, by what GET says of the task; null when it ended well, or has not.
 * @param {any} task @returns {Outcome | null}
 */
export function endOf(task) {
    if (task.status === "cancelled") return { kind: "error", code: "CANCELLED", message: "Task cancelled" };
    if (task.status === "failed") return { kind: "error", code: null, message: text(task.error) || "The task failed." };
    return null;
}

/** A turn of the history that has no answer: why, it does not say. @type {Outcome} */
const UNANSWERED = { kind: "error", code: null, message: "" };

/**
 * How the turns before the last one ended, when not with an answer: by the index of the message that follows the turn.
 * @param {readonly Message[]} messages @param {(asked: Message) => Outcome | undefined} known  what is remembered of a turn
 * @returns {Map<number, Outcome>}
 */
export function endsOf(messages, known) {
    const ends = new Map();
    let asked = /** @type {Message | null} */ (null);
    let answered = false;
    messages.forEach((message, at) => {
        if (message.role === "user") {
            const end = asked && (known(asked) ?? (answered ? null : UNANSWERED));
            if (end) ends.set(at, end);
            asked = message;
            answered = false;
        } else answered ||= message.content !== "";
    });
    return ends;
}

/** The text of a turn, as the reader has it. @param {readonly Part[] | null} parts */
export function textOf(parts) {
    return (parts ?? []).map((part) => (part.kind === "text" ? part.text : "")).join("");
}

/** Calls that wait for the reader. @param {Conversation} held @returns {ToolPart[]} */
export function waiting(held) {
    if (held.outcome !== null) return [];
    return /** @type {ToolPart[]} */ (
        (held.live ?? []).filter((part) => part.kind === "tool" && part.status === "awaiting_approval")
    );
}

/**
 * True when `next`, built anew from a replay, tells no less than `held`: it may take its place.
 * @param {Conversation} next @param {Conversation} held
 */
export function reaches(next, held) {
    if (!next.caughtUp) return false;
    if (next.outcome !== null || next.live === null) return true;
    if (next.messages.length > held.messages.length) return true;
    return textOf(next.live).length >= textOf(held.live).length && next.live.length >= (held.live ?? []).length;
}

/**
 * `next` with the parts in the order in which the reader saw them: a saved message does not tell it.
 * @param {Conversation} next @param {Conversation} held
 * @returns {Conversation}
 */
export function remembering(next, held) {
    const seen = [...held.messages, ...(held.live === null ? [] : [liveMessage(held)])];
    const messages = next.messages.map((message, at) => {
        const before = seen[at];
        const same = before?.role === message.role && textOf(before.parts) === textOf(message.parts);
        return same && before.parts.length > message.parts.length ? { ...message, parts: before.parts } : message;
    });
    return { ...next, messages };
}

/** The turn under way as a message. @param {Conversation} held @returns {Message} */
export function liveMessage(held) {
    const parts = held.live ?? [];
    return { role: "assistant", id: "live", createdAt: "", content: textOf(parts), parts, files: [] };
}

/** @param {any} data @returns {Message} */
function saved(data) {
    const content = text(data.content);
    /** @type {Part[]} */
    const parts = [
        ...list(data.thoughts).map((it) => ({ kind: /** @type {const} */ ("thought"), subject: text(it?.subject), description: text(it?.description) })),
        ...list(data.toolCalls).map((it) => call(it, 0)),
        ...(content === "" ? [] : [{ kind: /** @type {const} */ ("text"), text: content }]),
    ];
    return {
        role: data.role === "user" ? "user" : "assistant",
        id: text(data.id),
        createdAt: text(data.createdAt),
        content,
        parts,
        files: list(data.attachedFiles).map((it) => ({ name: text(it?.name), path: text(it?.path) })),
    };
}

/** @param {Conversation} held @param {(parts: readonly Part[]) => Part[]} change @returns {Conversation} */
function live(held, change) {
    return { ...held, live: change(held.live ?? []) };
}

/** @param {readonly Part[]} parts @param {string} more @returns {Part[]} */
function withText(parts, more) {
    const last = parts.at(-1);
    if (more === "") return [...parts];
    if (last?.kind !== "text") return [...parts, { kind: "text", text: more }];
    return [...parts.slice(0, -1), { kind: "text", text: last.text + more }];
}

/** A status that says the same again adds nothing. @param {readonly string[]} notes @param {string} note */
function withNote(notes, note) {
    return note === "" || notes.includes(note) ? notes : [...notes, note];
}

/** The final response where no piece of it came. @param {readonly Part[]} parts @param {string} final */
function withFinal(parts, final) {
    return textOf(parts) === "" ? withText(parts, final) : [...parts];
}

/** @param {any} data @param {number} at @returns {ToolPart} */
function call(data, at) {
    return {
        kind: "tool",
        callId: text(data?.callId),
        toolName: text(data?.toolName),
        status: text(data?.status),
        args: data?.args ?? null,
        output: typeof data?.output === "string" ? data.output : null,
        since: at,
        until: null,
    };
}

/** @param {readonly Part[]} parts @param {any} data @param {number} at @returns {Part[]} */
function withCall(parts, data, at) {
    const known = parts.findIndex((part) => part.kind === "tool" && part.callId === data.callId);
    if (known < 0) return [...parts, call(data, at)];
    const before = /** @type {ToolPart} */ (parts[known]);
    // The wait for an approval is not the tool's time.
    const since = before.status === "awaiting_approval" ? at : before.since;
    return parts.with(known, { ...before, ...call(data, since), args: data.args ?? before.args });
}

/** @param {readonly Part[]} parts @param {any} data @param {number} at @returns {Part[]} */
function withResult(parts, data, at) {
    const known = parts.findIndex((part) => part.kind === "tool" && part.callId === data.callId);
    const before = known < 0 ? call({ ...data, toolName: "tool" }, at) : /** @type {ToolPart} */ (parts[known]);
    const after = { ...before, status: text(data.status), output: text(data.output), until: at };
    return known < 0 ? [...parts, after] : parts.with(known, after);
}

/** @param {any} data @returns {AgentPart} */
function agent(data) {
    return {
        kind: "agent",
        agentName: text(data.agentName),
        displayName: text(data.displayName) || text(data.agentName),
        description: text(data.description),
        objective: text(data.objective),
        parts: [],
        reason: null,
        result: "",
    };
}

/** @param {readonly Part[]} parts @param {any} data @param {(it: AgentPart) => AgentPart} change @returns {Part[]} */
function inAgent(parts, data, change) {
    const at = parts.findLastIndex(
        (part) => part.kind === "agent" && part.agentName === data.agentName && part.reason === null,
    );
    if (at < 0) return [...parts, change(agent(data))];
    return parts.with(at, change(/** @type {AgentPart} */ (parts[at])));
}

/** @param {readonly Part[]} parts @param {any} data @param {number} at @returns {Part[]} */
function withAgentTool(parts, data, at) {
    const open = parts.findLastIndex(
        (part) => part.kind === "tool" && part.toolName === data.toolName && part.until === null,
    );
    const before = open < 0 ? { ...call(data, at), callId: `${parts.length}` } : /** @type {ToolPart} */ (parts[open]);
    const isOver = data.status !== "start";
    const status = isOver ? (data.status === "end" ? "success" : text(data.status)) : "executing";
    const output = typeof data.output === "string" ? data.output : before.output;
    const after = { ...before, status, output, until: isOver ? at : null };
    return open < 0 ? [...parts, after] : parts.with(open, after);
}

/** What was still open when the turn ended, is over. @param {readonly Part[]} parts @param {number} at @returns {Part[]} */
function ended(parts, at) {
    return parts.map((part) =>
        part.kind === "tool" && part.until === null && ["executing", "awaiting_approval"].includes(part.status)
            ? { ...part, status: "cancelled", until: at }
            : part,
    );
}

/** @param {unknown} value */
function text(value) {
    return typeof value === "string" ? value : value === undefined || value === null ? "" : String(value);
}

/** @param {unknown} value @returns {any[]} */
function list(value) {
    return Array.isArray(value) ? value : [];
}
