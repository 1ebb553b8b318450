// Around H5P's own runtime, apart from our pages: gives it what it looks for, and tells our page by messages what the package
// says about the person, without the answers, and what it wants kept. Loaded before the runtime, so that it is heard from the start.
(() => {
  "use strict";
  const given = JSON.parse(document.getElementById("kontor-package").textContent);
  const page = window.parent;
  const verbs = /^http:\/\/adlnet\.gov\/expapi\/verbs\/(attempted|initialized|progressed|answered|completed|passed|mastered|failed)$/;
  const local = "http://h5p.org/x-api/h5p-subContentId";
  const most = { statements: 50, names: 200, letters: 250000 };
  const began = Date.now();
  let kept = null;
  let statements = [];
  let silent = false;
  let timer = 0;
  window.H5PIntegration = given.integration;

  // Without an origin there is no storage, and already asking for it fails. The runtime asks; it gets one that forgets.
  for (const name of ["localStorage", "sessionStorage"]) {
    try {
      void window[name];
    } catch {
      const held = new Map();
      const stand = {
        getItem: (key) => (held.has(String(key)) ? held.get(String(key)) : null),
        setItem: (key, value) => { held.set(String(key), String(value)); },
        removeItem: (key) => { held.delete(String(key)); },
        clear: () => held.clear(),
        key: (at) => [...held.keys()][at] ?? null,
        get length() { return held.size; },
      };
      Object.defineProperty(window, name, { value: stand, configurable: true });
    }
  }

  function number() {
    const bytes = crypto.getRandomValues(new Uint8Array(16));
    bytes[6] = (bytes[6] & 15) | 64;
    bytes[8] = (bytes[8] & 63) | 128;
    const text = [...bytes].map((one) => one.toString(16).padStart(2, "0")).join("");
    return text.replace(/(.{8})(.{4})(.{4})(.{4})(.{12})/, "$1-$2-$3-$4-$5");
  }
  // Only what says how far somebody came and how well.
  function shortened(said) {
    const sub = said.object?.definition?.extensions?.[local];
    const parent = said.context?.contextActivities?.parent;
    const { score, success, completion, duration } = said.result ?? {};
    const result = {};
    if (score && typeof score === "object") {
      result.score = {};
      for (const name of ["scaled", "raw", "min", "max"]) {
        if (Number.isFinite(score[name])) result.score[name] = score[name];
      }
    }
    if (typeof success === "boolean") result.success = success;
    if (typeof completion === "boolean") result.completion = completion;
    const lasted = /^PT(\d{1,7})(?:\.(\d{1,6})\d*)?S$/.exec(duration ?? "");
    if (lasted) result.duration = `PT${lasted[1]}S`;
    return {
      id: number(), verb: { id: said.verb.id }, result,
      object: { definition: { extensions: sub ? { [local]: String(sub) } : {} } },
      context: { contextActivities: parent && parent.length ? { parent: [{}] } : {} },
    };
  }
  function data() {
    const found = {};
    let letters = 0;
    const all = given.integration.contents["cid-1"].contentUserData ?? {};
    for (const [part, names] of Object.entries(all)) {
      for (const [name, value] of Object.entries(names ?? {})) {
        const whole = `${part}/${name}`;
        if (!/^[A-Za-z0-9-]{1,64}\/[A-Za-z0-9_.-]{1,64}$/.test(whole) || typeof value !== "string" || value.includes("\0")) continue;
        letters += value.length;
        found[whole] = value;
      }
    }
    return letters > most.letters || Object.keys(found).length > most.names ? kept ?? {} : found;
  }
  function tell() {
    clearTimeout(timer);
    timer = 0;
    for (const one of window.H5P?.instances ?? []) {
      try {
        const state = typeof one.getCurrentState === "function" ? one.getCurrentState() : undefined;
        if (state !== undefined) keep(one.contentId, "state", state, { deleteOnChange: true });
      } catch { /* a package that cannot say where one is goes on from the start */ }
    }
    kept = data();
    const told = statements;
    statements = [];
    const seconds = Math.round((Date.now() - began) / 1000);
    page.postMessage({ kontor: "package", part: given.part, state: kept, statements: told, silent, seconds }, given.app);
  }
  function soon() {
    if (!timer) timer = setTimeout(tell, 1000);
  }
  let keep = () => {};

  document.addEventListener("DOMContentLoaded", () => {
    const H5P = window.H5P;
    if (!H5P?.externalDispatcher) return;
    const set = H5P.setUserData;
    keep = set.bind(H5P);
    H5P.setUserData = (...rest) => {
      set.apply(H5P, rest);
      // Asked every few seconds; what has not changed is no news.
      if (JSON.stringify(data()) !== JSON.stringify(kept)) soon();
    };
    H5P.externalDispatcher.on("xAPI", (event) => {
      const said = event.data?.statement;
      if (!verbs.test(said?.verb?.id ?? "")) return;
      statements.push(shortened(said));
      if (statements.length > most.statements) statements.shift();
      soon();
    });
    H5P.externalDispatcher.on("initialized", () => {
      const one = H5P.instances[0];
      let reachable = 0;
      try { reachable = typeof one?.getMaxScore === "function" ? Number(one.getMaxScore()) : 0; } catch { reachable = 0; }
      silent = !(reachable > 0);
      soon();
      const box = document.querySelector(".h5p-content");
      new ResizeObserver(() => {
        const height = Math.ceil(box.getBoundingClientRect().height);
        page.postMessage({ kontor: "package", part: given.part, height }, given.app);
      }).observe(box);
    });
  });
  window.addEventListener("pagehide", () => { if (timer) tell(); });
})();
