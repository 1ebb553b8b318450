// The selection above a list (servers, files): all of a page, how many, and buttons that wait for a selection. The bar
// names the boxes in data-bulk.
// Without this the boxes and buttons are a plain form.
(() => {
  "use strict";
  const bar = document.querySelector("[data-bulk]");
  if (!bar) return;
  const form = bar.closest("form");
  const boxes = [...form.querySelectorAll(`input[name=${bar.dataset.bulk}]`)];
  const page = bar.querySelector("#bulk-page");
  const all = bar.querySelector("#bulk-all");
  const count = bar.querySelector("[data-bulk-count]");
  const buttons = bar.querySelectorAll("button");

  function update() {
    const every = Boolean(all && all.checked);
    const chosen = boxes.filter((box) => box.checked).length;
    boxes.forEach((box) => { box.disabled = every; });
    page.disabled = every;
    page.checked = every || (chosen > 0 && chosen === boxes.length);
    page.indeterminate = !every && chosen > 0 && chosen < boxes.length;
    const number = every ? Number(all.dataset.matching) : chosen;
    const words = number ? bar.dataset.some.replace("#", String(number)) : bar.dataset.none;
    if (count.textContent !== words) count.textContent = words;
    buttons.forEach((button) => { button.disabled = number === 0; });
    bar.classList.toggle("on", number > 0);
  }

  bar.querySelector("[data-bulk-page]").hidden = boxes.length === 0;
  page.addEventListener("change", () => {
    boxes.forEach((box) => { box.checked = page.checked; });
    update();
  });
  form.addEventListener("change", (event) => {
    if (event.target === page) return;
    if (all && event.target === all) boxes.forEach((box) => { box.checked = all.checked; });
    update();
  });
  window.addEventListener("pageshow", update); // a browser that goes back brings the ticks with it
  update();
})();
