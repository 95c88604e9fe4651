// Origins as people write them, and as the platform compares them: exactly.

/**
 * Read origins, one a line. What a browser would never send is told, not corrected.
 * @param {string} text @returns {{ origins: string[], problem: string | null }}
 */
export function readOrigins(text) {
    const origins = new Set();
    for (const line of text.split("\n").map((it) => it.trim()).filter((it) => it !== "")) {
        if (line.includes("*")) return { origins: [], problem: `${line} contains a wildcard. Origins must match exactly: list each one, for example https://shop.example.` };
        let url;
        try {
            url = new URL(line);
        } catch {
            return { origins: [], problem: `${line} is not an origin. Start with https:// or http://, for example https://shop.example.` };
        }
        if (url.protocol !== "https:" && url.protocol !== "http:") return { origins: [], problem: `${line} is not a page's origin. Start with https:// or http://.` };
        if (url.pathname !== "/" || url.search !== "" || url.hash !== "" || url.username !== "") {
            return { origins: [], problem: `${line} contains more than an origin. Enter ${url.origin}, which is what a browser sends.` };
        }
        origins.add(url.origin);
    }
    return { origins: [...origins], problem: null };
}

/** The two tags of a customer's page, as the documentation shows them. @param {string} host */
export function tagsFor(host) {
    return `<script>
  window.SigmicChat = {
    host: "${host}",
    // Your backend exchanges appId and appSecret for a token: POST ${host}/api/v1/auth/token
    fetchToken: () => fetch("/api/chat-token").then((answer) => answer.json()).then(({ data }) => data.token),
  };
</script>
<script src="${host}/widget/sigmic-chat.js" async></script>`;
}
