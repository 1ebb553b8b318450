// "Auslastung": replaces the drawn charts by ones that can be read at any instant and zoomed, and keeps them fresh.
(() => {
  "use strict";
  const root = document.querySelector("[data-monitoring]");
  if (!root || !window.uPlot) return;
  const find = (name) => root.querySelector(`[data-monitoring-${name}]`);
  const all = (name) => [...root.querySelectorAll(`[data-monitoring-${name}]`)];
  const word = (name, values = {}) => (root.dataset[`word${name}`] || "").replace(/\{(\w+)\}/g, (_all, key) => values[key] ?? "");
  const SHORTEST = 60;
  const LONGEST = 400 * 86400;
  const HEIGHT = 150; // pixels, as the drawn charts
  const OLDEST = 2 * 366 * 86400;
  const language = document.documentElement.lang === "en" ? "en-GB" : "de"; // as the server writes them
  const timeZone = root.dataset.zone;
  const scrub = find("scrub");
  const panels = all("panel").map((figure) => ({
    figure, tracks: figure.dataset.tracks.split(" "), unit: figure.dataset.unit, high: Number(figure.dataset.high || 0), plot: null,
  }));
  let shown = null; // what the server answered last
  let asked = Object.fromEntries(new URLSearchParams(root.dataset.query));
  let turn = 0;
  let loadedAt = 0;
  let speaking = 0;
  const before = [];

  // --- numbers and times ---
  const number = (value, digits) => new Intl.NumberFormat(language, { maximumFractionDigits: digits }).format(value);
  function size(value) {
    let i = 0;
    while (Math.abs(value) >= 1024 && i < 4) { value /= 1024; i += 1; }
    return `${number(value, i === 0 || value >= 100 ? 0 : 1)}\u00a0${["B", "KB", "MB", "GB", "TB"][i]}`;
  }
  const writers = {
    bytes: size,
    rate: (value) => `${size(value)}/s`,
    share: (value) => `${number(value * 100, value < 0.1 ? 1 : 0)}${language === "de" ? "\u00a0" : ""}%`,
    number: (value) => number(value, 1),
  };
  const formats = new Map();
  function time(at, options) {
    const key = JSON.stringify(options);
    if (!formats.has(key)) formats.set(key, new Intl.DateTimeFormat(language, { timeZone, ...options }));
    return formats.get(key).format(new Date(at * 1000));
  }
  const CLOCK = { hour: "2-digit", minute: "2-digit" };
  const DAY = { day: "numeric", month: language === "de" ? "numeric" : "short" };
  function instant(at) {
    if (shown.step >= 86400) return time(at, { day: "numeric", month: "short", year: "numeric" });
    return time(at, { day: "numeric", month: "short", ...CLOCK, ...(shown.step < 60 ? { second: "2-digit" } : {}) });
  }

  // --- colours: tokens are resolved by the browser, in the theme of the moment ---
  const probe = document.createElement("span");
  probe.hidden = true;
  root.append(probe);
  function colour(token, alpha = 1) {
    probe.style.color = `var(--${token})`;
    const found = getComputedStyle(probe).color;
    return alpha === 1 ? found : found.replace(/^rgb\(([^)]*)\)$/, `rgba($1, ${alpha})`);
  }

  // --- one chart ---
  const BYTES = [];
  for (let i = 0, unit = 1; i < 5; i += 1, unit *= 1024) [1, 2, 5, 10, 20, 50, 100, 200, 500].forEach((n) => BYTES.push(n * unit));
  function columns(panel) {
    const found = [shown.at];
    for (const name of panel.tracks) {
      const track = shown.tracks[name];
      found.push(track.low || track.mean, track.peak || track.mean, track.mean);
    }
    return found;
  }
  function labels(plot, splits, _axis, _space, step) {
    const newDay = (i) => i > 0 && time(splits[i], DAY) !== time(splits[i - 1], DAY);
    return splits.map((at, i) => (step >= 86400 || newDay(i) ? time(at, DAY) : time(at, CLOCK)));
  }
  // A value between two gaps has no line: it is shown as a dot.
  function alone(plot, number) {
    const values = plot.data[number];
    const missing = (value) => value === null || value === undefined;
    return values.map((_value, i) => i).filter((i) => !missing(values[i]) && missing(values[i - 1]) && missing(values[i + 1]));
  }
  function series(panel) {
    const found = [{}];
    panel.tracks.forEach((_name, i) => {
      const edge = { stroke: "transparent", width: 0, points: { show: false } };
      found.push(edge, { ...edge }, {
        stroke: () => colour(`series-${i + 1}`), width: 1.75, dash: i ? [7, 5] : undefined, points: { show: true, size: 4, filter: alone },
      });
    });
    return found;
  }
  function marks(plot) {
    const pen = plot.ctx;
    const scale = window.devicePixelRatio || 1;
    pen.save();
    for (const event of shown.events) {
      if (event.at < shown.since || event.at > shown.until) continue;
      const x = plot.valToPos(event.at, "x", true);
      pen.strokeStyle = pen.fillStyle = colour({ ok: "ok", warn: "warn", bad: "bad" }[event.tone] || "edge");
      pen.lineWidth = scale;
      pen.setLineDash([2 * scale, 3 * scale]);
      pen.beginPath();
      pen.moveTo(x, plot.bbox.top);
      pen.lineTo(x, plot.bbox.top + plot.bbox.height);
      pen.stroke();
      pen.setLineDash([]);
      pen.beginPath();
      if (event.tone === "bad") {
        pen.moveTo(x - 5 * scale, 2 * scale);
        pen.lineTo(x + 5 * scale, 2 * scale);
        pen.lineTo(x, 11 * scale);
      } else {
        pen.arc(x, 7 * scale, 3.5 * scale, 0, 7);
      }
      pen.fill();
    }
    pen.restore();
  }
  function options(panel, width) {
    const write = writers[panel.unit];
    const axis = { stroke: () => colour("muted"), font: "12px Inter, system-ui, sans-serif", grid: { stroke: () => colour("line"), width: 1 }, ticks: { show: false } };
    return {
      width, height: HEIGHT, padding: [14, 8, 0, 0], legend: { show: false },
      tzDate: (at) => window.uPlot.tzDate(new Date(at * 1000), timeZone),
      scales: { x: { time: true, range: () => [shown.since, shown.until] }, y: { range: (_u, _low, high) => [0, Math.max(panel.high, (high || 0) * 1.05) || 1] } },
      axes: [{ ...axis, size: 30, space: 64, values: labels }, { ...axis, size: 68, space: 32, incrs: panel.unit === "bytes" || panel.unit === "rate" ? BYTES : undefined, values: (_u, splits) => splits.map(write) }],
      series: series(panel),
      bands: panel.tracks.map((_name, i) => ({ series: [i * 3 + 2, i * 3 + 1], fill: () => colour(`series-${i + 1}`, 0.2) })),
      cursor: { y: false, sync: { key: "monitoring", scales: ["x", null] }, drag: { x: true, y: false, setScale: false }, bind: { dblclick: () => () => null } },
      hooks: {
        draw: [marks],
        // The charts share one pointer and tell of it all at once: only the one it is over is listened to.
        setCursor: [(plot) => { if (pointed === panel) point(plot.cursor.left < 0 ? null : plot.cursor.idx); }],
        setSelect: [(plot) => { if (pointed === panel && plot.select.width >= 6) chosen(plot); }],
      },
    };
  }
  function build() {
    for (const panel of panels) {
      panel.plot?.destroy();
      panel.figure.querySelectorAll("[data-monitoring-drawn]").forEach((drawn) => drawn.remove());
      let place = panel.figure.querySelector(".monitoring-canvas");
      if (!place) {
        place = document.createElement("div");
        place.className = "monitoring-canvas";
        place.setAttribute("aria-hidden", "true");
        panel.figure.append(place);
      }
      panel.plot = new window.uPlot(options(panel, place.clientWidth || 600), columns(panel), place);
      const touch = (event) => {
        if (event.pointerType !== "touch") return;
        const box = panel.plot.over.getBoundingClientRect();
        move(panel.plot.posToIdx(event.clientX - box.left));
      };
      panel.plot.over.addEventListener("pointerenter", () => { pointed = panel; });
      panel.plot.over.addEventListener("dblclick", goBack);
      panel.plot.over.addEventListener("pointerdown", touch);
      panel.plot.over.addEventListener("pointermove", touch);
    }
  }
  function chosen(plot) {
    const [since, until] = [plot.select.left, plot.select.left + plot.select.width].map((x) => plot.posToVal(x, "x"));
    panels.forEach((panel) => panel.plot.setSelect({ left: 0, top: 0, width: 0, height: 0 }, false));
    zoom(since, until);
  }

  // --- reading values at an instant ---
  let at = null; // the number of the point that is read
  let pointed = null; // the panel under the mouse
  function valueOf(name, unit, i) {
    const track = shown.tracks[name];
    const value = track.mean[i];
    if (value === null || value === undefined) return word("Gap");
    const [low, peak] = [(track.low || track.mean)[i], (track.peak || track.mean)[i]];
    const write = writers[unit];
    return write(low) === write(peak) ? write(value) : `${write(value)} (${word("Range", { low: write(low), peak: write(peak) })})`;
  }
  function happenedAt(i) {
    const end = i + 1 < shown.at.length ? shown.at[i + 1] : shown.until;
    return shown.events.filter((event) => event.at >= shown.at[i] && event.at < end).map((event) => event.text);
  }
  function point(i, again = false) {
    const to = i === undefined || i === null || i < 0 || i >= shown.at.length ? null : i;
    if (to === at && !again) return;
    at = to;
    for (const panel of panels) {
      const text = at === null ? "" : panel.tracks.map((name) => valueOf(name, panel.unit, at)).join(" · ");
      panel.figure.querySelector("[data-monitoring-value]").textContent = text;
      for (const name of panel.tracks) {
        const cell = root.querySelector(`[data-monitoring-row="${name}"] [data-monitoring-pointer]`);
        const value = at === null ? null : shown.tracks[name].mean[at];
        cell.textContent = value === null || value === undefined ? "–" : writers[panel.unit](value);
      }
    }
    find("instant").textContent = at === null ? "" : [instant(shown.at[at]), ...happenedAt(at)].join(" – ");
    if (at !== null) {
      scrub.value = String(at);
      scrub.setAttribute("aria-valuetext", instant(shown.at[at]));
    }
  }
  // By keyboard or finger: the charts follow, and what stands there is said once the pointer rests.
  function move(i) {
    const to = Math.max(0, Math.min(shown.at.length - 1, i));
    for (const panel of panels) panel.plot.setCursor({ left: panel.plot.valToPos(shown.at[to], "x"), top: 20 }, false, false);
    point(to);
    clearTimeout(speaking);
    speaking = setTimeout(() => {
      const parts = panels.flatMap((panel) => panel.tracks.map((name) => {
        const title = root.querySelector(`[data-monitoring-row="${name}"] th`).textContent;
        return `${title} ${valueOf(name, panel.unit, to)}`;
      }));
      say([instant(shown.at[to]), ...happenedAt(to), ...parts].join(", "));
    }, 250);
  }
  const say = (text) => { find("said").textContent = text; };

  // --- which stretch of time ---
  const now = () => Date.now() / 1000;
  function zoom(since, until) {
    let [low, high] = since < until ? [since, until] : [until, since];
    if (high - low < SHORTEST) { const middle = (low + high) / 2; [low, high] = [middle - SHORTEST / 2, middle + SHORTEST / 2]; }
    high = Math.min(high, now());
    low = Math.max(low, now() - OLDEST, high - LONGEST);
    if (high - low < SHORTEST - 1) low = high - SHORTEST;
    before.push(asked);
    show({ from: Math.floor(low), to: Math.ceil(high) });
  }
  function goBack() {
    if (before.length) show(before.pop());
  }
  function shift(key) {
    const [since, until] = [shown.since, shown.until];
    const middle = at === null ? (since + until) / 2 : shown.at[at];
    const length = until - since;
    if (key === "in") zoom(middle - length / 4, middle + length / 4);
    else if (key === "out") zoom(since - length / 2, until + length / 2);
    else if (key === "earlier") zoom(since - length / 2, until - length / 2);
    else if (until < now() - 5) zoom(since + Math.min(length / 2, now() - until), Math.min(now(), until + length / 2));
  }
  async function show(wanted, { quiet = false } = {}) {
    const mine = ++turn;
    if (!quiet) root.setAttribute("aria-busy", "true");
    try {
      const answer = await fetch(`${root.dataset.monitoring}?${new URLSearchParams({ ...wanted, lang: document.documentElement.lang })}`, { headers: { Accept: "application/json" } });
      if (!answer.ok) throw new Error(String(answer.status));
      const found = await answer.json();
      if (mine !== turn) return;
      const instantBefore = at === null ? null : shown.at[at];
      [asked, shown, loadedAt] = [wanted, found, now()];
      render(instantBefore, quiet);
      find("problem").hidden = true;
    } catch {
      if (mine === turn && !quiet) { find("problem").hidden = false; say(word("Failed")); }
    } finally {
      if (mine === turn) root.removeAttribute("aria-busy");
    }
  }

  // --- the page around the charts ---
  function render(kept, quiet) {
    if (panels[0].plot) panels.forEach((panel) => panel.plot.setData(columns(panel)));
    else build();
    scrub.max = String(shown.at.length - 1);
    scrub.disabled = false;
    point(kept === null ? null : shown.at.findLastIndex((start) => start <= kept), true);
    find("step").textContent = shown.step_text;
    for (const [name, values] of Object.entries(shown.figures)) {
      root.querySelectorAll(`[data-monitoring-row="${name}"] [data-monitoring-figure]`).forEach((cell, i) => { cell.textContent = values[i]; });
    }
    all("sum").forEach((cell, i) => { cell.textContent = shown.sums[i]; });
    all("window").forEach((link) => (link.dataset.monitoringWindow === shown.window ? link.setAttribute("aria-current", "true") : link.removeAttribute("aria-current")));
    find("back").hidden = !before.length;
    listEvents();
    listValues();
    document.getElementById("monitoring-csv").href = shown.csv;
    if (quiet) return;
    history.replaceState(history.state, "", shown.page);
    if (loadedOnce) say(word("Shown", { since: instant(shown.since), until: instant(shown.until), step: shown.step_text }));
    loadedOnce = true;
  }
  let loadedOnce = false;
  function element(name, text, attributes = {}) {
    const made = document.createElement(name);
    made.textContent = text;
    Object.entries(attributes).forEach(([key, value]) => made.setAttribute(key, value));
    return made;
  }
  function listEvents() {
    const list = find("events");
    list.replaceChildren(...[...shown.events].reverse().map((event) => {
      const line = element("li", "", event.tone ? { class: event.tone } : {});
      line.append(element("span", event.when, { class: "when" }), " ", element("span", event.detail ? `${event.text} – ${event.detail}` : event.text));
      return line;
    }));
    list.hidden = !shown.events.length;
    find("no-events").hidden = shown.events.length > 0;
  }
  function listValues() {
    find("values").replaceChildren(...shown.values.map((row) => {
      const line = document.createElement("tr");
      line.append(...row.map((cell, i) => (i ? element("td", cell, { class: "number" }) : element("th", cell, { scope: "row" }))));
      return line;
    }));
  }

  // --- what people do ---
  scrub.addEventListener("input", () => move(Number(scrub.value)));
  root.addEventListener("click", (event) => {
    if (event.ctrlKey || event.metaKey || event.shiftKey || !shown) return;
    const link = event.target.closest("[data-monitoring-window], [data-monitoring-move]");
    if (link) {
      event.preventDefault();
      if (link.dataset.monitoringMove) shift(link.dataset.monitoringMove);
      else { before.push(asked); show({ window: link.dataset.monitoringWindow }); }
    } else if (event.target.closest("[data-monitoring-back]")) goBack();
  });
  root.addEventListener("keydown", (event) => {
    if (!shown || event.ctrlKey || event.metaKey || event.altKey || event.target.closest("form")) return;
    if (event.key === "+" || event.key === "-") shift(event.key === "+" ? "in" : "out");
    else if (event.key === "Escape" && before.length) goBack();
    else return;
    event.preventDefault();
  });
  new ResizeObserver(() => panels.forEach((panel) => {
    const width = panel.figure.querySelector(".monitoring-canvas")?.clientWidth;
    if (panel.plot && width && width !== panel.plot.width) panel.plot.setSize({ width, height: HEIGHT });
  })).observe(find("charts"));
  const repaint = () => panels.forEach((panel) => panel.plot?.redraw(false));
  new MutationObserver(repaint).observe(document.documentElement, { attributes: true, attributeFilter: ["data-theme"] });
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", repaint);
  // The live part above tells that there is something new; a stretch that reaches up to now follows.
  new MutationObserver(() => {
    if (shown?.window && !document.hidden && now() - loadedAt >= Math.max(9, shown.step * 0.9)) show(asked, { quiet: true });
  }).observe(root.parentElement, { subtree: true, childList: true, attributes: true, attributeFilter: ["data-monitoring-now"] });

  all("pointer").forEach((cell) => { cell.hidden = false; });
  all("move").forEach((link) => { link.removeAttribute("aria-disabled"); link.removeAttribute("role"); if (!link.getAttribute("href")) link.href = location.href; });
  find("reader").hidden = find("help").hidden = false;
  show(asked);
})();
