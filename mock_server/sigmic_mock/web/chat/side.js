// Beside a conversation: the files of its task with previews, and the frames of its stream as they came.
import { counted } from "../ui/counts.js";
import { sizeInWords } from "../client/uploads.js";
import { html, useEffect, useState } from "../vendor/preact.js";
import { asApiError } from "../ui/conversation.js";
import { Icon } from "../ui/icons.js";
import { Cut } from "../ui/message-view.js";

const MOST_PREVIEWED = 2 * 1024 * 1024;
const MOST_ROWS = 500;
const MOST_SHOWN = 200;
const AS_TEXT = ["text", "code", "json", "csv"];
const AS_MEDIA = ["image", "audio", "video"];

/** Rows of comma-separated values, quotes understood. @param {string} text @returns {string[][]} */
export function rowsOf(text) {
    const rows = [[""]];
    let quoted = false;
    for (let at = 0; at < text.length; at += 1) {
        const row = rows[rows.length - 1];
        const sign = text[at];
        if (quoted) {
            if (sign !== '"') row[row.length - 1] += sign;
            else if (text[at + 1] === '"') row[row.length - 1] += text[(at += 1)];
            else quoted = false;
        } else if (sign === '"') quoted = true;
        else if (sign === ",") row.push("");
        else if (sign === "\n") {
            if (rows.length > MOST_ROWS) return rows.slice(0, MOST_ROWS + 1);
            rows.push([""]);
        } else if (sign !== "\r") row[row.length - 1] += sign;
    }
    return rows.filter((row) => row.length > 1 || row[0] !== "");
}

/** @param {{ api: import("../client/api.js").Api, taskId: string, file: import("../client/api.js").Artifact }} props */
function Preview({ api, taskId, file }) {
    const [seen, setSeen] = useState(/** @type {{ text?: string, url?: string, problem?: string } | null} */ (null));
    // A picture that is markup (SVG) may hold scripts; none runs in an image, but it is shown as its text all the same.
    const isMedia = AS_MEDIA.includes(file.category) && file.mimeType !== "image/svg+xml";
    const isText = AS_TEXT.includes(file.category) && file.mimeType !== "text/html";
    useEffect(() => {
        if (!isMedia && !isText) return setSeen({ problem: "No preview for this file type." });
        if (file.size > MOST_PREVIEWED && !isMedia) return setSeen({ problem: `Too large to preview. The limit is ${sizeInWords(MOST_PREVIEWED)}.` });
        let url = /** @type {string | null} */ (null);
        let current = true;
        api.file(taskId, file.path).then(
            async (blob) => {
                if (!current) return;
                if (!isMedia) return setSeen({ text: await blob.text() });
                url = URL.createObjectURL(blob);
                setSeen({ url });
            },
            (problem) => current && setSeen({ problem: asApiError(problem).message }),
        );
        return () => {
            current = false;
            if (url !== null) URL.revokeObjectURL(url);
        };
    }, [file.path, file.modifiedAt]);
    if (seen === null) return html`<div class="preview working"><i></i>Loading file…</div>`;
    if (seen.problem) return html`<div class="preview notice"><span>${seen.problem}</span></div>`;
    if (seen.url) {
        if (file.category === "image") return html`<div class="preview"><img src=${seen.url} alt=${file.name} /></div>`;
        const Kind = file.category;
        return html`<div class="preview"><${Kind} controls src=${seen.url}></${Kind}></div>`;
    }
    const text = seen.text ?? "";
    if (file.category === "csv") {
        const [head = [], ...rows] = rowsOf(text);
        return html`<div class="preview markdown"><div class="table" tabindex="0" role="group" aria-label=${file.name}><table>
            <thead><tr>${head.map((it) => html`<th>${it}</th>`)}</tr></thead>
            <tbody>${rows.slice(0, MOST_ROWS).map((row) => html`<tr>${row.map((it) => html`<td>${it}</td>`)}</tr>`)}</tbody>
        </table></div></div>`;
    }
    return html`<div class="preview"><${Cut} text=${text} language=${languageOf(file.name)} /></div>`;
}

