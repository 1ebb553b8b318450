// A room. The live connection delivers what happens there as data; numbers say what is missing, and that is fetched.
// Listening comes first and asking afterwards, so nothing falls between the two; what is known already is left out.
(() => {
  "use strict";
  const chat = document.querySelector("[data-chat]");
  if (!chat) return;
  const url = chat.dataset.chat;
  const me = chat.dataset.me;
  const log = chat.querySelector("[data-chat-log]");
  const list = chat.querySelector("[data-chat-lines]");
  const blank = chat.querySelector("[data-chat-blank]");
  const words = (name) => chat.getAttribute(`data-text-${name}`);
  const language = document.documentElement.lang || "de";
  const zone = { timeZone: chat.dataset.zone };
  const clock = new Intl.DateTimeFormat(language, { ...zone, hour: "2-digit", minute: "2-digit", hourCycle: "h23" });
  const day = new Intl.DateTimeFormat(language, { ...zone, day: "numeric", month: "short", year: "numeric" });
  const unwanted = new Set((chat.dataset.hidden || "").split(" ").filter(Boolean));
  const SAME_BREATH_MS = 300000;
  const JSON_PLEASE = { Accept: "application/json" };
  const token = () => document.querySelector('meta[name="csrf-token"]')?.content || "";
  let seq = Number(chat.dataset.seq);
  let changes = Number(chat.dataset.changes);

  const atEnd = () => log.scrollHeight - log.scrollTop - log.clientHeight < 48;
  const toEnd = () => { log.scrollTop = log.scrollHeight; };
  if (blank && !location.hash.startsWith("#m-")) {
    const fresh = list.querySelector("[data-new]");
    if (fresh) log.scrollTop = fresh.offsetTop - log.offsetTop - 48;
    else toEnd();
  }
  if (!blank) return; // an older page stays as it is

  // --- one line -------------------------------------------------------------------------------------------
  function fill(line, message) {
    line.id = `m-${message.seq}`;
    Object.assign(line.dataset, { seq: message.seq, author: message.author, at: message.at, change: message.change });
    const own = message.author === me;
    const hidden = unwanted.has(message.author);
    line.classList.toggle("own", own);
    line.querySelector(".chat-who b").textContent = message.name || words("nobody");
    const time = line.querySelector("time");
    time.dateTime = message.at;
    time.textContent = clock.format(new Date(message.at));
    const text = line.querySelector(".chat-text");
    text.classList.toggle("gone", message.deleted || hidden);
    text.replaceChildren(...(hidden ? [words("hidden")] : message.deleted ? [words("gone")] : message.parts.map(piece)));
    const files = line.querySelector("[data-files]");
    files.replaceChildren(...(hidden ? [] : message.files || []).map((file) => attached(message, file)));
    files.hidden = !files.childElementCount;
    line.querySelectorAll(".chat-acts a").forEach((link) => {
      link.setAttribute("href", link.getAttribute("href").replace(/(\{|%7B)id(\}|%7D)/i, message.id));
      const versions = "versions" in link.dataset;
      if (versions) link.lastChild.textContent = link.lastChild.textContent.replace("{n}", message.seq);
      else link.setAttribute("aria-label", link.getAttribute("aria-label").replace("{n}", message.seq));
      if (versions && message.deleted) link.firstChild.textContent = words("deleted");
      const report = "report" in link.dataset;
      if (versions ? !(message.deleted ? own : message.edited) : own === report || message.deleted) link.remove();
    });
  }
  function attached(message, file) {
    const item = document.createElement("li");
    const link = document.createElement("a");
    link.href = `${url}/${message.id}/datei/${file.id}`;
    link.download = "";
    if (file.width) link.append(Object.assign(new Image(file.width, file.height), { src: `${link.href}/bild`, alt: "", loading: "lazy" }));
    const name = document.createElement("span");
    name.textContent = file.name;
    const size = document.createElement("small");
    size.className = "muted";
    const units = ["B", "KB", "MB"];
    let [amount, unit] = [file.size, 0];
    while (amount >= 1024 && unit < 2) [amount, unit] = [amount / 1024, unit + 1];
    const digits = unit && amount < 100 && !Number.isInteger(amount) ? 1 : 0;
    size.textContent = `${new Intl.NumberFormat(language, { minimumFractionDigits: digits, maximumFractionDigits: digits }).format(amount)}\u00a0${units[unit]}`;
    link.append(name, " ", size);
    item.append(link);
    return item;
  }
  function piece([said, person]) {
    if (!person) return said;
    const mark = document.createElement("mark");
    mark.textContent = said;
    if (person === me) mark.className = "me";
    return mark;
  }
  // Places a line by its number; one that is there is only renewed by a later change. True when it is new.
  function put(message) {
    const there = document.getElementById(`m-${message.seq}`);
    if (there && Number(there.dataset.change) >= message.change) return false;
    const line = blank.content.cloneNode(true).querySelector("li");
    fill(line, message);
    if (there) there.replaceWith(line);
    else {
      const lines = [...list.querySelectorAll(".chat-line")];
      if (!lines.length && message.seq > 1 && message.seq <= seq) return false; // a change to what this page does not show
      if (lines.length && message.seq < Number(lines[0].dataset.seq)) return false;
      const before = lines.reverse().find((one) => Number(one.dataset.seq) < message.seq);
      if (before) before.after(line); else list.prepend(line);
    }
    arrange(line);
    chat.querySelector("[data-chat-empty]").hidden = true;
    return !there;
  }
  function lineBefore(line) {
    let one = line.previousElementSibling;
    while (one && !one.matches(".chat-line")) one = one.previousElementSibling;
    return one;
  }
  function arrange(line) {
    const before = lineBefore(line);
    const at = new Date(line.dataset.at);
    const newDay = !before || day.format(new Date(before.dataset.at)) !== day.format(at);
    const above = line.previousElementSibling;
    const divided = above && !above.matches(".chat-line");
    const apart = before ? at - new Date(before.dataset.at) : Infinity;
    line.classList.toggle("follows", !newDay && !divided && before.dataset.author === line.dataset.author && apart <= SAME_BREATH_MS);
    if (!newDay || above?.matches("[data-day]")) return;
    const head = document.createElement("li");
    head.className = "chat-day";
    head.dataset.day = "";
    const time = document.createElement("time");
    time.dateTime = line.dataset.at;
    time.textContent = day.format(at);
    head.append(time);
    line.before(head);
  }

  // --- what comes over the live connection, and what is missing ---------------------------------------------
  function take(message) {
    if (message.typing) return typing(message);
    if (message.author !== me) stopTyping(message.author);
    const follow = atEnd();
    if (message.change) {
      if (message.change > changes + 1 || message.seq > seq) return catchUp();
      changes = Math.max(changes, message.change);
      put(message);
    } else if (message.seq <= seq) put(message);
    else if (message.seq === seq + 1) {
      seq = message.seq;
      put(message);
      if (follow || message.author === me) toEnd();
      readSoon();
    } else catchUp();
  }
  let running = false;
  let again = false;
  let wait = 1000;
  async function catchUp() {
    if (running) { again = true; return; }
    running = true;
    try {
      do {
        again = false;
        const answer = await fetch(`${url}/stand?nach=${seq}&aenderung=${changes}`, { headers: JSON_PLEASE, cache: "no-store" });
        if (answer.status === 404 || answer.status === 401) return location.reload();
        if (!answer.ok) throw new Error(answer.status);
        const news = await answer.json();
        if (news.anew) return location.reload();
        const follow = atEnd();
        news.messages.forEach(put);
        seq = Math.max(seq, news.seq);
        changes = Math.max(changes, news.changes);
        if (follow) toEnd();
        again ||= news.more;
        wait = 1000;
      } while (again);
      readSoon();
    } catch {
      setTimeout(catchUp, wait);
      wait = Math.min(wait * 2, 15000);
    } finally {
      running = false;
    }
  }
  const feed = chat.querySelector("[data-chat-feed]");
  new MutationObserver((records) => {
    records.forEach((record) => record.addedNodes.forEach((node) => {
      const found = node.nodeType !== 1 ? [] : node.matches("data") ? [node] : node.querySelectorAll("data");
      found.forEach((one) => { take(JSON.parse(one.value)); one.remove(); });
    }));
    const now = feed.firstElementChild;
    if (now && "gone" in now.dataset) catchUp(); // withdrawn: the answer says so, and the page is loaded anew
    else if (now && (Number(now.dataset.seq) > seq || Number(now.dataset.changes) > changes)) catchUp();
  }).observe(feed, { childList: true, subtree: true, attributes: true, attributeFilter: ["data-seq", "data-changes"] });

  // --- reading: only what stands in sight --------------------------------------------------------------------
  let read = Number(chat.dataset.read);
  let marked = "marked" in chat.dataset;
  let readTimer = 0;
  function readSoon() {
    clearTimeout(readTimer);
    readTimer = setTimeout(() => {
      if (document.hidden || (seq <= read && !marked) || !atEnd()) return;
      marked = false;
      const body = new URLSearchParams({ bis: seq, csrf_token: token() });
      const upto = seq;
      fetch(`${url}/gelesen`, { method: "POST", body, headers: JSON_PLEASE }).then((answer) => { if (answer.ok) read = Math.max(read, upto); }).catch(() => {});
    }, 400);
  }
  log.addEventListener("scroll", readSoon, { passive: true });
  document.addEventListener("visibilitychange", readSoon);
  readSoon();

  // --- whether the other is here: asked once a minute while the page is looked at -----------------------------------
  const here = document.querySelector("[data-chat-here]");
  if (here) {
    setInterval(async () => {
      if (document.hidden) return;
      try {
        const answer = await fetch(`${url}/da`, { headers: JSON_PLEASE, cache: "no-store" });
        if (answer.ok) here.hidden = !(await answer.json()).here;
      } catch { /* the sign stays as it is */ }
    }, 60000);
  }

  // --- who is writing: kept nowhere ----------------------------------------------------------------------------
  const writers = new Map();
  const note = chat.querySelector("[data-chat-typing]");
  const showTyping = () => { note.textContent = writers.size ? words("typing").replace("{who}", [...writers.values()].map((one) => one.name).join(", ")) : ""; };
  function stopTyping(person) {
    if (!writers.has(person)) return;
    clearTimeout(writers.get(person).timer);
    writers.delete(person);
    showTyping();
  }
  function typing({ typing: person, name }) {
    if (person === me) return;
    clearTimeout(writers.get(person)?.timer);
    writers.set(person, { name, timer: setTimeout(() => stopTyping(person), 6000) });
    showTyping();
  }

  // --- sending -------------------------------------------------------------------------------------------------
  const form = chat.querySelector("[data-chat-form]");
  if (!form) return;
  const box = form.elements.text;
  const error = form.querySelector("[data-chat-error]");
  const button = form.querySelector("button[type=submit]");
  let typedAt = 0;
  let sending = false;
  function complain(text) {
    error.textContent = text || "";
    error.hidden = !text;
    box.toggleAttribute("aria-invalid", Boolean(text));
  }
  box.addEventListener("input", () => {
    if (!box.value.trim() || Date.now() - typedAt < 4000) return;
    typedAt = Date.now();
    fetch(`${url}/tippt`, { method: "POST", body: new URLSearchParams({ csrf_token: token() }), headers: JSON_PLEASE }).catch(() => {});
  });
  box.addEventListener("keydown", (event) => {
    if (event.key !== "Enter" || event.shiftKey || event.isComposing || !matchMedia("(pointer: fine)").matches) return;
    event.preventDefault();
    form.requestSubmit();
  });
  const rest = (ms) => new Promise((done) => setTimeout(done, ms));
  // The same client id with each attempt: however often it arrives, it is one message.
  async function deliver(body) {
    for (const pause of [0, 1000, 2000, 4000, 8000]) {
      await rest(pause);
      try {
        const answer = await fetch(form.action, { method: "POST", body, headers: JSON_PLEASE });
        if (answer.status < 500) return answer;
      } catch { /* no connection: once more */ }
    }
    return null;
  }
  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    if (sending) return;
    sending = true;
    complain("");
    button.setAttribute("aria-disabled", "true");
    const sent = box.value;
    note.textContent = words("sending");
    const answer = await deliver(new FormData(form));
    const said = answer?.headers.get("Content-Type")?.includes("json") ? await answer.json() : null;
    showTyping();
    if (said?.next) form.elements.client.value = said.next;
    if (said && answer.ok) {
      if (box.value === sent) box.value = "";
      if (form.elements.files) form.elements.files.value = "";
      typedAt = 0;
      take(said);
    } else complain(said?.message || words("unsent"));
    if (answer?.status === 409) catchUp();
    sending = false;
    button.removeAttribute("aria-disabled");
    box.focus();
  });
})();
