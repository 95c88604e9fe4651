// A request asked again, as it was or changed, with a key that ends in an hour; then its own entry is shown.
import { Icon } from "../ui/icons.js";
import { html, useState } from "../vendor/preact.js";
import { useAct } from "./parts.js";

/** What a browser sends of its own, or what would be wrong for another body. */
const OWN = /^(host|content-length|connection|accept-encoding|user-agent|origin|referer|cookie|sec-.*|x-request-id|authorization|x-api-key)$/;
const MASKED = /\[(secret \w+|masked)/;

/** The keys of this page, by project: in memory alone. @type {Map<string, Promise<string>>} */
const keys = new Map();

/** @param {import("./control.js").Control} control @param {string} project */
function keyOf(control, project) {
    let key = keys.get(project);
    if (key === undefined) {
        key = control.ask("create_key", { username: "deck", role: "owner", expires_in: "1h", project }).then((made) => {
            setTimeout(() => keys.delete(project), 50 * 60_000);
            return made.api_key;
        });
        key.catch(() => keys.delete(project));
        keys.set(project, key);
    }
    return key;
}

/** Why a request cannot be asked again; null when it can. @param {import("./journal.js").Row} row */
export function notRepeatable(row) {
    const asked = row.request?.asked;
    if (asked === undefined) return "You can replay this request when it has finished.";
    if (row.project === null) return "This request has no project, so there is no key to replay it with.";
    if (asked.truncated) return "Can't replay: the journal truncated the body.";
    if ((asked.fields ?? []).some((/** @type {any} */ field) => field.filename !== null)) return "Can't replay: the journal doesn't keep file contents.";
    if (asked.body === null && asked.bytes > 0 && (asked.fields ?? []).length === 0) return "Can't replay: the journal didn't keep the body.";
    return null;
}

/** What is sent. @param {import("./journal.js").Row} row @param {string} body @param {string} key @returns {{ headers: Record<string, string>, body: BodyInit | undefined }} */
export function asSent(row, body, key) {
    const asked = row.request?.asked;
    /** @type {Record<string, string>} */
    const headers = { Authorization: `Bearer ${key}` };
    const fields = asked?.fields ?? [];
    for (const { name, value } of asked?.headers ?? []) {
        const plain = name.toLowerCase();
        if (!OWN.test(plain) && !(plain === "content-type" && fields.length > 0)) headers[plain] = value;
    }
    if (fields.length === 0) return { headers, body: body === "" || row.method === "GET" ? undefined : body };
    const form = new FormData();
    for (const { name, text } of fields) form.append(name, text ?? "");
    return { headers, body: form };
}

/** @param {{ control: import("./control.js").Control, row: import("./journal.js").Row, jump: (id: string) => void }} props */
export function Replay({ control, row, jump }) {
    const [path, setPath] = useState(row.path);
    const [body, setBody] = useState(row.request?.asked.body ?? "");
    const { act, busy, told } = useAct();
    const reason = notRepeatable(row);
    const hasFields = (row.request?.asked.fields ?? []).length > 0;
    const send = (/** @type {Event} */ event) => {
        event.preventDefault();
        act("send", async () => {
            const sent = asSent(row, body, await keyOf(control, row.project ?? ""));
            const answer = await fetch(path, { method: row.method, credentials: "omit", cache: "no-store", ...sent });
            const id = answer.headers.get("X-Request-Id");
            if (id !== null) jump(id);
            // The body is the journal's to show; here it is only taken, so that the request ends as a client's would.
            answer.body?.pipeTo(new WritableStream()).catch(() => {});
            return `Response: ${answer.status}.`;
        });
    };
    return html`<details class="tool box small replay">
        <summary><${Icon} name="chevron" class="chevron" /><${Icon} name="send" /><span>Replay request</span></summary>
        <form class="inside" onSubmit=${send}>
            ${reason !== null
                ? html`<p>${reason}</p>`
                : html`<label class="field stack small"><span>${row.method}</span><input class="input" value=${path} onInput=${(/** @type {any} */ event) => setPath(event.currentTarget.value)} /></label>
                    ${row.method !== "GET" && !hasFields && html`<label class="field stack small"><span>Body</span><textarea class="input mono" rows="5" spellcheck="false" value=${body} onInput=${(/** @type {any} */ event) => setBody(event.currentTarget.value)}></textarea></label>`}
                    ${MASKED.test(body) && html`<p class="hint">Secrets are masked. Enter the real values before you send.</p>`}
                    <div><button type="submit" class="button primary" disabled=${busy !== null || !path.startsWith("/")}>Send</button></div>`}
            ${told}
        </form>
    </details>`;
}
