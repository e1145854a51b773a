/* The job pages' behaviour: language, print, and search in the list. */
(() => {
  "use strict";
  const root = document.documentElement;
  const search = document.getElementById("search");
  const rows = [...document.querySelectorAll(".jobs tbody tr")].map((row) => {
    const department = row.closest(".department");
    return { row, department, text: `${row.textContent} ${department.querySelector("h2").textContent}`.toLowerCase() };
  });
  function find() {
    const words = search.value.toLowerCase().split(/\s+/).filter(Boolean);
    const filled = new Set();
    let count = 0;
    for (const one of rows) {
      const fits = words.every((word) => one.text.includes(word));
      one.row.hidden = !fits;
      if (fits) { count += 1; filled.add(one.department); }
    }
    for (const department of document.querySelectorAll(".department")) department.hidden = !filled.has(department);
    document.getElementById("nothing").hidden = count > 0;
    const shown = document.getElementById("shown");
    shown.textContent = shown.dataset[root.dataset.lang].replace("{n}", count).replace("{m}", rows.length);
  }
  function speak(lang) {
    root.dataset.lang = lang;
    root.lang = lang;
    document.title = lang === "zh" ? root.dataset.titleZh : root.dataset.titleEn;
    if (search) find();
  }
  for (const node of document.querySelectorAll(".needs-script")) node.hidden = false;
  document.querySelector("[data-switch]").addEventListener("click", () => speak(root.dataset.lang === "zh" ? "en" : "zh"));
  document.querySelector("[data-print]").addEventListener("click", () => window.print());
  if (search) search.addEventListener("input", find);
  speak(root.dataset.lang);
})();
