// One conversation as the pages show it: what is known of it, what can be done. Chat page and widget alike.
import { ApiError } from "../client/api.js";
import { StreamFollower } from "../client/stream.js";
import { EMPTY, liveMessage, waiting } from "../client/turn.js";
import { sendMessage } from "../client/uploads.js";
import { computed, signal } from "../vendor/preact.js";
import { Draft } from "./draft.js";
import { noteEnd } from "./ends.js";

const RECOVERED_MS = 3000;

/** @typedef {{ text: string, files: readonly File[], share: number | null, abort: AbortController }} Sending */

export class Conversation {
    /**
     * @param {import("../client/api.js").Api} api
     * @param {{ onStarted?: (taskId: string, message: string) => void, onSettled?: () => void }} [listener]
     */
    constructor(api, { onStarted, onSettled } = {}) {
        this.api = api;
        this.onStarted = onStarted;
        this.onSettled = onSettled;
        this.draft = new Draft();
        this.taskId = signal(/** @type {string | null} */ (null));
        this.held = signal(EMPTY);
        this.line = signal(/** @type {import("../client/stream.js").Line} */ ({ state: "ended" }));
        this.sending = signal(/** @type {Sending | null} */ (null));
        /** What was sent and is not in the replay yet. */
        this.awaited = signal(/** @type {{ text: string, files: { name: string, path: string }[] } | null} */ (null));
        this.problem = signal(/** @type {ApiError | null} */ (null));
        this.recovered = signal(false);
        this.deciding = signal(/** @type {string | null} */ (null));
        this.since = signal(0);
        /** @type {StreamFollower | null} */
        this.follower = null;
        /** @type {import("../client/turn.js").Conversation | null} */
        this.next = null;
        this.waiting = computed(() => waiting(this.held.value));
        this.working = computed(
            () =>
                this.sending.value !== null ||
                this.awaited.value !== null ||
                (this.held.value.live !== null && this.held.value.outcome === null),
        );
        /** Messages and the turn under way. */
        this.shown = computed(() => {
            const { messages, live, outcome } = this.held.value;
            return live !== null && (live.length > 0 || outcome !== null) ? [...messages, liveMessage(this.held.value)] : messages;
        });
    }

    /** Show a task from its beginning; null shows a new one. @param {string | null} taskId */
    open(taskId) {
        this.close();
        this.taskId.value = taskId;
        this.held.value = EMPTY;
        this.awaited.value = null;
        this.problem.value = null;
        this.sending.value = null;
        this.line.value = { state: "ended" };
        if (taskId !== null) this.follow(taskId);
    }

    /** Follow nothing any more. */
    close() {
        this.follower?.close();
        this.follower = null;
        this.next = null;
    }

    /** The frames that the stream has brought. */
    get frames() {
        return this.follower?.frames ?? [];
    }

    /** @param {string} taskId */
    follow(taskId) {
        const before = this.follower?.frames ?? [];
        this.follower?.close();
        const follower = new StreamFollower(this.api, taskId, {
            onConversation: (held) => {
                if (this.follower === follower) this.show(held);
            },
            onLine: (line) => {
                if (this.follower !== follower) return;
                this.line.value = line;
                if (line.state === "refused") this.problem.value = line.error ?? null;
                if (line.state === "ended") this.settle();
            },
            onRecovered: () => {
                this.recovered.value = true;
                setTimeout(() => {
                    this.recovered.value = false;
                }, RECOVERED_MS);
            },
        });
        follower.frames = before;
        follower.connections = before.at(-1)?.connection ?? 0;
        this.follower = follower;
        this.since.value = Date.now();
        follower.follow(this.held.value);
    }

    /** Draw at most once a frame, however many events come. @param {import("../client/turn.js").Conversation} held */
    show(held) {
        const isFirst = this.next === null;
        this.next = held;
        if (!isFirst) return;
        const draw = () => {
            if (this.next === null) return;
            this.held.value = this.next;
            noteEnd(this.next);
            if (this.next.caughtUp) this.awaited.value = null;
            this.next = null;
        };
        if (document.hidden) setTimeout(draw, 100);
        else requestAnimationFrame(draw);
    }

    settle() {
        if (this.next !== null) this.held.value = this.next;
        noteEnd(this.held.value);
        this.next = null;
        this.awaited.value = null;
        this.onSettled?.();
    }

    /**
     * Send a message: the first creates the task. Returns whether it was taken.
     * @param {string} text @param {readonly File[]} files @param {{ ask?: boolean }} [options]
     */
    async send(text, files, { ask = false } = {}) {
        const abort = new AbortController();
        this.problem.value = null;
        this.since.value = Date.now();
        this.sending.value = { text, files, share: files.length > 0 ? 0 : null, abort };
        const known = this.taskId.value;
        const path = known === null ? "/tasks" : `/tasks/${encodeURIComponent(known)}/messages`;
        /** @type {Record<string, string | boolean>} */
        const fields = known === null && ask ? { message: text, autoExecute: false } : { message: text };
        try {
            const data = await sendMessage(this.api, path, fields, files, {
                signal: abort.signal,
                onProgress: (share) => {
                    if (this.sending.value !== null) this.sending.value = { ...this.sending.value, share };
                },
            });
            const taskId = known ?? String(data.id);
            this.awaited.value = { text, files: files.map(({ name }) => ({ name, path: `uploads/${name}` })) };
            this.taskId.value = taskId;
            if (known === null) this.onStarted?.(taskId, text);
            this.follow(taskId);
            return true;
        } catch (problem) {
            if (!abort.signal.aborted) this.problem.value = asApiError(problem);
            return false;
        } finally {
            this.sending.value = null;
        }
    }

    /** Stop what goes on: an upload, else the task. */
    async stop() {
        const sending = this.sending.value;
        if (sending !== null) return sending.abort.abort();
        const taskId = this.taskId.value;
        if (taskId === null) return undefined;
        return this.api.cancel(taskId).catch((problem) => {
            // 409: it ended by itself at that moment, and its stream says how.
            if (!(problem instanceof ApiError) || problem.code !== "CONFLICT") this.problem.value = asApiError(problem);
        });
    }

    /** @param {string} callId @param {"proceed_once" | "proceed_always" | "cancel"} outcome */
    async decide(callId, outcome) {
        const taskId = this.taskId.value;
        if (taskId === null) return;
        this.deciding.value = callId;
        try {
            await this.api.decide(taskId, callId, outcome);
        } catch (problem) {
            // NOT_FOUND: somebody else has answered it, which the stream tells.
            if (!(problem instanceof ApiError) || problem.code !== "NOT_FOUND") this.problem.value = asApiError(problem);
        } finally {
            this.deciding.value = null;
        }
    }
}

/** @param {unknown} problem @returns {ApiError} */
export function asApiError(problem) {
    return problem instanceof ApiError ? problem : new ApiError("UNEXPECTED", String(problem), 0);
}