/** @param {string} name */
function languageOf(name) {
    const ending = name.slice(name.lastIndexOf(".") + 1).toLowerCase();
    return { py: "python", js: "javascript", ts: "typescript", sh: "bash", yml: "yaml", md: "" }[ending] ?? ending;
}

/** @param {{ api: import("../client/api.js").Api, taskId: string, turn: unknown }} props  read again when `turn` changes */
export function Files({ api, taskId, turn }) {
    const [files, setFiles] = useState(/** @type {import("../client/api.js").Artifact[] | null} */ (null));
    const [problem, setProblem] = useState(/** @type {string | null} */ (null));
    const [open, setOpen] = useState(/** @type {string | null} */ (null));
    const [most, setMost] = useState(MOST_SHOWN);
    const load = () =>
        api.artifacts(taskId).then(
            (found) => {
                setFiles(found);
                setProblem(null);
            },
            (error) => setProblem(asApiError(error).message),
        );
    useEffect(() => {
        load();
    }, [taskId, turn]);
    const download = async (/** @type {import("../client/api.js").Artifact} */ file) => {
        try {
            const url = URL.createObjectURL(await api.file(taskId, file.path));
            const link = document.createElement("a");
            link.href = url;
            link.download = file.name;
            link.click();
            setTimeout(() => URL.revokeObjectURL(url), 60_000);
        } catch (error) {
            setProblem(asApiError(error).message);
        }
    };
    if (problem !== null) return html`<div class="notice bad" role="alert"><span>${problem}</span><button type="button" class="button" onClick=${load}>Try again</button></div>`;
    if (files === null) return html`<div class="working"><i></i>Loading files…</div>`;
    if (files.length === 0) return html`<p class="hint">No files yet. Files that you send and files that the agent creates appear here.</p>`;
    return html`<ul class="files stack small">
            ${files.slice(0, most).map(
                (file) => html`<li key=${file.path}>
                    <button type="button" class="tile" aria-expanded=${open === file.path} onClick=${() => setOpen(open === file.path ? null : file.path)}>
                        <${Icon} name="file" /><span class="grows"><b class="clip">${file.name}</b><small class="clip">${file.path} · ${sizeInWords(file.size)}</small></span>
                    </button>
                    <button type="button" class="button plain icon" aria-label=${`Download ${file.name}`} title="Download" onClick=${() => download(file)}><${Icon} name="download" /></button>
                    ${open === file.path && html`<${Preview} api=${api} taskId=${taskId} file=${file} />`}
                </li>`,
            )}
        </ul>
        ${files.length > most && html`<button type="button" class="button" onClick=${() => setMost(most + MOST_SHOWN)}>Show more (${files.length} files)</button>`}`;
}

/** @param {{ conversation: import("../ui/conversation.js").Conversation }} props */
export function RawEvents({ conversation }) {
    // Read so that this is drawn again with each change.
    void conversation.held.value;
    void conversation.line.value;
    const all = conversation.frames;
    const frames = all.slice(-MOST_SHOWN);
    if (frames.length === 0) return html`<p class="hint">No events yet.</p>`;
    const first = frames[0].at;
    const connections = conversation.follower?.connections ?? 0;
    const hidden = all.length - frames.length;
    return html`<p class="hint">${counted(all.length, "frame")} over ${counted(connections, "connection")}${hidden > 0 ? ` · showing the last ${MOST_SHOWN}` : ""}</p><ol class="frames tiny" tabindex="0">
        ${frames.map(
            (frame, at) => html`${at > 0 && frames[at - 1].connection !== frame.connection && html`<li class="notice wait">Connection ${frame.connection}</li>`}<li>
                <time>+${((frame.at - first) / 1000).toFixed(2)} s</time><b class=${frame.type === ":" ? "soft" : "method"}>${frame.type === ":" ? `:${frame.raw.trim()}` : frame.type}</b>
                ${frame.type !== ":" && html`<pre class="soft">${frame.raw.slice(0, 2000)}${frame.raw.length > 2000 ? " …" : ""}</pre>`}
            </li>`,
        )}
    </ol>`;
}
