// How an operation is called, in three languages.

/** @typedef {{ id: string, method: string, path: string, query: string[], body: any, isOpen: boolean }} Operation */

/** @param {Operation} operation @param {string} base @param {string} key @returns {{ name: string, language: string, text: string }[]} */
export function samples({ id, method, path, body, isOpen, query }, base, key) {
    const isStream = id === "stream_task";
    const asked = query.includes("path") ? "?path=downloads/output.csv" : "";
    const url = `${base}${path.replaceAll(/\{(\w+)\}/g, (_, name) => (name === "id" ? "$TASK" : "$CALL"))}${asked}`;
    const json = body === null ? null : JSON.stringify(body);
    const curl = [
        `curl ${isStream ? "-N " : ""}${method === "GET" ? "" : `-X ${method} `}"${url}"`,
        isOpen ? null : `  -H "Authorization: Bearer ${key}"`,
        json === null ? null : "  -H 'Content-Type: application/json'",
        json === null ? null : `  -d '${json.replaceAll("'", "'\\''")}'`,
    ];
    const inCode = (/** @type {string} */ brackets) => url.replace(base, "").replaceAll(/\$(\w+)/g, (_, name) => brackets.replace("x", name.toLowerCase()));
    const pythonBody = body === null ? "" : `, json=${python(body)}`;
    const client = `client = httpx.Client(base_url="${base}"${isOpen ? "" : `,\n    headers={"Authorization": "Bearer ${key}"}`})`;
    const pythonText = isStream
        ? `import httpx\n\n${client}\nwith client.stream("GET", f"${inCode("{x}")}", timeout=None) as answer:\n    for line in answer.iter_lines():\n        print(line)`
        : `import httpx\n\n${client}\nanswer = client.${method.toLowerCase()}(f"${inCode("{x}")}"${pythonBody})\nprint(answer.json())`;
    const options = [
        method === "GET" ? null : `    method: "${method}",`,
        isOpen && json === null ? null : `    headers: { ${[isOpen ? null : `Authorization: "Bearer ${key}"`, json === null ? null : '"Content-Type": "application/json"'].filter(Boolean).join(", ")} },`,
        json === null ? null : `    body: JSON.stringify(${json}),`,
    ].filter(Boolean);
    const javascriptText = `const answer = await fetch(\`${base}${inCode("${x}")}\`, {\n${options.join("\n")}\n});\n${isStream ? "for await (const piece of answer.body.pipeThrough(new TextDecoderStream())) console.log(piece);" : "console.log(await answer.json());"}`;
    return [
        { name: "curl", language: "bash", text: curl.filter(Boolean).join(" \\\n") },
        { name: "Python", language: "python", text: pythonText },
        { name: "JavaScript", language: "javascript", text: javascriptText },
    ];
}

/** A JSON value as Python writes it. @param {any} value @returns {string} */
export function python(value) {
    if (value === null) return "None";
    if (typeof value === "boolean") return value ? "True" : "False";
    if (Array.isArray(value)) return `[${value.map(python).join(", ")}]`;
    if (typeof value === "object") return `{${Object.entries(value).map(([name, held]) => `${JSON.stringify(name)}: ${python(held)}`).join(", ")}}`;
    return JSON.stringify(value);
}
