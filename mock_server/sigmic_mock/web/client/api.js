// The Task API for a browser: envelope, errors, and a token that is renewed before and when it is refused.

/** @typedef {{ path: string, name: string, size: number, mimeType: string, category: string, modifiedAt: string }} Artifact */

/** A refusal of the platform, or the lack of an answer (`code` NO_ANSWER, `status` 0). */
export class ApiError extends Error {
    /** @param {string} code @param {string} message @param {number} status @param {number | null} [retryAfter] in seconds */
    constructor(code, message, status, retryAfter = null) {
        super(message);
        this.name = "ApiError";
        this.code = code;
        this.status = status;
        this.retryAfter = retryAfter;
    }
}

const RENEW_BEFORE_MS = 60_000;

/**
 * When a JWT ends, in epoch milliseconds; null for what is no JWT or does not say.
 * @param {string} token
 * @returns {number | null}
 */
export function expiryOf(token) {
    const claims = token.split(".")[1];
    if (!token.startsWith("eyJ") || claims === undefined) return null;
    try {
        const said = JSON.parse(atob(claims.replaceAll("-", "+").replaceAll("_", "/")));
        return typeof said.exp === "number" ? said.exp * 1000 : null;
    } catch {
        return null;
    }
}

/** An API key or token in memory. With `fetchToken` a token is renewed, once for all who wait. */
export class Credential {
    /**
     * @param {string | null} value
     * @param {(() => Promise<string>) | null} [fetchToken]
     * @param {() => number} [now]
     */
    constructor(value, fetchToken = null, now = Date.now) {
        this.value = value;
        this.fetchToken = fetchToken;
        this.now = now;
        /** @type {Promise<string> | null} */
        this.renewing = null;
    }

    /** The value to send: renewed first when it ends within a minute. @returns {Promise<string>} */
    async current() {
        if (this.value === null) return this.renewed(null);
        const ends = expiryOf(this.value);
        if (ends !== null && this.fetchToken !== null && ends - this.now() < RENEW_BEFORE_MS) {
            return this.renewed(this.value);
        }
        return this.value;
    }

    /** Milliseconds until it should be renewed; null when it need not or cannot be. */
    untilRenewal() {
        const ends = this.value === null || this.fetchToken === null ? null : expiryOf(this.value);
        return ends === null ? null : Math.max(0, ends - RENEW_BEFORE_MS - this.now());
    }

    /** A new value in place of `refused`. @param {string | null} refused @returns {Promise<string>} */
    async renewed(refused) {
        if (this.value !== null && this.value !== refused) return this.value; // somebody else was faster
        if (this.fetchToken === null) {
            throw new ApiError("TOKEN_EXPIRED", "Your session has expired. Reload the page.", 401);
        }
        this.renewing ??= this.fetchToken().then(
            (value) => {
                if (typeof value !== "string" || value === "") throw new TypeError("fetchToken() returned no token");
                this.value = value;
                return value;
            },
        ).finally(() => {
            this.renewing = null;
        });
        try {
            return await this.renewing;
        } catch (problem) {
            throw new ApiError("TOKEN_NOT_RENEWED", `Could not renew the token: ${wordsOf(problem)}`, 401);
        }
    }
}

/** What went wrong, in words. @param {unknown} problem */
export function wordsOf(problem) {
    return problem instanceof Error ? problem.message : String(problem);
}

/**
 * The error that an answer holds, whatever its body is.
 * @param {Response} answer
 * @returns {Promise<ApiError>}
 */
export async function refusalOf(answer) {
    const after = Number.parseInt(answer.headers.get("Retry-After") ?? "", 10);
    const error = await answer.json().then(
        (body) => body?.error,
        () => null,
    );
    const code = typeof error?.code === "string" ? error.code : `HTTP_${answer.status}`;
    const message = typeof error?.message === "string" ? error.message : `The server responded with status ${answer.status}.`;
    return new ApiError(code, message, answer.status, Number.isNaN(after) ? null : after);
}

/** The operations of the Task API that a chat needs. */
export class Api {
    /** @param {string} host @param {Credential} credential @param {typeof fetch} [send] */
    constructor(host, credential, send = (...args) => fetch(...args)) {
        this.host = host.replace(/\/+$/, "");
        this.credential = credential;
        this.send = send;
    }

    /**
     * Send one request; a 401 renews the token once and repeats. Raises `ApiError`; an abort is passed on.
     * @param {string} method @param {string} path @param {{ json?: unknown, signal?: AbortSignal, headers?: Record<string, string> }} [options]
     * @returns {Promise<Response>}
     */
    async request(method, path, { json, signal, headers } = {}) {
        let value = await this.credential.current();
        for (let attempt = 0; ; attempt += 1) {
            const answer = await this.send(`${this.host}/api/v1${path}`, {
                method,
                signal,
                credentials: "omit",
                cache: "no-store",
                headers: {
                    ...headers,
                    Authorization: `Bearer ${value}`,
                    ...(json === undefined ? {} : { "Content-Type": "application/json" }),
                },
                body: json === undefined ? undefined : JSON.stringify(json),
            }).catch((problem) => {
                if (signal?.aborted) throw problem;
                throw new ApiError("NO_ANSWER", "Can't reach the server.", 0);
            });
            if (answer.ok) return answer;
            const refusal = await refusalOf(answer);
            if (answer.status !== 401 || attempt > 0 || this.credential.fetchToken === null) throw refusal;
            value = await this.credential.renewed(value);
        }
    }

    /** @param {string} method @param {string} path @param {{ json?: unknown, signal?: AbortSignal }} [options] */
    async call(method, path, options) {
        const body = await (await this.request(method, path, options)).json();
        return body;
    }

    /** @param {{ limit?: number, offset?: number, signal?: AbortSignal }} page */
    async tasks({ limit = 50, offset = 0, signal } = {}) {
        const { data, pagination } = await this.call("GET", `/tasks?limit=${limit}&offset=${offset}`, { signal });
        return { tasks: data, hasMore: pagination?.hasMore === true };
    }

    /** @param {string} id @param {AbortSignal} [signal] */
    async task(id, signal) {
        return (await this.call("GET", `/tasks/${encodeURIComponent(id)}`, { signal })).data;
    }

    /** @param {string} id */
    async cancel(id) {
        return (await this.call("DELETE", `/tasks/${encodeURIComponent(id)}`)).data;
    }

    /** @param {string} id @param {string} callId @param {"proceed_once" | "proceed_always" | "cancel"} outcome */
    async decide(id, callId, outcome) {
        const path = `/tasks/${encodeURIComponent(id)}/tools/${encodeURIComponent(callId)}/approve`;
        return (await this.call("POST", path, { json: { outcome } })).data;
    }

    /** @param {string} id @returns {Promise<Artifact[]>} */
    async artifacts(id) {
        return (await this.call("GET", `/tasks/${encodeURIComponent(id)}/artifacts`)).data.files;
    }

    /** @param {string} id @param {string} path @returns {Promise<Blob>} */
    async file(id, path) {
        const query = new URLSearchParams({ path });
        return (await this.request("GET", `/tasks/${encodeURIComponent(id)}/artifacts/download?${query}`)).blob();
    }
}
