// One stream followed to its end, over as many connections as it takes. Nothing is lost or doubled: each connection
// replays the whole, and what it builds takes the place of what was there once it tells no less.

import { createParser } from "../vendor/eventsource-parser.js";
import { ApiError } from "./api.js";
import { EMPTY, endOf, fold, reaches, remembering } from "./turn.js";

/** Two heartbeats of 15 seconds and five more: a stream that says nothing for so long is dead. */
export const SILENCE_MS = 35_000;
const BACK_OFF_MS = [500, 1000, 2000, 4000, 8000];
const MOST_FRAMES = 5000;

/**
 * The wait before a connection is tried again, in milliseconds, with up to a quarter of jitter.
 * @param {number} attempt from 0 @param {number | null} retryAfter what the server asked for, in seconds @param {number} chance 0 to 1
 */
export function pause(attempt, retryAfter, chance) {
    const base = BACK_OFF_MS[Math.min(attempt, BACK_OFF_MS.length - 1)];
    return Math.max(base * (1 + chance / 4), (retryAfter ?? 0) * 1000);
}

/**
 * Read the events of an answer's body. Comments go to `onComment`; a data line that is no JSON becomes its text.
 * @param {ReadableStream<Uint8Array>} body
 * @param {(type: string, data: any, raw: string) => void} onEvent @param {(words: string) => void} onComment
 * @param {{ silence: number, onSilence: () => void }} watch
 */
export async function read(body, onEvent, onComment, watch) {
    const decoder = new TextDecoder();
    const parser = createParser({
        onEvent: ({ event, data }) => {
            /** @type {any} */
            let value = data;
            try {
                value = JSON.parse(data);
            } catch {
                // kept as text: the raw view shows it
            }
            onEvent(event ?? "message", value, data);
        },
        onComment,
    });
    const reader = body.getReader();
    let timer = setTimeout(watch.onSilence, watch.silence);
    try {
        for (;;) {
            const { done, value } = await reader.read();
            if (done) return;
            clearTimeout(timer);
            timer = setTimeout(watch.onSilence, watch.silence);
            parser.feed(decoder.decode(value, { stream: true }));
        }
    } finally {
        clearTimeout(timer);
        reader.cancel().catch(() => {});
    }
}

/**
 * @typedef {{ state: "connecting" | "open" | "lost" | "ended" | "refused", retryAt?: number, error?: ApiError }} Line
 * @typedef {{ at: number, type: string, raw: string, connection: number }} Frame
 */

/** Follows the stream of one task. */
export class StreamFollower {
    /**
     * @param {import("./api.js").Api} api @param {string} taskId
     * @param {{ onConversation: (held: import("./turn.js").Conversation) => void, onLine: (line: Line) => void,
     *     onRecovered?: () => void }} listener
     * @param {{ silence?: number, chance?: () => number, now?: () => number }} [settings]
     */
    constructor(api, taskId, listener, { silence = SILENCE_MS, chance = Math.random, now = Date.now } = {}) {
        this.api = api;
        this.taskId = taskId;
        this.listener = listener;
        this.silence = silence;
        this.chance = chance;
        this.now = now;
        /** @type {import("./turn.js").Conversation} */
        this.held = EMPTY;
        /** @type {Frame[]} */
        this.frames = [];
        this.connections = 0;
        this.closed = false;
        /** @type {AbortController | null} */
        this.abort = null;
        /** @type {(() => void) | null} */
        this.wake = null;
    }

    /** End it; nothing is reported any more. */
    close() {
        this.closed = true;
        this.abort?.abort();
        this.wake?.();
    }

    /** Try again at once, when it waits to. */
    retryNow() {
        this.wake?.();
    }

