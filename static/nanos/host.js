// The runtime a SCORM package looks for. It runs beside the package, apart from our pages, and tells them by messages what the
// package wants kept. In an origin of its own the package is in a frame and finds the runtime in its parent; without an
// origin this is part of the package's own page, and what it takes for its parent is a stand-in.
(() => {
  "use strict";
  const given = JSON.parse(document.getElementById("kontor-package").textContent);
  const page = window.parent;
  const kept = { ...given.kept };
  const began = Date.now();
  let timer = 0;

  function tell(kind) {
    clearTimeout(timer);
    timer = 0;
    const seconds = Math.round((Date.now() - began) / 1000);
    page.postMessage({ kontor: "package", kind, part: given.part, state: kept, seconds }, given.app);
  }
  function soon() {
    if (!timer) timer = setTimeout(() => tell("state"), 1000);
  }

  const old = given.edition === "1.2";
  const api = old ? new window.Scorm12API({ autocommit: false, logLevel: 5 }) : new window.Scorm2004API({ autocommit: false, logLevel: 5 });
  api.loadFromFlattenedJSON(given.state, "");
  const names = old ? ["LMSSetValue", "LMSCommit", "LMSFinish"] : ["SetValue", "Commit", "Terminate"];
  const set = api[names[0]].bind(api);
  // Taken where the package calls, so that only what the runtime took is kept.
  api[names[0]] = (name, value) => {
    const answer = set(name, value);
    if (String(answer) === "true") {
      kept[String(name)] = String(value);
      soon();
    }
    return answer;
  };
  for (const [name, kind] of [[names[1], "state"], [names[2], "end"]]) {
    const call = api[name].bind(api);
    api[name] = (...rest) => {
      const answer = call(...rest);
      tell(kind);
      return answer;
    };
  }
  const place = old ? "API" : "API_1484_11";
  window[place] = api;
  window.addEventListener("pagehide", () => { if (timer) tell("state"); });

  function opened() {
    if (given.talks) return;
    kept[old ? "cmi.core.lesson_status" : "cmi.completion_status"] = "completed";
    tell("end");
  }
  if (given.source) {
    document.addEventListener("DOMContentLoaded", () => {
      const frame = document.getElementById("package");
      frame.addEventListener("load", opened, { once: true });
      frame.src = given.source;
    });
  } else {
    const stand = { [place]: api };
    stand.parent = stand;
    try { Object.defineProperty(window, "parent", { value: stand, configurable: true }); } catch { /* it looks here first */ }
    window.addEventListener("load", opened);
  }
})();
