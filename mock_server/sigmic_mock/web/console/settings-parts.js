// Settings while somebody changes them: read, saved, and told in words when another was faster.
import { html, useState } from "../vendor/preact.js";
import { say } from "../ui/dialog.js";
import { readSettings, changeSettings, Overtaken } from "./settings-draft.js";
import { Problem, useAct, useRead } from "./parts.js";

/**
 * The settings of a project and the one way to change them.
 * @param {import("./app.js").InProject} place
 */
export function useSettings({ api, project }) {
    const read = useRead(() => readSettings(api, project), [project.id]);
    const act = useAct();
    const [mine, setMine] = useState(/** @type {{ change: import("./settings-draft.js").Change, words: string, onSaved: () => void } | null} */ (null));
    const save = (/** @type {import("./settings-draft.js").Change} */ change, /** @type {string} */ words, onSaved = () => {}, base = read.value) =>
        act.run(async () => {
            if (base === null) return;
            setMine({ change, words, onSaved });
            read.setValue(await changeSettings(api, project, base, change));
            say(words);
            onSaved();
        });
    const saveOverIt = () => {
        if (act.problem instanceof Overtaken && mine !== null) save(mine.change, mine.words, mine.onSaved, act.problem.newest);
    };
    return { read, act, save, saveOverIt };
}

/** Why the settings were not saved. @param {{ held: ReturnType<typeof useSettings> }} props */
export function SettingsProblem({ held: { act, saveOverIt } }) {
    if (act.problem instanceof Overtaken) return html`<${Problem} problem=${act.problem} again=${saveOverIt} label="Save my changes anyway" />`;
    return html`<${Problem} problem=${act.problem} />`;
}
