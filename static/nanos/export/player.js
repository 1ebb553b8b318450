// The player of an exported nano: counts what was seen of films and ticked off, keeps it with the platform that plays the
// package, and reports completion. SCORM 1.2 and 2004 through the runtime in a parent or opener window, cmi5 by statements.
(() => {
  "use strict";
  const course = JSON.parse(document.getElementById("course").textContent);
  const ENOUGH = 0.9;
  const began = Date.now();
  const seen = Array.from({ length: course.pieces }, () => 0n);
  let link = null;
  let through = false;

  const share = (bits) => { let n = 0; for (let b = bits; b; b &= b - 1n) n += 1; return n / 100; };
  const ALL = (1n << 100n) - 1n;
  const done = (number) => share(seen[number]) >= ENOUGH;
  const progress = () => seen.reduce((sum, bits) => sum + (share(bits) >= ENOUGH ? 1 : share(bits)), 0) / Math.max(1, seen.length);
  const keep = () => seen.map((bits) => bits.toString(16)).join(".");
  function restore(text) {
    if (!/^[0-9a-f]{1,25}(\.[0-9a-f]{1,25})*$/.test(text || "")) return;
    text.split(".").slice(0, seen.length).forEach((part, number) => { seen[number] = BigInt(`0x${part}`) & ALL; });
  }

  // SCORM: the runtime is in this window, one above it, or the one that opened it. What belongs to others cannot be asked.
  function find(name) {
    for (const start of [window, window.opener]) {
      for (let at = start, hops = 0; at && hops < 20; hops += 1) {
        try {
          if (at[name]) return at[name];
          if (at.parent === at) break;
          at = at.parent;
        } catch { break; }
      }
    }
    return null;
  }
  const pad = (n) => String(n).padStart(2, "0");
  function clock(seconds) {
    return `${pad(Math.floor(seconds / 3600))}:${pad(Math.floor(seconds / 60) % 60)}:${pad(seconds % 60)}`;
  }
  function scorm12() {
    const api = find("API");
    if (!api || String(api.LMSInitialize("")) !== "true") return null;
    restore(api.LMSGetValue("cmi.suspend_data"));
    through = ["completed", "passed"].includes(api.LMSGetValue("cmi.core.lesson_status"));
    if (!through) api.LMSSetValue("cmi.core.lesson_status", "incomplete");
    const save = () => {
      api.LMSSetValue("cmi.suspend_data", keep());
      if (through) api.LMSSetValue("cmi.core.lesson_status", "completed");
      api.LMSCommit("");
    };
    const end = () => {
      api.LMSSetValue("cmi.core.session_time", clock(Math.round((Date.now() - began) / 1000)));
      api.LMSSetValue("cmi.core.exit", through ? "" : "suspend");
      save();
      api.LMSFinish("");
    };
    return { save, end };
  }
  function scorm2004() {
    const api = find("API_1484_11");
    if (!api || String(api.Initialize("")) !== "true") return null;
    restore(api.GetValue("cmi.suspend_data"));
    through = api.GetValue("cmi.completion_status") === "completed";
    if (!through) api.SetValue("cmi.completion_status", "incomplete");
    const save = () => {
      api.SetValue("cmi.suspend_data", keep());
      api.SetValue("cmi.progress_measure", String(Math.min(1, Math.round(progress() * 100) / 100)));
      if (through) api.SetValue("cmi.completion_status", "completed");
      api.Commit("");
    };
    const end = () => {
      api.SetValue("cmi.session_time", `PT${Math.round((Date.now() - began) / 1000)}S`);
      api.SetValue("cmi.exit", through ? "normal" : "suspend");
      save();
      api.Terminate("");
    };
    return { save, end };
  }

  // cmi5: initialized first, completed once, terminated last; what was seen is kept as state of the activity.
  async function cmi5() {
    const asked = new URLSearchParams(window.location.search);
    const [endpoint, fetchUrl, actor, registration, activity] = ["endpoint", "fetch", "actor", "registration", "activityId"].map((name) => asked.get(name));
    if (!endpoint || !fetchUrl || !actor || !registration || !activity) return null;
    const base = endpoint.endsWith("/") ? endpoint : `${endpoint}/`;
    const answer = await fetch(fetchUrl, { method: "POST" });
    const token = (await answer.json())["auth-token"];
    if (!token) return null;
    const headers = { Authorization: `Basic ${token}`, "X-Experience-API-Version": "1.0.3", "Content-Type": "application/json" };
    const about = (id) => `${base}activities/state?${new URLSearchParams({ activityId: activity, agent: actor, registration, stateId: id })}`;
    const launch = await (await fetch(about("LMS.LaunchData"), { headers })).json();
    const kept = await fetch(about("kontor.seen"), { headers });
    if (kept.ok) restore((await kept.json()).seen);
    const span = () => `PT${Math.round((Date.now() - began) / 1000)}S`;
    const say = (verb, more, defined) => fetch(`${base}statements`, {
      method: "POST", headers, keepalive: true,
      body: JSON.stringify({
        id: crypto.randomUUID(), actor: JSON.parse(actor), timestamp: new Date().toISOString(),
        verb: { id: `http://adlnet.gov/expapi/verbs/${verb}`, display: { en: verb } },
        object: { objectType: "Activity", id: activity }, ...more,
        context: {
          ...launch.contextTemplate, registration,
          contextActivities: {
            ...(launch.contextTemplate || {}).contextActivities,
            category: [{ id: "https://w3id.org/xapi/cmi5/context/categories/cmi5" }, ...(defined ? [{ id: "https://w3id.org/xapi/cmi5/context/categories/moveon" }] : [])],
          },
        },
      }),
    });
    await say("initialized", {}, false);
    let told = false;
    const save = () => {
      fetch(about("kontor.seen"), { method: "PUT", headers, keepalive: true, body: JSON.stringify({ seen: keep() }) });
      if (through && !told && launch.launchMode !== "Browse" && launch.launchMode !== "Review") {
        told = true;
        say("completed", { result: { completion: true, duration: span() } }, true);
      }
    };
    return { save, end: () => { save(); say("terminated", { result: { duration: span() } }, false); } };
  }

  function show() {
    document.querySelector(".total progress").value = Math.round(progress() * 100);
    document.getElementById("done").hidden = !through;
    document.querySelectorAll("[data-piece]").forEach((piece) => {
      if (!done(Number(piece.dataset.piece))) return;
      piece.dataset.through = "";
      const tick = piece.querySelector("[data-tick]");
      if (tick) tick.disabled = true;
    });
  }
  function changed() {
    if (!through && seen.every((_bits, number) => done(number))) through = true;
    show();
    if (link) link.save();
  }

  document.querySelectorAll("[data-piece]").forEach((piece) => {
    const number = Number(piece.dataset.piece);
    const film = piece.querySelector("video");
    if (!film) {
      piece.querySelector("[data-tick]").addEventListener("click", () => { seen[number] = ALL; changed(); });
      return;
    }
    // The browser keeps what ran: a jump has shown nothing, and a slow machine loses nothing.
    film.addEventListener("timeupdate", () => {
      const step = (seconds) => Math.min(99, Math.floor((seconds / film.duration) * 100));
      for (let run = 0; film.duration > 0 && run < film.played.length; run += 1) {
        for (let at = step(film.played.start(run)); at <= step(film.played.end(run)); at += 1) seen[number] |= 1n << BigInt(at);
      }
      show();
    });
    film.addEventListener("pause", changed);
    film.addEventListener("ended", changed);
  });

  let ended = false;
  function end() {
    if (ended || !link) return;
    ended = true;
    link.end();
  }
  const connect = { scorm12, scorm2004, cmi5 }[course.form];
  Promise.resolve().then(connect).catch(() => null).then((found) => {
    link = found;
    document.getElementById("offline").hidden = Boolean(found);
    show();
  });
  window.addEventListener("pagehide", end);
  setInterval(() => { if (link && !ended && document.querySelector("video") && !through) link.save(); }, 30000);
})();
