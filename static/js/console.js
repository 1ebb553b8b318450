// The console: follows its end unless the reader scrolled up or paused it, filters lines, remembers commands.
(() => {
  "use strict";
  const MOST_LINES = 1000;
  const MOST_COMMANDS = 50;
  const logs = new WeakMap();

  function stateOf(view) {
    if (!logs.has(view)) logs.set(view, { paused: false, follow: true, held: [], needle: "" });
    return logs.get(view);
  }
  const logOf = (view) => view.querySelector("[data-console-log]");

  function filterLine(line, needle) {
    line.hidden = needle !== "" && !line.textContent.toLowerCase().includes(needle);
  }
  function settle(view) {
    const log = logOf(view);
    if (!log) return;
    const state = stateOf(view);
    while (log.childElementCount > MOST_LINES) log.firstElementChild.remove();
    if (state.needle) log.querySelectorAll(".console-line").forEach((line) => filterLine(line, state.needle));
    if (state.follow && !state.paused) log.scrollTop = log.scrollHeight;
  }
  // New lines arrive as children, or the whole log is replaced after a reconnect: one observer sees both.
  function watch(view) {
    if (view.dataset.watched) return;
    view.dataset.watched = "1";
    const state = stateOf(view);
    new MutationObserver((changes) => {
      const log = logOf(view);
      if (!log) return;
      if (state.paused) {
        for (const change of changes) {
          if (change.target !== log) continue;
          change.addedNodes.forEach((node) => {
            if (node.classList?.contains("console-line") && !node.dataset.held) { node.dataset.held = "1"; node.hidden = true; }
          });
        }
        return;
      }
      settle(view);
    }).observe(view, { childList: true, subtree: true });
    view.addEventListener("scroll", (event) => {
      const log = event.target;
      if (log.matches?.("[data-console-log]")) state.follow = log.scrollHeight - log.scrollTop - log.clientHeight < 24;
    }, true);
    settle(view);
  }
  const watchAll = () => document.querySelectorAll("[data-console]").forEach(watch);
  watchAll();
  document.addEventListener("htmx:after:process", watchAll);

  document.addEventListener("click", (event) => {
    const button = event.target.closest("[data-console-pause]");
    if (!button) return;
    const view = button.closest("[data-console]");
    const state = stateOf(view);
    state.paused = !state.paused;
    button.setAttribute("aria-pressed", String(state.paused));
    if (!state.paused) {
      view.querySelectorAll(".console-line[data-held]").forEach((line) => { delete line.dataset.held; line.hidden = false; });
      state.follow = true;
      settle(view);
    }
  });
  document.addEventListener("input", (event) => {
    if (!event.target.matches("[data-console-search]")) return;
    const view = event.target.closest("[data-console]");
    const state = stateOf(view);
    state.needle = event.target.value.trim().toLowerCase();
    const lines = [...view.querySelectorAll(".console-line")];
    lines.forEach((line) => filterLine(line, state.needle));
    const count = view.querySelector("[data-console-count]");
    if (count) count.textContent = state.needle ? `${lines.filter((line) => !line.hidden).length} / ${lines.length}` : "";
    settle(view);
  });

  // Commands: arrow keys walk through what was typed before, kept for this tab.
  const key = (form) => `console:${form.getAttribute("action")}`;
  const remembered = (form) => { try { return JSON.parse(sessionStorage.getItem(key(form)) || "[]"); } catch { return []; } };
  document.addEventListener("htmx:after:request", (event) => {
    const form = event.target.closest?.("[data-console-form]");
    if (!form || event.detail.ctx.response.status >= 400) return;
    const input = form.elements.command;
    const list = remembered(form).filter((line) => line !== input.value);
    if (input.value.trim()) list.push(input.value);
    try { sessionStorage.setItem(key(form), JSON.stringify(list.slice(-MOST_COMMANDS))); } catch { /* private mode: no history */ }
    delete form.dataset.at;
    input.value = "";
    input.focus();
  });
  document.addEventListener("keydown", (event) => {
    if (event.key !== "ArrowUp" && event.key !== "ArrowDown") return;
    const form = event.target.closest?.("[data-console-form]");
    if (!form) return;
    const list = remembered(form);
    if (!list.length) return;
    event.preventDefault();
    const at = form.dataset.at === undefined ? list.length : Number(form.dataset.at);
    const next = Math.max(0, Math.min(list.length, at + (event.key === "ArrowUp" ? -1 : 1)));
    form.dataset.at = String(next);
    event.target.value = list[next] || "";
  });
})();
