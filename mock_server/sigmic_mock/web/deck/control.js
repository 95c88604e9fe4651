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

/** @typedef {{ method: string, path: string, query: Set<string> }} Operation */

/** How each operation is called, by its id. @param {any} document @returns {Map<string, Operation>} */
export function operationsOf(document) {
    return new Map(
        Object.entries(document.paths).flatMap(([path, item]) =>
            Object.entries(/** @type {Record<string, any>} */ (item)).map(([method, { operationId, parameters = [] }]) => {
                const query = parameters.filter((/** @type {any} */ each) => each.in === "query").map((/** @type {any} */ each) => each.name);
                return [operationId, { method: method.toUpperCase(), path, query: new Set(query) }];
            }),
        ),
    );
}

/** Calls under `/__mock/v1`. */
export class Control {
    /** @param {string} token @param {(refusal: ApiError) => void} onRefused the token is not this server's @param {typeof fetch} [send] */
    constructor(token, onRefused, send = (...args) => fetch(...args)) {
        this.token = token;
        this.onRefused = onRefused;
        this.send = send;
        this.project = signal(/** @type {string | null} */ (null));
        this.table = /** @type {Promise<Map<string, Operation>> | null} */ (null);
    }

    /**
     * Call an operation by its id with its fields: method, path and the place of each field are the control plane's table.
     * @param {string} id @param {Record<string, unknown>} [fields]  one that is null is left out
     * @param {{ signal?: AbortSignal, everybody?: boolean, raw?: boolean }} [options]
     * @returns {Promise<any>}
     */
    async ask(id, fields = {}, options = {}) {
        this.table ??= this.call("GET", "/openapi.json").then(operationsOf);
        const { method, path, query } = await this.table.then(
            (operations) => /** @type {Operation} */ (operations.get(id)),
            (problem) => {
                this.table = null; // read again with the next call
                throw problem;
            },
        );
        const given = new Map(Object.entries(fields).filter(([, value]) => value !== null && value !== undefined));
        const take = (/** @type {string} */ name) => {
            const value = given.get(name);
            given.delete(name);
            return [name, value];
        };
        const address = path.replace(/\{(\w+)\}/g, (_, name) => encodeURIComponent(String(take(name)[1])));
        const asked = Object.fromEntries([...given.keys()].filter((name) => query.has(name)).map(take));
        return this.call(method, address, { query: asked, json: Object.fromEntries(given), ...options });
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
