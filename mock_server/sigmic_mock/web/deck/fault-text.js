// A fault to arm, as it is written elsewhere: the one grammar `ID,name=value`, and what wraps it.

/** @param {unknown} value */
function valueText(value) {
    if (typeof value !== "string") return JSON.stringify(value);
    // What would be read as JSON, or would end the value, is written as JSON.
    return /^[\w*.|/-]+$/.test(value) && !isJson(value) ? value : JSON.stringify(value);
}

/** @param {string} text */
function isJson(text) {
    try {
        JSON.parse(text);
        return true;
    } catch {
        return false;
    }
}

/** @param {string} fault @param {Record<string, unknown>} values */
export function grammar(fault, values) {
    return [fault, ...Object.entries(values).map(([name, value]) => `${name}=${valueText(value)}`)].join(",");
}

/** @param {string} text */
const quoted = (text) => (/^[\w.,=|*/-]+$/.test(text) && !text.includes("|") && !text.includes("*") ? text : `'${text.replaceAll("'", "'\\''")}'`);

/** A value as Python writes it. @param {unknown} value */
function python(value) {
    if (value === true) return "True";
    if (value === false) return "False";
    return value === null ? "None" : JSON.stringify(value);
}

/** @param {string} fault @param {Record<string, unknown>} values @returns {{ name: string, language: string, text: string }[]} */
export function waysToArm(fault, values) {
    const text = grammar(fault, values);
    const named = Object.entries(values);
    const mark = named.every(([name]) => /^\w+$/.test(name))
        ? named.map(([name, value]) => `, ${name === "for" ? "for_" : name}=${python(value)}`).join("")
        : `, **{${named.map(([name, value]) => `${JSON.stringify(name)}: ${python(value)}`).join(", ")}}`;
    return [
        { name: "Command", language: "bash", text: `sigmic-mock faults arm ${quoted(text)}` },
        { name: "Flag", language: "bash", text: `sigmic-mock --fault ${quoted(text)}` },
        { name: "Header", language: "bash", text: `X-Mock-Fault: ${text}` },
        { name: "pytest", language: "python", text: `@pytest.mark.sigmic_fault(${JSON.stringify(fault)}${named.length === 0 ? "" : mark})` },
    ];
}
