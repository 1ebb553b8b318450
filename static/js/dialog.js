// Confirm pages in a dialog. The link leads to the page anyway; here its #confirm part is fetched and shown on top.
(() => {
  "use strict";
  const dialog = document.getElementById("dialog");
  if (!dialog || !dialog.showModal || !window.htmx) return;
  let opener = null;

  document.addEventListener("click", async (event) => {
    const link = event.target.closest("a[data-dialog]");
    if (!link || event.ctrlKey || event.metaKey || event.shiftKey) return;
    event.preventDefault();
    opener = link;
    link.setAttribute("aria-busy", "true");
    await htmx.ajax("GET", link.href, { target: dialog, swap: "innerHTML", select: "#confirm" });
    link.removeAttribute("aria-busy");
    const part = dialog.querySelector("#confirm");
    if (!part) return;
    dialog.showModal();
    const field = dialog.querySelector("input:not([type=hidden]), select, textarea");
    (field || dialog.querySelector("[data-close]"))?.focus();
  });

  document.addEventListener("click", (event) => {
    const close = event.target.closest("dialog [data-close]");
    if (close) {
      event.preventDefault();
      close.closest("dialog").close();
    } else if (event.target.matches("dialog[open]")) {
      const box = event.target.getBoundingClientRect();
      const inside = event.clientX >= box.left && event.clientX <= box.right && event.clientY >= box.top && event.clientY <= box.bottom;
      if (!inside) event.target.close();
    }
  });
  dialog.addEventListener("close", () => {
    dialog.replaceChildren();
    if (opener?.isConnected) opener.focus();
  });
  // What was confirmed without leaving the page (an answer that swaps a fragment) closes the dialog.
  dialog.addEventListener("htmx:finally:request", (event) => {
    const status = event.detail.ctx?.response?.status || 0;
    if (dialog.open && status >= 200 && status < 300 && event.detail.ctx.request.method !== "GET") dialog.close();
  });
})();
