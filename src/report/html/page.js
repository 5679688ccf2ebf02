(() => {
  "use strict";
  const form = document.getElementById("filter");
  const status = document.getElementById("shown");
  const findings = Array.from(document.querySelectorAll(".finding"));

  // Hides what does not match. Without this all is visible.
  const apply = () => {
    const chosen = new FormData(form);
    const severities = new Set(chosen.getAll("severity"));
    const exchange = chosen.get("exchange");
    const account = chosen.get("account");
    const words = chosen.get("words").toLowerCase().split(/\s+/).filter(Boolean);
    let shown = 0;
    for (const finding of findings) {
      const of = finding.dataset;
      let fits = severities.has(of.severity) && (!exchange || of.exchange === exchange) && (!account || of.account === account);
      if (fits && words.length) {
        const text = finding.textContent.toLowerCase();
        fits = words.every((word) => text.includes(word));
      }
      finding.hidden = !fits;
      if (fits) shown += 1;
    }
    status.textContent = `${shown} of ${total} shown`;
  };
  const total = status ? Number(status.textContent.split(" of ")[1].split(" ")[0]) : 0;
  if (form) {
    form.hidden = false;
    form.addEventListener("input", apply);
    form.addEventListener("submit", (event) => event.preventDefault());
    form.addEventListener("reset", () => setTimeout(apply));
    apply();
  }

  // An open cell of the matrix is closed by Escape, and by a click elsewhere.
  const cells = Array.from(document.querySelectorAll(".matrix details"));
  const close = (keep) => cells.forEach((cell) => { if (cell !== keep) cell.open = false; });
  document.addEventListener("keydown", (event) => {
    const open = cells.find((cell) => cell.open);
    if (event.key === "Escape" && open) {
      close(null);
      open.querySelector("summary").focus();
    }
  });
  document.addEventListener("click", (event) => close(event.target.closest(".matrix details")));

  // On paper nothing can be opened.
  let closed = [];
  window.addEventListener("beforeprint", () => {
    closed = Array.from(document.querySelectorAll("details:not([open])"));
    closed.forEach((one) => { one.dataset.name = one.getAttribute("name") || ""; one.removeAttribute("name"); one.open = true; });
  });
  window.addEventListener("afterprint", () => {
    closed.forEach((one) => { one.open = false; if (one.dataset.name) one.setAttribute("name", one.dataset.name); });
  });
})();
