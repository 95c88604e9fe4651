// The control plane for this page: the token of this server, and which project a call is about.
import { ApiError, refusalOf } from "../client/api.js";
import { signal } from "../vendor/preact.js";

const HELD = "sigmic-control-token";

/**
 * The control token: from the part of the address that no server is sent (the banner's link has it there), else what
 * this tab holds. It is taken out of the address at once, and lasts as long as the tab: the server's end is its own.
 * @returns {string | null}
 */
export function broughtToken() {
    const brought = /^#token=([\w-]+)$/.exec(location.hash)?.[1] ?? null;
    if (brought !== null) {
        history.replaceState(null, "", location.pathname + location.search);
        holdToken(brought);
    }
    try {
        return brought ?? sessionStorage.getItem(HELD);
    } catch {
        return brought; // storage can be forbidden: then it lasts until the page is left
    }
}

/** Hold a token for this tab, or forget it. @param {string | null} token */
export function holdToken(token) {
    try {
        if (token === null) sessionStorage.removeItem(HELD);
        else sessionStorage.setItem(HELD, token);
    } catch {
        // as above
    }
}

/** Calls under `/__mock/v1`. */
export class Control {
    /** @param {string} token @param {(refusal: ApiError) => void} onRefused the token is not this server's @param {typeof fetch} [send] */
    constructor(token, onRefused, send = (...args) => fetch(...args)) {
        this.token = token;
        this.onRefused = onRefused;
        this.send = send;
        this.project = signal(/** @type {string | null} */ (null));
    }

    /**
     * Make one call; raises `ApiError`.
     * @param {string} method @param {string} path
     * @param {{ json?: unknown, query?: Record<string, string | number | null | undefined>, signal?: AbortSignal, everybody?: boolean, raw?: boolean }} [options]
     * @returns {Promise<any>}
     */
    async call(method, path, { json, query = {}, signal: abort, everybody = false, raw = false } = {}) {
        const asked = new URLSearchParams();
        for (const [name, value] of Object.entries(query)) if (value !== null && value !== undefined) asked.set(name, String(value));
        if (everybody) asked.set("scope", "server");
        else if (this.project.value !== null) asked.set("project", this.project.value);
        const writes = method === "POST" || method === "PUT";
        const answer = await this.send(`/__mock/v1${path}${asked.size > 0 ? `?${asked}` : ""}`, {
            method,
            signal: abort,
            cache: "no-store",
            credentials: "omit",
            headers: { Authorization: `Bearer ${this.token}`, ...(writes ? { "Content-Type": "application/json" } : {}) },
            body: writes ? JSON.stringify(json ?? {}) : undefined,
        }).catch((problem) => {
            if (abort?.aborted) throw problem;
            throw new ApiError("NO_ANSWER", "Can't reach the server.", 0);
        });
        if (answer.ok) return raw ? answer.blob() : answer.json();
        const refusal = await refusalOf(answer);
        if (answer.status === 401) this.onRefused(refusal);
        throw refusal;
    }
}
