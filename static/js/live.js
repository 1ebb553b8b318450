// The live connection: says which parts this page shows, tells people about its state, polls when it is down.
// Opening, reconnecting and swapping are hx-ws's work.
(() => {
  "use strict";
  const owner = document.getElementById("live");
  if (!owner) return;
  const text = window.kontor.text;
  const MOST_TOPICS = 300;
  const DOWN_BEFORE_POLL_MS = 10000;
  const POLL_MS = 10000;
  const SIGNED_OUT = 1008;
  let socket = null;
  let known = new Set();
  let downSince = 0;
  let ended = false;

  const topics = () => [...document.querySelectorAll("[data-live][id]")].map((e) => e.id).slice(0, MOST_TOPICS);
  function show(state) {
    const words = { open: text("live"), waiting: text("waiting"), ended: text("ended") }[state];
    document.querySelectorAll("[data-live-state]").forEach((element) => {
      element.hidden = false;
      element.dataset.state = state;
      if (element.textContent !== words) element.textContent = words;
    });
    document.documentElement.dataset.live = state;
  }
  function subscribe() {
    if (!socket || socket.readyState !== WebSocket.OPEN) return;
    const fresh = topics().filter((topic) => !known.has(topic));
    if (!fresh.length) return;
    fresh.forEach((topic) => known.add(topic));
    socket.send(JSON.stringify({ subscribe: fresh }));
  }
  owner.addEventListener("htmx:ws:before:connection", (event) => {
    if (!topics().length) event.preventDefault(); // nothing live here: no socket
  });
  owner.addEventListener("htmx:ws:after:connection", (event) => {
    socket = event.detail.connection.socket;
    known = new Set();
    downSince = 0;
    show("open");
    subscribe();
  });
  owner.addEventListener("htmx:ws:close", (event) => {
    socket = null;
    const { code, reason } = event.detail;
    if (reason === "cancelled" || reason === "removed" || document.hidden) return;
    if (code === SIGNED_OUT) {
      ended = true;
      show("ended");
      sessionEnded();
    } else if (code !== 1000) {
      downSince ||= Date.now();
      show("waiting");
    }
  });
  function sessionEnded() {
    const here = encodeURIComponent(location.pathname + location.search);
    window.kontor.toast(text("ended"), "bad");
    const last = document.querySelector("#toasts .toast:last-child");
    if (!last || !owner.dataset.signIn) return;
    const link = document.createElement("a");
    link.href = `${owner.dataset.signIn}?next=${here}`;
    link.className = "button small primary";
    link.textContent = last.querySelector("p").textContent;
    last.querySelector("p").replaceWith(link);
  }
  document.addEventListener("htmx:after:process", subscribe);

  setInterval(() => {
    if (ended || document.hidden || !owner.dataset.poll || !downSince || Date.now() - downSince < DOWN_BEFORE_POLL_MS) return;
    const wanted = topics().map((topic) => `topic=${encodeURIComponent(topic)}`).join("&");
    if (wanted) htmx.ajax("GET", `${owner.dataset.poll}?${wanted}`, { source: owner, target: owner, swap: "none" });
  }, POLL_MS);
})();
