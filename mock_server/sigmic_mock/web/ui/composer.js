// Where the reader writes, and what stands there instead while a tool call waits for them.
import { counted } from "./counts.js";
import { MOST_FILES, admitted, sizeInWords, willBeUnpacked } from "../client/uploads.js";
import { html, useLayoutEffect, useRef, useState } from "../vendor/preact.js";
import { Icon } from "./icons.js";
import { asText } from "./message-view.js";
import { Code } from "./code.js";

/** @param {{ conversation: import("./conversation.js").Conversation, canAsk?: boolean, placeholder?: string }} props */
export function Composer({ conversation, canAsk = true, placeholder = "Message the agent" }) {
    const { draft } = conversation;
    const text = draft.text.value;
    const files = draft.files.value;
    const [refused, setRefused] = useState(/** @type {string[]} */ ([]));
    const [dropping, setDropping] = useState(false);
    const picker = useRef(/** @type {HTMLInputElement | null} */ (null));
    const sending = conversation.sending.value;
    const working = conversation.working.value;
    const isNew = conversation.taskId.value === null;

    useLayoutEffect(() => draft.field.current?.focus(), [conversation.taskId.value]);

    const add = (/** @type {Iterable<File>} */ offered) => {
        const { taken, refused: why } = admitted(files, [...offered]);
        draft.files.value = [...files, ...taken];
        setRefused(why);
    };
    const send = async () => {
        if (conversation.working.value || draft.text.value.trim() === "") return;
        setRefused([]);
        const taken = draft.take();
        if (!(await conversation.send(taken.text, taken.files, { ask: draft.ask.value }))) draft.restore(taken);
        draft.field.current?.focus();
    };
    const onKey = (/** @type {KeyboardEvent} */ event) => {
        if (event.key !== "Enter" || event.shiftKey || event.isComposing) return;
        event.preventDefault();
        send();
    };
    const drag = (/** @type {boolean} */ over) => (/** @type {DragEvent} */ event) => {
        if (!event.dataTransfer?.types.includes("Files")) return;
        event.preventDefault();
        setDropping(over);
    };
    const drop = (/** @type {DragEvent} */ event) => {
        event.preventDefault();
        setDropping(false);
        add(event.dataTransfer?.files ?? []);
    };
    const paste = (/** @type {ClipboardEvent} */ event) => {
        const pasted = event.clipboardData?.files ?? [];
        if (pasted.length === 0) return;
        event.preventDefault();
        add(pasted);
    };
    const share = sending?.share ?? null;
    return html`${refused.map((why) => html`<div class="notice bad" role="alert"><span>${why}</span></div>`)}
        <form
            class=${`composer box large ${dropping ? "dropping" : ""}`}
            onSubmit=${(/** @type {Event} */ event) => {
                event.preventDefault();
                send();
            }}
            onDragOver=${drag(true)}
            onDragLeave=${drag(false)}
            onDrop=${drop}
        >
            ${files.length > 0 &&
            html`<ul class="attached across wraps" aria-label="Attached files">
                ${files.map(
                    (file, at) => html`<li class="chip">
                        <${Icon} name="file" /><span class="clip">${file.name}</span>
                        <small>${sizeInWords(file.size)}${willBeUnpacked(file) ? ", will be extracted" : ""}</small>
                        <button type="button" aria-label=${`Remove ${file.name}`} onClick=${() => {
                            draft.files.value = files.filter((_, other) => other !== at);
                        }}><${Icon} name="cross" /></button>
                    </li>`,
                )}
            </ul>`}
            ${share !== null && html`<div class="sending"><label>Uploading ${counted(sending?.files.length ?? 0, "file")} (${Math.round(share * 100)}%) <progress max="1" value=${share}></progress></label></div>`}
            <textarea
                ref=${draft.field}
                rows="1"
                aria-label="Message"
                placeholder=${placeholder}
                value=${text}
                onInput=${(/** @type {any} */ event) => {
                    draft.text.value = event.currentTarget.value;
                }}
                onKeyDown=${onKey}
                onPaste=${paste}
            ></textarea>
            <div class="row across">
                <input type="file" multiple hidden ref=${picker} onChange=${(/** @type {any} */ event) => {
                    add(event.currentTarget.files);
                    event.currentTarget.value = "";
                }} />
                <button type="button" class="button plain icon" aria-label="Attach files" title=${`Attach up to ${MOST_FILES} files, 50 MB each`} onClick=${() => picker.current?.click()}><${Icon} name="clip" /></button>
                ${canAsk && isNew && html`<label class="check"><input type="checkbox" checked=${draft.ask.value} onChange=${(/** @type {any} */ event) => {
                    draft.ask.value = event.currentTarget.checked;
                }} />Ask before running tools</label>`}
                <span class="grows"></span>
                ${working
                    ? html`<button type="button" class="button icon" aria-label="Stop" title="Stop" onClick=${() => conversation.stop()}><${Icon} name="stop" class="solid" /></button>`
                    : html`<button type="submit" class="button primary icon" aria-label="Send" title="Send" disabled=${text.trim() === ""}><${Icon} name="send" /></button>`}
            </div>
        </form>`;
}

/** The first call that waits, in place of the composer. @param {{ conversation: import("./conversation.js").Conversation }} props */
export function Approval({ conversation }) {
    const waiting = conversation.waiting.value;
    const call = waiting[0];
    const busy = conversation.deciding.value !== null;
    /** @param {"proceed_once" | "proceed_always" | "cancel"} outcome */
    const decide = (outcome) => () => conversation.decide(call.callId, outcome);
    return html`<section class="approval box large" aria-label="Approval">
        <h3><${Icon} name="alert" /><span>Allow the agent to use <code class="mono">${call.toolName}</code>?${waiting.length > 1 ? ` (1 of ${waiting.length})` : ""}</span></h3>
        ${call.args !== null && html`<${Code} code=${asText(call.args)} language="json" />`}
        <div class="choices across wraps">
            <button type="button" class="button primary" disabled=${busy} onClick=${decide("proceed_once")}>Allow once</button>
            <button type="button" class="button" disabled=${busy} onClick=${decide("cancel")}>Reject</button>
            <button type="button" class="button" disabled=${busy} onClick=${decide("proceed_always")}><span>Always allow <code>${call.toolName}</code> in this session</span></button>
            <button type="button" class="button plain" disabled=${busy} onClick=${() => conversation.stop()}>Cancel task</button>
        </div>
    </section>`;
}