    /**
     * Follow until the turn is over. `held` is what the reader sees already.
     * @param {import("./turn.js").Conversation} [held]
     */
    async follow(held = EMPTY) {
        this.held = held;
        let attempt = 0;
        let wasLost = false;
        while (!this.closed) {
            this.listener.onLine({ state: "connecting" });
            const heard = this.frames.length;
            const error = await this.connect(() => {
                if (wasLost) this.listener.onRecovered?.();
                wasLost = false;
            });
            if (this.closed) return;
            if (error === null) {
                this.listener.onLine({ state: "ended" });
                return;
            }
            if (error.status >= 400 && error.status < 500 && error.status !== 429) {
                this.listener.onLine({ state: "refused", error });
                return;
            }
            attempt = this.frames.length > heard ? 0 : attempt + 1;
            wasLost = true;
            const wait = pause(attempt, error.retryAfter, this.chance());
            this.listener.onLine({ state: "lost", retryAt: this.now() + wait, error });
            await this.sleep(wait);
        }
    }

    /** One connection; null when the turn is over. @param {() => void} onReplaced @returns {Promise<ApiError | null>} */
    async connect(onReplaced) {
        const abort = new AbortController();
        this.abort = abort;
        this.connections += 1;
        let next = EMPTY;
        let replaced = false;
        const replace = () => {
            this.held = replaced ? next : remembering(next, this.held);
            if (!replaced) next = this.held;
            replaced = true;
            onReplaced();
        };
        try {
            const path = `/tasks/${encodeURIComponent(this.taskId)}/stream`;
            const answer = await this.api.request("GET", path, {
                signal: abort.signal,
                headers: { Accept: "text/event-stream" },
            });
            if (answer.body === null) return new ApiError("NO_ANSWER", "The stream response has no body.", 0);
            this.listener.onLine({ state: "open" });
            await read(
                answer.body,
                (type, data, raw) => {
                    this.note(type, raw);
                    next = fold(next, { type, data, at: this.now() });
                    if (replaced) this.held = next;
                    else if (reaches(next, this.held)) replace();
                    if (replaced) this.listener.onConversation(this.held);
                },
                (words) => this.note(":", words),
                { silence: this.silence, onSilence: () => abort.abort() },
            );
        } catch (problem) {
            if (this.closed) return null;
            return problem instanceof ApiError ? problem : new ApiError("LOST", "Connection lost.", 0);
        }
        if (!next.caughtUp || (next.live !== null && next.outcome === null)) return this.askWhetherOver(next, replace);
        if (next.outcome === null) await this.askHowItEnded();
        return null;
    }

    /** A replay tells the messages of a turn that is over, not that it failed or was cancelled: the platform says so by GET. */
    async askHowItEnded() {
        const task = await this.api.task(this.taskId).catch(() => null);
        const outcome = task === null ? null : endOf(task);
        if (this.closed || outcome === null) return;
        this.held = { ...this.held, outcome };
        this.listener.onConversation(this.held);
    }

    /**
     * The connection just ended: the platform says by GET whether the turn has.
     * @param {import("./turn.js").Conversation} next @param {() => void} replace
     * @returns {Promise<ApiError | null>}
     */
    async askWhetherOver(next, replace) {
        const lost = new ApiError("LOST", "Connection lost.", 0);
        const task = await this.api.task(this.taskId).catch(() => null);
        if (task === null || !["completed", "failed", "cancelled"].includes(task.status) || !next.caughtUp) return lost;
        replace();
        return lost; // one more connection: its replay holds what this one has not told
    }

    /** @param {string} type @param {string} raw */
    note(type, raw) {
        this.frames.push({ at: this.now(), type, raw, connection: this.connections });
        if (this.frames.length > MOST_FRAMES) this.frames.splice(0, this.frames.length - MOST_FRAMES);
    }

    /** @param {number} ms */
    sleep(ms) {
        return /** @type {Promise<void>} */ (
            new Promise((resolve) => {
                const timer = setTimeout(resolve, ms);
                this.wake = () => {
                    clearTimeout(timer);
                    resolve();
                };
            })
        ).finally(() => {
            this.wake = null;
        });
    }
}
