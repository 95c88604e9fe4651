// The console's API for its pages. The session is a cookie, which no script sees.
import { ApiError, refusalOf } from "../client/api.js";

/**
 * @typedef {{ id: string, name: string, role: string, rights: string[], roles: string[], declared: boolean }} Project
 *     `rights` and `roles` are what the server allows here: pages show that and know no table of their own
 * @typedef {{ name: string, rights: string[], projects: Project[] }} Me
 */

const ROOT = "/console/api";
const PATIENCE_MS = 30_000;
/** For a call that itself waits for somebody: a trial of an MCP server may take two minutes to connect. */
export const LONG_MS = 150_000;

export class ConsoleApi {
    /** @param {(code: string, path: string) => void} onRefused told of every refusal @param {typeof fetch} [send] */
    constructor(onRefused, send = (...args) => fetch(...args)) {
        this.onRefused = onRefused;
        this.send = send;
    }

    /**
     * Send one call. Raises `ApiError`.
     * @param {string} method @param {string} path
     * @param {{ json?: unknown, match?: string, patience?: number }} [options]  `match` is the tag of what is replaced, `patience` in milliseconds
     * @returns {Promise<{ data: any, tag: string }>}
     */
    async call(method, path, { json, match, patience = PATIENCE_MS } = {}) {
        const answer = await this.send(ROOT + path, {
            method,
            cache: "no-store",
            signal: AbortSignal.timeout(patience),
            headers: {
                ...(json === undefined ? {} : { "Content-Type": "application/json" }),
                ...(match === undefined ? {} : { "If-Match": match }),
            },
            body: json === undefined ? undefined : JSON.stringify(json),
        }).catch((problem) => {
            const words = problem?.name === "TimeoutError" ? `The server hasn't responded for ${patience / 1000} seconds.` : "Can't reach the server.";
            throw new ApiError("NO_ANSWER", words, 0);
        });
        if (!answer.ok) {
            const refusal = await refusalOf(answer);
            this.onRefused(refusal.code, path);
            throw refusal;
        }
        const { data } = await answer.json();
        return { data, tag: answer.headers.get("ETag") ?? "" };
    }

    /** @param {string} path */
    async get(path) {
        return (await this.call("GET", path)).data;
    }

    /** @param {string} path @param {unknown} [json] */
    async post(path, json = {}) {
        return (await this.call("POST", path, { json })).data;
    }
}

/** The address of something in a project. @param {Project} project @param {...string} names */
export function within(project, ...names) {
    return ["/projects", project.id, ...names].map((it, at) => (at === 0 ? it : encodeURIComponent(it))).join("/");
}

/** @param {{ rights: string[] }} whose @param {string} right */
export function may(whose, right) {
    return whose.rights.includes(right);
}
