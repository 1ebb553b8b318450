// Ctrl/Cmd+K, "/" and "?". Hits are rendered by the server as role=option links; focus stays in the input.
(() => {
  "use strict";
  const palette = document.getElementById("palette");
  const shortcuts = document.getElementById("shortcuts");
  if (!palette || !palette.showModal) return;
  const input = document.getElementById("palette-input");
  const results = document.getElementById("palette-results");
  const WAIT_MS = 150;
  let timer = 0;
  let request = null;
  let selected = -1;

  const hits = () => [...results.querySelectorAll("[role=option]")];
  function select(index) {
    const all = hits();
    selected = all.length ? (index + all.length) % all.length : -1;
    all.forEach((hit, i) => {
      hit.setAttribute("aria-selected", String(i === selected));
      if (!hit.id) hit.id = `palette-hit-${i}`;
      if (i === selected) hit.scrollIntoView({ block: "nearest" });
    });
    if (selected >= 0) input.setAttribute("aria-activedescendant", all[selected].id);
    else input.removeAttribute("aria-activedescendant");
    input.setAttribute("aria-expanded", String(all.length > 0));
  }
  async function search() {
    request?.abort();
    request = new AbortController();
    const url = `${palette.dataset.url}?q=${encodeURIComponent(input.value)}`;
    try {
      const answer = await fetch(url, { headers: { "HX-Request": "true", Accept: "text/html" }, signal: request.signal, redirect: "manual" });
      if (answer.headers.get("HX-Redirect")) { location.assign(answer.headers.get("HX-Redirect")); return; }
      if (!answer.ok) return;
      const page = new DOMParser().parseFromString(await answer.text(), "text/html");
      results.replaceChildren(...page.body.childNodes);
      select(0);
    } catch (error) {
      if (error.name !== "AbortError") window.kontor.toast(window.kontor.text("failed"), "bad");
    }
  }
  function open() {
    if (palette.open) return;
    palette.showModal();
    input.select();
    search();
  }
  document.addEventListener("click", (event) => {
    const button = event.target.closest("[data-palette-open]");
    if (!button || event.ctrlKey || event.metaKey || event.shiftKey) return;
    event.preventDefault();
    open();
  });
  const typing = (target) => target.closest?.("input, textarea, select, [contenteditable]");
  document.addEventListener("keydown", (event) => {
    if ((event.ctrlKey || event.metaKey) && !event.altKey && event.key.toLowerCase() === "k") {
      event.preventDefault();
      open();
    } else if (!event.ctrlKey && !event.metaKey && !event.altKey && !typing(event.target) && !document.querySelector("dialog[open]")) {
      if (event.key === "/") { event.preventDefault(); open(); }
      if (event.key === "?" && shortcuts) { event.preventDefault(); shortcuts.showModal(); }
    }
  });
  input.addEventListener("input", () => { clearTimeout(timer); timer = setTimeout(search, WAIT_MS); });
  input.addEventListener("keydown", (event) => {
    if (event.key === "ArrowDown") { event.preventDefault(); select(selected + 1); }
    else if (event.key === "ArrowUp") { event.preventDefault(); select(selected - 1); }
    else if (event.key === "Enter") {
      const hit = hits()[selected];
      if (hit) { event.preventDefault(); location.assign(hit.href || hit.dataset.href); }
    }
  });
  results.addEventListener("click", (event) => {
    const hit = event.target.closest("[data-href]");
    if (hit) location.assign(hit.dataset.href);
  });
})();
