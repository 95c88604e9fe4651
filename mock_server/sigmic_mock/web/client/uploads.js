// Files on their way to a task: what may be sent, said before it is; and how much of it has gone.

import { ApiError } from "./api.js";

export const MOST_FILES = 20;
export const MOST_BYTES = 52_428_800;

/** @param {number} bytes */
export function sizeInWords(bytes) {
    if (bytes < 1024) return `${bytes} B`;
    const [unit, size] = bytes < 1024 ** 2 ? ["KB", bytes / 1024] : ["MB", bytes / 1024 ** 2];
    return `${size < 10 ? size.toFixed(1) : Math.round(size)} ${unit}`;
}

/**
 * Which of the `offered` files may be added to the `chosen`, and in a sentence each why others may not.
 * @template {{ name: string, size: number }} F
 * @param {readonly F[]} chosen @param {readonly F[]} offered
 * @returns {{ taken: F[], refused: string[] }}
 */
export function admitted(chosen, offered) {
    const taken = [];
    const refused = [];
    let tooMany = 0;
    for (const file of offered) {
        if (file.size > MOST_BYTES) {
            refused.push(`${file.name} is ${sizeInWords(file.size)}. The limit is 50 MB per file.`);
        } else if (chosen.length + taken.length >= MOST_FILES) {
            tooMany += 1;
        } else {
            taken.push(file);
        }
    }
    if (tooMany > 0) {
        refused.push(`You can attach up to ${MOST_FILES} files. ${tooMany} ${tooMany === 1 ? "was" : "were"} not added.`);
    }
    return { taken, refused };
}

/** @param {{ name: string }} file */
export function willBeUnpacked(file) {
    return /\.zip$/i.test(file.name);
}

/**
 * Send a message, with files by a form whose progress is told (fetch tells none). Raises `ApiError`, or an
 * `AbortError` when `signal` ends it.
 * @param {import("./api.js").Api} api @param {string} path
 * @param {Record<string, string | boolean>} fields @param {readonly File[]} files
 * @param {{ onProgress?: (share: number) => void, signal?: AbortSignal, Request?: typeof XMLHttpRequest }} [options]
 * @returns {Promise<any>} what the envelope holds
 */
export async function sendMessage(api, path, fields, files, options = {}) {
    if (files.length === 0) return (await api.call("POST", path, { json: fields, signal: options.signal })).data;
    let value = await api.credential.current();
    for (let attempt = 0; ; attempt += 1) {
        try {
            return await sendForm(`${api.host}/api/v1${path}`, value, fields, files, options);
        } catch (problem) {
            const refused = problem instanceof ApiError && problem.status === 401;
            if (!refused || attempt > 0 || api.credential.fetchToken === null) throw problem;
            value = await api.credential.renewed(value);
        }
    }
}

/**
 * @param {string} url @param {string} value @param {Record<string, string | boolean>} fields @param {readonly File[]} files
 * @param {{ onProgress?: (share: number) => void, signal?: AbortSignal, Request?: typeof XMLHttpRequest }} options
 * @returns {Promise<any>}
 */
function sendForm(url, value, fields, files, { onProgress, signal, Request = XMLHttpRequest }) {
    const form = new FormData();
    for (const [name, field] of Object.entries(fields)) form.append(name, String(field));
    for (const file of files) form.append("files", file, file.name);
    return new Promise((resolve, reject) => {
        const request = new Request();
        const abort = () => request.abort();
        request.open("POST", url);
        request.setRequestHeader("Authorization", `Bearer ${value}`);
        request.upload.onprogress = (event) => {
            if (event.lengthComputable) onProgress?.(event.loaded / event.total);
        };
        request.onerror = () => reject(new ApiError("NO_ANSWER", "Upload failed: can't reach the server.", 0));
        request.onabort = () => reject(new DOMException("Upload cancelled.", "AbortError"));
        request.onload = () => {
            signal?.removeEventListener("abort", abort);
            const body = parsed(request.responseText);
            if (request.status < 300 && body?.success === true) return resolve(body.data);
            const error = body?.error ?? {};
            return reject(new ApiError(error.code ?? `HTTP_${request.status}`, error.message ?? `The server responded with status ${request.status}.`, request.status));
        };
        signal?.addEventListener("abort", abort, { once: true });
        request.send(form);
    });
}

/** @param {string} text @returns {any} */
function parsed(text) {
    try {
        return JSON.parse(text);
    } catch {
        return null;
    }
}
