// How far an upload is. Without this the form is sent as any other; with it the same form is sent in the background and
// its answer is shown: the folder's page, or what went wrong.
(() => {
  "use strict";
  const form = document.querySelector("form[data-upload]");
  if (!form || !window.FormData) return;
  const part = (name) => form.querySelector(`[data-upload-${name}]`);
  const bar = part("progress").querySelector("progress");
  const send = form.querySelector("button[type=submit]");
  const files = form.querySelector("input[type=file]");
  const { sending, storing, broken, large, limitMb } = form.dataset;
  let request = null;

  function show(words, share) {
    const known = share !== null;
    if (known) bar.value = share * 100; else bar.removeAttribute("value");
    part("percent").textContent = known ? `${Math.floor(share * 100)} %` : "";
    if (part("words").textContent !== words) part("words").textContent = words;
  }
  function busy(on) {
    part("progress").hidden = !on;
    part("stop").hidden = !on;
    send.disabled = on;
    if (!on) request = null;
  }
  function fail(words) {
    busy(false);
    part("fault").textContent = words;
    part("fault").hidden = false;
  }
  // The server answers a fault with the whole page: its note is what people have to read.
  function faultIn(text) {
    const note = new DOMParser().parseFromString(text, "text/html").querySelector("main .note");
    return note ? note.textContent.trim() : broken;
  }

  form.addEventListener("submit", (event) => {
    event.preventDefault();
    if (request) return;
    part("fault").hidden = true;
    const size = [...files.files].reduce((sum, file) => sum + file.size, 0);
    if (size > Number(limitMb) * 1024 * 1024) { fail(large); return; } // no need to send it all to hear that
    request = new XMLHttpRequest();
    request.open("POST", form.action);
    request.setRequestHeader("HX-Request", "true");
    request.upload.onprogress = (told) => show(sending, told.lengthComputable ? told.loaded / told.total : null);
    request.upload.onload = () => show(storing, null);
    request.onerror = () => fail(broken);
    request.onabort = () => busy(false);
    request.onload = () => {
      const next = request.getResponseHeader("HX-Redirect");
      if (next) window.location.assign(next); else fail(faultIn(request.responseText));
    };
    busy(true);
    show(sending, 0);
    request.send(new FormData(form));
  });
  part("stop").addEventListener("click", () => request?.abort());
  window.addEventListener("beforeunload", (event) => { if (request && request.readyState < 4) event.preventDefault(); });
})();
