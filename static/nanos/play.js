// Learning: a film tells now and then what was seen of it; a package tells by messages what it wants kept. The server decides
// what counts. Without this, films play and are not counted, packages do not run, everything else is a form.
(() => {
  "use strict";
  const root = document.querySelector("[data-play]");
  if (!root || !window.fetch) return;
  const { url, origin, part, records } = root.dataset;
  const token = document.querySelector("meta[name=csrf-token]").content;
  const bar = document.querySelector("[data-play-whole]");
  const state = document.querySelector("[data-play-state]");
  const tick = root.querySelector("[data-play-tick]");
  const trouble = root.querySelector("[data-play-trouble]");
  let begun = !records; // of drafts nothing is written
  let sending = false;
  let waiting = null;

  function show(said) {
    if (bar) {
      bar.querySelector("progress").value = said.whole;
      bar.querySelector("b").textContent = `${said.whole} %`;
    }
    const here = document.querySelector("[aria-current=true] [data-play-piece]");
    if (here) here.textContent = said.progress >= 100 ? here.dataset.done : `${said.progress} %`;
    if (said.done && state && state.hidden) state.hidden = false;
  }
  async function post(body) {
    const text = JSON.stringify(body);
    const answer = await fetch(url, {
      method: "POST", body: text, credentials: "same-origin", keepalive: text.length < 60000,
      headers: { "Content-Type": "application/json", "X-CSRF-Token": token, "HX-Request": "true" },
    });
    if (answer.status === 429 || answer.status >= 500) throw new Error(String(answer.status)); // told again in a while
    const login = answer.headers.get("HX-Redirect");
    if (login) window.location.assign(login);
    trouble.hidden = answer.ok;
    return answer.ok ? answer.json() : null;
  }
  // One at a time, so that what was said last is written last; `join` puts together what waits with what comes.
  async function send(body, join) {
    if (!records) return;
    waiting = waiting ? join(waiting, body) : body;
    if (sending) return;
    sending = true;
    while (waiting) {
      const now = waiting;
      waiting = null;
      try {
        if (!begun) begun = Boolean(await post({ begin: true, part }));
        const said = now.begin ? null : await post(now);
        if (said) show(said);
        if (said && tick && now.silent && said.progress < 100) tick.hidden = false;
      } catch {
        trouble.hidden = false;
        waiting = waiting ? join(now, waiting) : now;
        await new Promise((done) => { setTimeout(done, 5000); });
      }
    }
    sending = false;
  }
  // Of what a package keeps the last is all; what it said about the person is gathered.
  const later = (one, two) => {
    if (two.begin || !two.statements) return two.begin && !one.begin ? one : two;
    return { ...two, statements: [...(one.statements ?? []), ...two.statements].slice(-50) };
  };

  const film = root.querySelector("video");
  if (film) {
    let spans = [];
    let from = null;
    let ran = 0;
    let since = 0;
    const both = (one, two) => (one.begin ? two : { ...two, seconds: one.seconds + two.seconds, spans: [...one.spans, ...two.spans].slice(-40) });
    film.addEventListener("play", () => send({ begin: true }, both), { once: true });
    const close = () => {
      if (from === null) return;
      if (film.currentTime > from) spans.push([from, film.currentTime]);
      ran += (performance.now() - since) / 1000;
      from = null;
    };
    const open = () => {
      if (film.paused || film.seeking || from !== null) return;
      from = film.currentTime;
      since = performance.now();
    };
    let last = 0;
    const flush = () => {
      last = film.currentTime;
      close();
      open();
      if (!spans.length) return;
      const length = Number.isFinite(film.duration) ? film.duration : null;
      send({ seconds: ran, spans: spans.slice(-40), length }, both);
      spans = [];
      ran = 0;
    };
    film.addEventListener("playing", open);
    film.addEventListener("timeupdate", () => {
      if (!film.seeking) last = film.currentTime;
      else if (from !== null) { // where it was before somebody jumped
        if (last > from) spans.push([from, last]);
        ran += (performance.now() - since) / 1000;
        from = null;
      }
    });
    film.addEventListener("seeking", () => {
      if (from === null) return;
      if (last > from) spans.push([from, last]);
      ran += (performance.now() - since) / 1000;
      from = null;
    });
    film.addEventListener("seeked", open);
    film.addEventListener("pause", flush);
    film.addEventListener("ended", flush);
    setInterval(() => { if (!film.paused) flush(); }, 5000);
    document.addEventListener("visibilitychange", () => { if (document.hidden) flush(); });
  }

  const frame = root.querySelector("iframe");
  if (frame) {
    window.addEventListener("message", (event) => {
      const said = event.data;
      if (event.source !== frame.contentWindow || event.origin !== (origin || "null")) return;
      if (!said || said.kontor !== "package" || said.part !== part) return;
      if (Number.isFinite(said.height)) { // no empty room below a short exercise; what is long scrolls inside
        frame.style.blockSize = `clamp(15rem, ${Math.min(4000, Math.max(0, said.height)) + 2}px, min(75vh, 44rem))`;
        return;
      }
      const more = Array.isArray(said.statements) ? { statements: said.statements.slice(-50), silent: said.silent === true } : {};
      const told = { part, state: said.state, seconds: said.seconds, ...more };
      try {
        if (JSON.stringify(told).length <= 400000) send(told, later);
      } catch { /* nothing that could be written down */ }
    });
    send({ begin: true }, later);
    frame.src = frame.dataset.src;
    const wide = root.querySelector("[data-play-wide]");
    if (wide && frame.requestFullscreen) {
      wide.hidden = false;
      wide.addEventListener("click", () => frame.requestFullscreen());
    }
  }
})();
