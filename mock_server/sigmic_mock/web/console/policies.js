// Tool policies: which tools run, ask first, or never run.
import { html, useState } from "../vendor/preact.js";
import { Icon } from "../ui/icons.js";
import { may } from "./console-api.js";
import { Choice, Empty, FieldError, Head, Loaded, TextField, Wrong, wrongField } from "./parts.js";
import { SettingsProblem, useSettings } from "./settings-parts.js";

/** @type {[string, string][]} */
const POLICIES = [
    ["allow", "Allow"],
    ["ask", "Ask"],
    ["deny", "Deny"],
];

/** @param {import("./app.js").InProject} props */
export function Policies(props) {
    const held = useSettings(props);
    return html`<${Head} title="Tool policies" about="Set a policy by tool name or by pattern, for example mcp_crm_*. A policy can only make calls stricter. Other tools use the project settings." />
        <${Loaded} read=${held.read}><${Rules} key=${held.read.value?.tag} held=${held} mayChange=${may(props.project, "configure")} /></${Loaded}>`;
}

/** @param {{ held: ReturnType<typeof useSettings>, mayChange: boolean }} props */
function Rules({ held, mayChange }) {
    const before = /** @type {import("./settings-draft.js").Read} */ (held.read.value).settings;
    const [rules, setRules] = useState(Object.entries(before.tool_policies));
    if (rules.length === 0 && !mayChange) return html`<${Empty} icon="shield" title="No policies">All tools use the project settings.</${Empty}>`;
    const change = (/** @type {number} */ at, /** @type {[string, string]} */ rule) => setRules(rules.map((it, each) => (each === at ? rule : it)));
    const save = (/** @type {Event} */ event) => {
        event.preventDefault();
        const kept = rules.map(([name, policy]) => [name.trim(), policy]);
        const twice = kept.find(([name], at) => kept.findIndex(([other]) => other === name) < at);
        if (twice) return held.act.setProblem(new FieldError("tool_policies", `'${twice[0]}' has two policies. Remove one of them.`));
        return held.save((now) => ({ ...now, tool_policies: Object.fromEntries(kept) }), "Policies saved");
    };
    // The refusal begins with the name of the tool.
    const wrong = wrongField(held.act.problem, ["tool_policies"]);
    const isWrong = (/** @type {string} */ name) => wrong?.words.startsWith(`'${name.trim()}' `);
    return html`<${Wrong.Provider} value=${wrong}><form class="card box large stack" aria-label="Policies" onSubmit=${save}>
        ${rules.length === 0 && html`<${Empty} icon="shield" title="No policies yet">${before.auto_execute ? "Tools run without approval, unless a task asks for it." : "All tools need approval."}</${Empty}>`}
        ${rules.map(
            ([name, policy], at) => html`<div class="line" key=${at}>
                <${TextField} label="Tool or pattern" field=${isWrong(name) ? "tool_policies" : undefined} value=${name} onValue=${(/** @type {string} */ text) => change(at, [text, policy])} class="input mono" placeholder="write_file" required disabled=${!mayChange} />
                <${Choice} label="Policy" value=${policy} options=${POLICIES} onValue=${(/** @type {string} */ chosen) => change(at, [name, chosen])} disabled=${!mayChange} />
                ${mayChange && html`<button type="button" class="button plain icon" aria-label=${name === "" ? "Remove policy" : `Remove policy for ${name}`} onClick=${() => setRules(rules.filter((_, each) => each !== at))}><${Icon} name="cross" /></button>`}
            </div>`,
        )}
        ${!rules.some(([name]) => isWrong(name)) && html`<${SettingsProblem} held=${held} />`}
        ${mayChange && html`<div class="actions across wraps"><button type="submit" class="button primary" disabled=${held.act.busy}>Save</button>
            <button type="button" class="button" onClick=${() => setRules([...rules, ["", "ask"]])}><${Icon} name="plus" />Add policy</button></div>`}
    </form></${Wrong.Provider}>`;
}
