// Small delegated behaviours for every page. Words come from data-text-* on the body, in the viewer's language.
(() => {
  "use strict";
  const text = (name) => document.body.getAttribute(`data-text-${name}`) || "";
  const token = () => document.querySelector('meta[name="csrf-token"]')?.content || "";
  const language = document.documentElement.lang || "de";

  // Toasts: the region is there from the start, so screen readers announce what is put into it.
  const TOAST_MS = 7000;
  const UNDO_MS = 10000;
  function watchToast(toast) {
    if (toast.dataset.seen) return;
    toast.dataset.seen = "1";
    if (toast.classList.contains("bad")) return; // failures stay until they are dismissed
    let timer = setTimeout(() => toast.remove(), toast.querySelector("form") ? UNDO_MS : TOAST_MS);
    const hold = () => clearTimeout(timer);
    const go = () => { hold(); timer = setTimeout(() => toast.remove(), 3000); };
    toast.addEventListener("pointerenter", hold);
    toast.addEventListener("pointerleave", go);
    toast.addEventListener("focusin", hold);
    toast.addEventListener("focusout", go);
  }
  function toast(words, tone) {
    const box = document.createElement("div");
    box.className = `toast ${tone || "info"}`;
    box.dataset.toast = "";
    const line = document.createElement("p");
    line.textContent = words;
    const close = document.createElement("button");
    close.type = "button";
    close.className = "button quiet small";
    close.dataset.dismiss = "";
    close.textContent = text("close");
    box.append(line, close);
    document.getElementById("toasts").append(box);
    watchToast(box);
  }
  // A row of tabs that is wider than the screen begins at the one that is open.
  for (const open of document.querySelectorAll(".tabs [aria-current]")) {
    const row = open.closest(".tabs");
    row.scrollLeft = open.getBoundingClientRect().left - row.getBoundingClientRect().left - (row.clientWidth - open.offsetWidth) / 2;
  }

  const toasts = document.getElementById("toasts");
  if (toasts) {
    toasts.querySelectorAll("[data-toast]").forEach(watchToast);
    new MutationObserver(() => toasts.querySelectorAll("[data-toast]").forEach(watchToast)).observe(toasts, { childList: true });
  }

  // htmx: CSRF header, errors that are never silent, focus on the summary of a refused form.
  document.addEventListener("htmx:config:request", (event) => {
    const request = event.detail.ctx.request;
    if (!/^(GET|HEAD)$/i.test(request.method)) request.headers["X-CSRF-Token"] = token();
  });
  document.addEventListener("htmx:response:error", (event) => {
    const ctx = event.detail.ctx;
    if (ctx.response.status === 422 && !/<hx-partial/.test(ctx.text || "")) return;
    if (ctx.hx?.redirect || /hx-target="#toasts"/.test(ctx.text || "")) return;
    toast(text("failed"), "bad");
  });
  document.addEventListener("htmx:error", (event) => {
    if (event.detail.ctx) toast(navigator.onLine ? text("failed") : text("offline"), "bad");
  });
  document.addEventListener("htmx:after:swap", (event) => {
    if (event.detail.ctx?.response?.status !== 422) return;
    const summary = document.querySelector("[data-error-summary]");
    if (summary) summary.focus();
  });
  document.querySelector("[data-error-summary]")?.focus();

  // Links of the summary put the cursor into the field, not only the page at its place.
  document.addEventListener("click", (event) => {
    const link = event.target.closest("[data-error-summary] a[href^='#']");
    if (!link) return;
    const field = document.getElementById(link.hash.slice(1));
    if (!field) return;
    event.preventDefault();
    (field.matches("fieldset") ? field.querySelector("input") || field : field).focus();
  });

  // One click for everything that is only a click.
  document.addEventListener("click", async (event) => {
    const dismiss = event.target.closest("[data-dismiss]");
    if (dismiss) dismiss.closest("[data-toast], .note")?.remove();
    const copy = event.target.closest("[data-copy]");
    if (copy) await copyText(copy);
    document.querySelectorAll("details[data-menu][open]").forEach((menu) => {
      if (!menu.contains(event.target)) menu.open = false;
    });
  });
  async function copyText(button) {
    try {
      await navigator.clipboard.writeText(button.dataset.copy);
    } catch {
      const area = document.createElement("textarea");
      area.value = button.dataset.copy;
      button.after(area);
      area.select();
      document.execCommand("copy");
      area.remove();
      button.focus();
    }
    toast(`${text("copied")}: ${button.dataset.copy}`, "ok");
  }
  document.addEventListener("keydown", (event) => {
    if (event.key !== "Escape") return;
    const menu = document.querySelector("details[data-menu][open]");
    if (menu) { menu.open = false; menu.querySelector("summary").focus(); }
  });

  // Theme without a page load; the form does the same by itself.
  document.addEventListener("submit", (event) => {
    const form = event.target.closest("[data-theme-form]");
    if (!form || !event.submitter) return;
    event.preventDefault();
    const chosen = event.submitter.value;
    fetch(form.action, { method: "POST", body: new FormData(form, event.submitter), redirect: "manual", keepalive: true }).catch(() => toast(text("offline"), "warn"));
    document.documentElement.dataset.theme = chosen;
    form.querySelectorAll("button[name=theme]").forEach((b) => b.setAttribute("aria-pressed", String(b.value === chosen)));
    form.closest("details").open = false;
  });

  // Filters: a select is its own button.
  document.addEventListener("change", (event) => {
    if (event.target.matches("[data-auto-submit] select")) event.target.form.requestSubmit();
  });

  // Relative times stay true while the page is open.
  const relative = new Intl.RelativeTimeFormat(language, { numeric: "always" });
  const STEPS = [["year", 31536000], ["month", 2592000], ["week", 604800], ["day", 86400], ["hour", 3600], ["minute", 60], ["second", 1]];
  function refreshTimes() {
    document.querySelectorAll("time[data-ago]").forEach((element) => {
      const seconds = (Date.parse(element.dateTime) - Date.now()) / 1000;
      const [unit, size] = STEPS.find(([, length]) => Math.abs(seconds) >= length * 0.85) || STEPS[6];
      const words = Math.abs(seconds) < 45 ? text("now") : relative.format(Math.round(seconds / size), unit);
      if (element.textContent !== words) element.textContent = words;
    });
  }
  setInterval(refreshTimes, 20000);

  // Cost that counts on between two fragments. BigInt: nano-euros of a large balance do not fit a float.
  const decimals = (1.1).toLocaleString(language)[1];
  function formatNanos(nanos, digits) {
    const negative = nanos < 0n;
    const scale = 10n ** BigInt(9 - digits);
    const units = ((negative ? -nanos : nanos) + scale / 2n) / scale;
    const base = 10n ** BigInt(digits);
    const whole = (units / base).toLocaleString(language);
    const amount = `${whole}${decimals}${String(units % base).padStart(digits, "0")}`;
    const minus = negative && units > 0n ? "\u2212" : "";
    return language === "en" ? `${minus}€${amount}` : `${minus}${amount}\u00a0€`;
  }
  function tick() {
    if (document.hidden) return;
    const now = Date.now();
    document.querySelectorAll("[data-live-cost]").forEach((element) => {
      const data = element.dataset;
      let nanos = BigInt(data.base);
      if ("running" in data) {
        const elapsed = BigInt(Math.max(0, now - Number(data.since)));
        nanos += (BigInt(data.rate) * elapsed) / 1000n;
      }
      const words = formatNanos(nanos, Number(data.digits || 2));
      if (element.textContent !== words) element.textContent = words;
    });
  }
  setInterval(tick, 1000);
  tick();
  document.addEventListener("htmx:after:settle", tick);

  // Logs of jobs show their newest line.
  const toEnd = (root) => root.querySelectorAll?.("[data-scroll-end]").forEach((log) => { log.scrollTop = log.scrollHeight; });
  toEnd(document);
  document.addEventListener("htmx:after:settle", (event) => toEnd(event.target.parentNode || document));

  // The shortcut on the search button says what this keyboard has.
  if (/Mac|iPhone|iPad/.test(navigator.platform)) {
    document.querySelectorAll("[data-shortcut]").forEach((key) => { key.textContent = "⌘ K"; });
  }
  // A page out of the browser's back cache has closed its socket and may be old.
  window.addEventListener("pageshow", (event) => { if (event.persisted) location.reload(); });

  window.kontor = { toast, text, formatNanos };
})();
