import core from "prismjs/components/prism-core.js";
export { core as Prism };
