// Bundle the libraries of the pages into mock_server/sigmic_mock/web/vendor, each with its licence, and write vendor.json.
// `node vendor.mjs` writes; `node vendor.mjs --check` compares with what is committed. The modules are looked for in
// SIGMIC_NODE_MODULES, else beside this file.
import { createHash } from "node:crypto";
import { mkdir, readFile, readdir, writeFile } from "node:fs/promises";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

const HERE = dirname(fileURLToPath(import.meta.url));
const TARGET = join(HERE, "..", "..", "mock_server", "sigmic_mock", "web", "vendor");
const MODULES = process.env.SIGMIC_NODE_MODULES ?? join(HERE, "node_modules");
const BUNDLES = {
    "preact.js": ["preact", "htm", "@preact/signals", "@preact/signals-core"],
    "marked.js": ["marked"],
    "prism.js": ["prismjs"],
    "eventsource-parser.js": ["eventsource-parser"],
};
const { build } = createRequire(join(MODULES, "_"))("esbuild");

/** Bundle one file; returns its bytes. */
async function bundled(file) {
    const result = await build({
        entryPoints: [join(HERE, "entries", file)],
        bundle: true,
        format: "esm",
        target: "es2022",
        minify: true,
        legalComments: "none",
        charset: "utf8",
        write: false,
        nodePaths: [MODULES],
        // Prism would look for code to colour in the page that it is loaded in: it sees no page.
        define: file === "prism.js" ? { window: "undefined", document: "undefined", global: "undefined" } : {},
        inject: file === "prism.js" ? [join(HERE, "entries", "prism-core.js")] : [],
    });
    return Buffer.from(result.outputFiles[0].contents);
}

/** What a package says of itself, and the text of its licence. */
async function described(name) {
    const folder = join(MODULES, name);
    const { version, license } = JSON.parse(await readFile(join(folder, "package.json"), "utf8"));
    const file = (await readdir(folder)).find((each) => /^licen[sc]e/i.test(each));
    return { name, version, licence: license, text: file ? await readFile(join(folder, file), "utf8") : null };
}

const written = new Map();
const libraries = [];
for (const [file, names] of Object.entries(BUNDLES)) {
    const bytes = await bundled(file);
    written.set(file, bytes);
    const packages = [];
    for (const name of names) {
        const { text, ...said } = await described(name);
        const licenceFile = `licences/${name.replace("@", "").replace("/", "-")}.txt`;
        if (text === null) throw new Error(`${name} comes without the text of its licence`);
        written.set(licenceFile, Buffer.from(text));
        packages.push({ ...said, licenceFile });
    }
    libraries.push({ file, sha256: createHash("sha256").update(bytes).digest("hex"), packages });
}
written.set("vendor.json", Buffer.from(`${JSON.stringify({ libraries }, null, 2)}\n`));

const differing = [];
for (const [name, bytes] of written) {
    const path = join(TARGET, name);
    if (process.argv.includes("--check")) {
        const held = await readFile(path).catch(() => Buffer.alloc(0));
        if (!held.equals(bytes)) differing.push(name);
    } else {
        await mkdir(dirname(path), { recursive: true });
        await writeFile(path, bytes);
    }
}
if (differing.length > 0) {
    console.error(`mock_server/sigmic_mock/web/vendor differs from what tools/vendoring/vendor.mjs makes: ${differing.join(", ")}`);
    process.exit(1);
}
