// Files in pieces: how far one is, and going on after the connection broke, also after the page was left. Without this the
// form sends the file with everything else.
(() => {
  "use strict";
  const form = document.querySelector("form[data-nano-upload]");
  if (!form || !window.fetch) return;
  const part = (name) => form.querySelector(`[data-upload-${name}]`);
  const bar = part("progress").querySelector("progress");
  const input = form.querySelector("input[type=file]");
  const buttons = form.querySelectorAll("button[type=submit]");
  const { uploads, sending, checking, waiting, broken, large, limitMb } = form.dataset;
  const token = form.querySelector("input[name=csrf_token]").value;
  const PAUSES = [1, 2, 4, 8, 15, 30];
  let stopping = null;

  function show(words, share) {
    if (share === null) bar.removeAttribute("value"); else bar.value = share * 100;
    part("percent").textContent = share === null ? "" : `${Math.floor(share * 100)} %`;
    if (part("words").textContent !== words) part("words").textContent = words;
  }
  function busy(on) {
    part("progress").hidden = !on;
    part("stop").hidden = !on;
    buttons.forEach((button) => { button.disabled = on; });
  }
  function fail(words) {
    part("fault").textContent = words;
    part("fault").hidden = false;
  }
  const pause = (seconds) => new Promise((done) => { setTimeout(done, seconds * 1000); });
  // What is being sent is remembered by name, size and date, so that the same file goes on where it ended.
  const mark = (file) => `kontor-upload:${uploads}:${file.name}:${file.size}:${file.lastModified}`;
  function remember(key, value) {
    try { if (value) sessionStorage.setItem(key, value); else sessionStorage.removeItem(key); } catch { /* then it begins anew */ }
  }
  function remembered(key) { try { return sessionStorage.getItem(key); } catch { return null; } }

  async function ask(url, options = {}) {
    const answer = await fetch(url, {
      method: "POST", signal: stopping.signal, credentials: "same-origin", ...options,
      headers: { "X-CSRF-Token": token, "HX-Request": "true", ...options.headers },
    });
    const login = answer.headers.get("HX-Redirect");
    if (login) { window.location.assign(login); throw new Error("signed out"); }
    let said = {};
    try { said = await answer.json(); } catch { /* an answer without words */ }
    return { status: answer.status, said };
  }
  async function begin(file) {
    const known = remembered(mark(file));
    if (known) {
      const { status, said } = await ask(`${uploads}/${known}`, { method: "GET" });
      if (status === 200 && said.state === "open") return said;
      remember(mark(file), null);
    }
    const { status, said } = await ask(uploads, {
      body: JSON.stringify({ name: file.name, size: file.size }), headers: { "Content-Type": "application/json" },
    });
    if (status !== 201) throw Object.assign(new Error("refused"), { words: said.message });
    remember(mark(file), said.id);
    return said;
  }
  async function send(file) {
    let state = await begin(file), failures = 0;
    while (state.offset < file.size) {
      show(failures ? waiting : sending, state.offset / file.size);
      try {
        const piece = file.slice(state.offset, state.offset + state.piece);
        const { status, said } = await ask(`${uploads}/${state.id}?offset=${state.offset}`, {
          body: piece, headers: { "Content-Type": "application/octet-stream" },
        });
        if (status === 200 || (status === 409 && "offset" in said)) {
          state = { ...state, offset: said.offset };
          failures = 0;
        } else if (status >= 500 || status === 429) {
          throw new Error("later");
        } else {
          throw Object.assign(new Error("refused"), { words: said.message || broken });
        }
      } catch (error) {
        if (error.words || error.name === "AbortError" || failures >= PAUSES.length) throw error;
        show(waiting, state.offset / file.size);
        await pause(PAUSES[failures]);
        failures += 1;
      }
    }
    show(checking, null);
    const { status, said } = await ask(`${uploads}/${state.id}/finish`);
    remember(mark(file), null);
    if (status !== 200) throw Object.assign(new Error("refused"), { words: said.message });
  }

  form.addEventListener("submit", async (event) => {
    const file = input.files[0];
    if (!file) return; // nothing to send: the form goes as any other
    event.preventDefault();
    if (stopping) return;
    const then = event.submitter;
    part("fault").hidden = true;
    if (file.size > Number(limitMb) * 1024 * 1024) { fail(large); return; } // no need to send it all to hear that
    stopping = new AbortController();
    busy(true);
    try {
      await send(file);
      input.value = "";
      stopping = null;
      busy(false);
      form.requestSubmit(then);
    } catch (error) {
      stopping = null;
      busy(false);
      if (error.name !== "AbortError") fail(error.words || broken);
    }
  });
  part("stop").addEventListener("click", () => stopping?.abort());
  window.addEventListener("beforeunload", (event) => { if (stopping) event.preventDefault(); });
})();
