// Draws the plots of the page with uPlot: hover shows the values of one moment in all plots, a drag zooms those over
// time together, a double click shows all again.
(() => {
    const { plots, shade } = JSON.parse(document.getElementById("plots-data").textContent);
    const probe = document.createElement("i");
    document.body.append(probe);
    /** What a variable of the style sheet is now, as a canvas understands it. */
    const colour = (name) => {
        probe.style.color = `var(${name})`;
        return getComputedStyle(probe).color;
    };
    const LINES = ["--accent", "--code-value", "--code-key"];
    const isOverTime = (plot) => plot.x_label.startsWith("seconds");
    const brief = (value) => (value === null || value === undefined ? "–" : value.toLocaleString("en", { maximumSignificantDigits: 3 }));
    let drawn = [];
    let isZooming = false;

    /** Shade what is not judged. */
    const shadow = (u) => {
        const { ctx, bbox: { left, top, width, height } } = u;
        ctx.save();
        ctx.fillStyle = colour("--line");
        ctx.globalAlpha = 0.55;
        for (const [from, to] of shade) {
            const start = Math.max(left, u.valToPos(from, "x", true));
            const end = Math.min(left + width, u.valToPos(to, "x", true));
            if (end > start) ctx.fillRect(start, top, end - start, height);
        }
        ctx.restore();
    };

    const limit = (value) => (u) => {
        const { ctx, bbox: { left, width } } = u;
        const at = u.valToPos(value, "y", true);
        ctx.save();
        ctx.strokeStyle = colour("--bad");
        ctx.lineWidth = 2;
        ctx.setLineDash([8, 6]);
        ctx.beginPath();
        ctx.moveTo(left, at);
        ctx.lineTo(left + width, at);
        ctx.stroke();
        ctx.restore();
    };

    const decades = (_, __, min, max) => {
        const powers = [];
        for (let power = Math.ceil(Math.log10(min) - 1e-9); 10 ** power <= max; power += 1) powers.push(10 ** power);
        return powers;
    };

    const zoom = (u, key) => {
        if (key !== "x" || isZooming || !isOverTime(u.plot ?? { x_label: "" })) return;
        isZooming = true;
        const { min, max } = u.scales.x;
        for (const other of drawn) {
            if (other !== u && isOverTime(other.plot)) other.setScale("x", { min, max });
        }
        isZooming = false;
    };

    const draw = (figure, plot) => {
        const soft = colour("--ink-soft");
        const axis = (label, isLog) => ({
            label, stroke: soft, grid: { stroke: colour("--line"), width: 1 }, ticks: { stroke: colour("--line-strong"), width: 1, size: 5 },
            size: 58, font: "12px system-ui", labelFont: "12px system-ui", ...(isLog ? { splits: decades, filter: (_, ticks) => ticks } : {}),
            values: (_, ticks) => ticks.map((tick) => (tick === null ? "" : brief(tick))),
        });
        const series = plot.lines.map(([label], number) => ({
            label, stroke: colour(LINES[number % LINES.length]), width: 2, points: { show: !isOverTime(plot) }, value: (_, value) => brief(value),
            paths: plot.is_stepped ? uPlot.paths.stepped({ align: 1 }) : undefined, spanGaps: false,
        }));
        const values = plot.lines.flatMap(([, line]) => line).filter((each) => each !== null);
        const top = Math.max(...values, plot.limit ?? 0);
        const u = new uPlot({
            width: figure.clientWidth - 24, height: 260,
            scales: {
                x: { time: false, distr: plot.is_log_across ? 3 : 1 },
                y: plot.is_log ? { distr: 3, range: [Math.min(...values), top * 1.5] } : { range: (_, __, max) => [0, Math.max(max, plot.limit ?? 0) * 1.05 || 1] },
            },
            axes: [{ ...axis(plot.x_label, plot.is_log_across), size: 40 }, axis(plot.label, plot.is_log)],
            series: [{ label: plot.x_label, value: (_, value) => brief(value) }, ...series],
            cursor: isOverTime(plot) ? { sync: { key: "run" } } : {},
            hooks: {
                drawClear: isOverTime(plot) ? [shadow] : [],
                draw: plot.limit === null ? [] : [limit(plot.limit)],
                setScale: [zoom],
            },
        }, [plot.across, ...plot.lines.map(([, line]) => line)], figure);
        u.plot = plot;
        return u;
    };

    const drawAll = () => {
        for (const each of drawn) each.destroy();
        drawn = [...document.querySelectorAll("figure[data-plot]")].map((figure) => draw(figure, plots[figure.dataset.plot]));
    };
    drawAll();
    matchMedia("(prefers-color-scheme: dark)").addEventListener("change", drawAll);
    addEventListener("resize", () => {
        for (const each of drawn) each.setSize({ width: each.root.parentElement.clientWidth - 24, height: 260 });
    });
})();
