// The script that a customer's page names. A classic script, so that it knows its own address.
(() => {
    const script = document.currentScript;
    const page = /** @type {any} */ (window);
    const config = page.SigmicChat ?? page.XYZChat ?? {};
    if (!(script instanceof HTMLScriptElement) || config.loaded) return;
    config.loaded = true;
    page.SigmicChat = page.XYZChat = config;
    const { origin } = new URL(script.src);
    const start = () => import(`${origin}/ui/widget/widget.js`).then(({ mount }) => mount(config, origin));
    if (document.readyState === "loading") document.addEventListener("DOMContentLoaded", start, { once: true });
    else start();
})();
