/* The report's behaviour: language, findings, org chart, print. Data comes from the element #data; text is only ever set as text. */
(() => {
  "use strict";
  const root = document.documentElement;
  const $ = (id) => document.getElementById(id);
  const data = JSON.parse($("data").textContent);
  const texts = data.texts;
  const SVG = "http://www.w3.org/2000/svg";
  const severities = ["blocker", "high", "medium", "low", "info"];

  const language = () => root.dataset.lang;
  const fill = (text, values) => text.replace(/\{(\w+)\}/g, (whole, name) => (name in values ? values[name] : whole));
  const word = (group, key, values = {}) => fill(texts[group][key][language()], values);
  const announce = (text) => { $("announce").textContent = text; };

  function element(name, attributes = {}, ...children) {
    const node = document.createElement(name);
    for (const [key, value] of Object.entries(attributes)) node.setAttribute(key, value);
    node.append(...children);
    return node;
  }
  function both(pair) {
    return ["zh", "en"].map((lang) => { const span = element("span", { lang }); span.textContent = pair[lang]; return span; });
  }
  function drawn(name, attributes = {}, text) {
    const node = document.createElementNS(SVG, name);
    for (const [key, value] of Object.entries(attributes)) node.setAttribute(key, value);
    if (text !== undefined) node.textContent = text;
    return node;
  }
  function mark(severity) {
    const svg = drawn("svg", { class: `mark mark-${severity}`, viewBox: "0 0 12 12", "aria-hidden": "true" });
    svg.append(drawn("use", { href: `#mark-${severity}` }));
    return svg;
  }

  /* ---- language ---- */
  const heading = document.title;
  const listeners = [];
  function speak(lang) {
    root.dataset.lang = lang;
    root.lang = lang;
    document.title = fill(texts.page.heading[lang], { name: document.querySelector("h1").textContent }) || heading;
    const button = document.querySelector("[data-switch]");
    button.setAttribute("aria-label", texts.page.switch_label[lang]);
    for (const option of document.querySelectorAll("option[data-zh]")) option.textContent = option.dataset[lang];
    for (const input of document.querySelectorAll("[data-hint]")) input.placeholder = texts.findings[input.dataset.hint][lang];
    for (const listener of listeners) listener();
  }
  document.querySelector("[data-switch]").addEventListener("click", () => speak(language() === "zh" ? "en" : "zh"));
  document.querySelector("[data-print]").addEventListener("click", () => window.print());
  for (const node of document.querySelectorAll(".needs-script")) node.hidden = false;

  /* ---- contents: mark the section in view ---- */
  const links = new Map([...document.querySelectorAll('.contents a[href^="#"]')].map((link) => [link.hash.slice(1), link]));
  if ("IntersectionObserver" in window) {
    const watcher = new IntersectionObserver((entries) => {
      for (const entry of entries) {
        if (!entry.isIntersecting) continue;
        for (const link of links.values()) link.removeAttribute("aria-current");
        const link = links.get(entry.target.id);
        link.setAttribute("aria-current", "true");
        const strip = link.closest(".contents");
        if (strip.scrollWidth > strip.clientWidth) strip.scrollLeft = link.offsetLeft - 40;
      }
    }, { rootMargin: "-20% 0px -70% 0px" });
    for (const id of links.keys()) watcher.observe($(id));
  }

  /* ---- findings ---- */
  const PAGE = 200;
  const byId = new Map(data.findings.map((finding) => [finding.id, finding]));
  const nodes = new Map();
  for (const node of document.querySelectorAll("#finding-list > .finding")) nodes.set(node.dataset.id, node);
  const form = $("filters"), list = $("finding-list");
  let limit = PAGE;

  function searchable(finding) {
    if (!finding.haystack) {
      finding.haystack = [finding.code, finding.message.zh, finding.message.en, finding.name.zh, finding.name.en, ...finding.departments,
        ...finding.subjects.map((one) => one.name), ...finding.evidence.flatMap((one) => [one.file, one.sheet, one.value])].join("\n").toLowerCase();
    }
    return finding.haystack;
  }

  /* The blank finding of the page, cloned and filled; what it does not need is removed. */
  function build(finding) {
    const node = $("finding-template").content.firstElementChild.cloneNode(true);
    const slot = (name) => node.querySelector(`[data-slot="${name}"]`);
    const say = (name, pair) => slot(name).replaceChildren(...both(pair));
    const keep = (name, wanted) => { if (!wanted) slot(name)?.remove(); return wanted; };
    node.id = `finding-${finding.id}`;
    node.dataset.id = finding.id;
    node.dataset.severity = finding.severity;
    if (finding.waived) node.setAttribute("data-waived", "");
    const severity = element("span", { class: "finding-severity" }, ...both(texts.severity[finding.severity]));
    slot("mark").replaceChildren(mark(finding.severity), severity);
    say("message", finding.message);
    say("name", finding.name);
    slot("where").textContent = finding.departments.slice(0, 3).join(" · ");
    say("remedy", finding.remedy);
    slot("code").textContent = finding.code;
    slot("check").href = `#check-${finding.code}`;
    if (keep("gate", finding.gate)) say("gate", texts.gate[`tag_${finding.gate}`]);
    keep("confirm", finding.confidence === "inferred");
    keep("waived", finding.waived);
    if (keep("follows-tag", finding.follows.length)) slot("follows-count").textContent = finding.follows.length;
    if (keep("question-block", finding.question)) say("question", finding.question);
    if (keep("cause-block", finding.cause)) slot("cause").href = `#finding-${finding.cause}`;
    if (keep("subjects-block", finding.subjects.length)) repeat(slot("subjects"), finding.subjects, (item, subject) => {
      if (subject.kind) item("kind").replaceChildren(...both(texts.kind[subject.kind]));
      item("subject").textContent = subject.name;
    });
    if (keep("evidence-block", finding.evidence.length)) repeat(slot("evidence"), finding.evidence, (item, cell) => {
      for (const name of ["file", "sheet", "cell"]) item(name).textContent = cell[name];
      if (!cell.row.length) item("row-block").remove();
      else {
        item("value-block").remove();
        for (const [name, at, tag] of [["row-headers", 0, "th"], ["row-values", 1, "td"]]) {
          item(name).replaceChildren(...cell.row.map((one) => { const box = element(tag, one[2] ? { class: "it" } : one[3] ? {} : { class: "far" }); box.textContent = one[at]; return box; }));
        }
        return;
      }
      if (cell.value) item("value").textContent = cell.value;
    });
    if (keep("voices-block", finding.voices.length)) repeat(slot("voices"), finding.voices, (item, voice) => {
      item("said").textContent = voice.text;
      item("who").textContent = voice.who;
      item("place").textContent = voice.place;
    });
    if (keep("follows-block", finding.follows.length)) {
      node.querySelector('[data-slot="follows-block"] h4').replaceChildren(...both({
        zh: fill(texts.findings.follows.zh, { n: finding.follows.length }), en: fill(texts.findings.follows.en, { n: finding.follows.length }) }));
    }
    return node;
  }
  function repeat(parent, items, write) {
    const pattern = parent.firstElementChild;
    parent.replaceChildren(...items.map((one) => {
      const node = pattern.cloneNode(true);
      write((name) => node.querySelector(`[data-slot="${name}"]`), one);
      return node;
    }));
  }
  /* All consequences of a cause, once it is opened: the page itself lists the first few. */
  function unfold(node) {
    const finding = byId.get(node.dataset.id);
    const place = node.querySelector('[data-slot="follows"]');
    if (!finding || !place || node.dataset.unfolded) return;
    node.dataset.unfolded = "yes";
    place.parentElement.querySelector(":scope > .quiet")?.remove();
    place.replaceChildren(...finding.follows.slice(0, 500).map((id) => {
      const one = byId.get(id);
      const code = element("span", { class: "code" }), text = element("a", { href: `#finding-${id}`, class: "data" }, ...both(one.message));
      code.textContent = one.code;
      return element("li", { "data-follow": id }, mark(one.severity), code, text);
    }));
    if (finding.follows.length > 500) {
      const n = finding.follows.length - 500, rest = texts.findings.follows_more;
      place.after(element("p", { class: "quiet" }, ...both({ zh: fill(rest.zh, { n }), en: fill(rest.en, { n }) })));
    }
  }

  function chosen() {
    const values = new FormData(form);
    const words = (values.get("search") || "").toLowerCase().split(/\s+/).filter(Boolean);
    const severity = new Set(values.getAll("severity")), confidence = new Set(values.getAll("confidence"));
    const principle = values.get("principle"), department = values.get("department");
    const fits = (finding) =>
      (values.has("consequences") || !finding.cause) && (values.has("waived") || !finding.waived) &&
      (!severity.size || severity.has(finding.severity)) && (!confidence.size || confidence.has(finding.confidence)) &&
      (!principle || finding.principle === principle) && (!department || finding.departments.includes(department)) &&
      words.every((one) => searchable(finding).includes(one));
    const consequences = values.has("consequences");
    const found = data.findings.filter(fits);
    if (consequences) found.sort((a, b) => a.waived - b.waived || severities.indexOf(a.severity) - severities.indexOf(b.severity));
    return { found, all: data.findings.filter((finding) => consequences || !finding.cause).length };
  }
  function show() {
    if (!form) return;
    const { found, all } = chosen();
    const wanted = found.slice(0, limit).map((finding) => {
      if (!nodes.has(finding.id)) nodes.set(finding.id, build(finding));
      return nodes.get(finding.id);
    });
    const now = list.children;
    if (wanted.length !== now.length || wanted.some((node, at) => now[at] !== node)) list.replaceChildren(...wanted);
    $("static-note")?.remove();
    $("shown").textContent = word("findings", "shown", { n: found.length, m: all });
    $("nothing").hidden = found.length > 0;
    $("more").hidden = found.length <= limit;
    $("more").textContent = word("findings", "more", { n: Math.min(PAGE, found.length - limit) });
  }
  function open(id) {
    const finding = byId.get(id);
    if (!finding || !form) return;
    if (!chosen().found.includes(finding)) {
      form.reset();
      if (finding.cause) form.elements.consequences.checked = true;
    }
    const at = chosen().found.indexOf(finding);
    while (limit <= at) limit += PAGE;
    show();
    const node = nodes.get(id);
    node.open = true;
    unfold(node);
    node.scrollIntoView({ block: "start" });
    node.querySelector("summary").focus({ preventScroll: true });
  }
  if (form) {
    const update = () => { limit = PAGE; show(); };
    form.addEventListener("input", update);
    form.addEventListener("submit", (event) => event.preventDefault());
    form.addEventListener("reset", () => setTimeout(update));
    $("more").addEventListener("click", () => { limit += PAGE; show(); });
    listeners.push(show);
    list.addEventListener("toggle", (event) => { if (event.target.open) unfold(event.target); }, true);
    list.addEventListener("click", (event) => {
      const button = event.target.closest("[data-copy]");
      if (button) copy(button, `${location.href.split("#")[0]}#${button.closest(".finding").id}`);
    });
  }
  async function copy(button, link) {
    try {
      await navigator.clipboard.writeText(link);
    } catch {
      const area = element("textarea", { class: "visually-hidden" });
      area.value = link;
      document.body.append(area);
      area.select();
      document.execCommand("copy");
      area.remove();
      button.focus();
    }
    const before = [...button.childNodes];
    button.replaceChildren(...both(texts.findings.copied));
    announce(word("findings", "copied"));
    setTimeout(() => button.replaceChildren(...before), 1600);
  }
  const follow = () => {
    const hash = decodeURIComponent(location.hash.slice(1));
    if (hash.startsWith("finding-")) open(hash.slice(8));
  };
  window.addEventListener("hashchange", follow);
  document.addEventListener("click", (event) => {
    const link = event.target.closest('a[href^="#finding-"]');
    if (link && link.hash === location.hash) follow();
    const cause = event.target.closest("a[data-code]");
    if (cause && form) {
      event.preventDefault();
      form.reset();
      form.elements.search.value = cause.dataset.code;
      limit = PAGE;
      show();
      $("findings").scrollIntoView();
    }
  });

  /* ---- org chart ---- */
  const chart = $("chart-app") ? drawChart(data.chart) : null;

  function drawChart(source) {
    const total = source.parent.length;
    const children = Array.from({ length: total }, () => []);
    source.parent.forEach((parent, seat) => { if (parent >= 0) children[parent].push(seat); });
    const vacant = new Set(source.vacant), fresh = new Set(source.new);
    const title = (seat) => source.titles[source.title[seat]];
    const department = (seat) => source.departments[source.department[seat]];
    const person = (seat) => (source.person && source.person[seat]) || "";
    const depth = new Int32Array(total), team = new Int32Array(total), order = [];
    for (let stack = [...source.tops].reverse(); stack.length;) {
      const seat = stack.pop();
      order.push(seat);
      for (let i = children[seat].length - 1; i >= 0; i--) { depth[children[seat][i]] = depth[seat] + 1; stack.push(children[seat][i]); }
    }
    for (let i = order.length - 1; i >= 0; i--) if (source.parent[order[i]] >= 0) team[source.parent[order[i]]] += team[order[i]] + 1;
    const cutOf = new Map(source.cuts);
    /* Seats that differ in nothing (same superior, title, department, severity, nothing below) share one box. */
    const same = new Map(), within = new Set();
    if (!source.person) {
      const apart = new Set([...vacant, ...fresh, ...source.dotted.flat(), ...source.extra.flat(), ...source.cuts.flat()]);
      children.forEach((below, parent) => {
        const first = new Map();
        for (const seat of below) {
          if (children[seat].length || apart.has(seat)) continue;
          const key = `${source.title[seat]} ${source.department[seat]} ${source.severity[seat]}`;
          if (!first.has(key)) { first.set(key, seat); continue; }
          const box = first.get(key);
          if (!same.has(box)) same.set(box, [box]);
          same.get(box).push(seat);
          within.add(seat);
        }
        if (first.size && below.some((seat) => within.has(seat))) children[parent] = below.filter((seat) => !within.has(seat));
      });
    }
    let about = null;
    const findingsOf = (seat) => {
      if (!about) {
        about = new Map();
        for (const finding of data.findings) for (const at of finding.seats) { if (!about.has(at)) about.set(at, []); about.get(at).push(finding); }
      }
      return [...new Set((same.get(seat) || [seat]).flatMap((one) => about.get(one) || []))];
    };

    const W = 172, H = 56, GAP = 14, DROP = 36, INDENT = 20, PITCH = 10, COLUMN = 8, MARGIN = 24, PAPER = 1000, LEGIBLE = .6;
    const view = $("c-view"), svg = $("c-svg"), card = $("c-card");
    let opened = new Uint8Array(total), start = null, layout = view.clientWidth < 640 ? "outline" : "tree";
    let zoom = 1, x, y, shown = [], width = 0, height = 0, here = source.tops[0];
    const tops = () => (start === null ? source.tops : [start]);

    const fold = () => { const deepest = total > 150 ? 2 : Infinity; const base = start === null ? 0 : depth[start]; for (let seat = 0; seat < total; seat++) opened[seat] = depth[seat] - base < deepest ? 1 : 0; };
    const kids = (seat) => (opened[seat] ? children[seat] : []);

    /* Every open box gets a place. Tree: small teams hang below their superior, large ones spread out; outline: one box a line. */
    function place() {
      x = new Float64Array(total); y = new Float64Array(total); shown = [];
      for (let stack = [...tops()].reverse(); stack.length;) {
        const seat = stack.pop();
        shown.push(seat);
        const below = kids(seat);
        for (let i = below.length - 1; i >= 0; i--) stack.push(below[i]);
      }
      if (layout === "outline") {
        const base = start === null ? 0 : depth[start];
        shown.forEach((seat, line) => { x[seat] = MARGIN + (depth[seat] - base) * INDENT; y[seat] = MARGIN + line * (H + PITCH); });
      } else placeTree();
      width = height = 0;
      for (const seat of shown) { width = Math.max(width, x[seat] + W + MARGIN); height = Math.max(height, y[seat] + H + MARGIN + (children[seat].length && !opened[seat] ? 12 : 0)); }
    }
    const blocks = new Map();
    function placeTree() {
      blocks.clear();
      const measure = (seat, below) => {
        const sizes = below.map((one) => blocks.get(one));
        const leaves = below.filter((one) => !kids(one).length);
        const within = sizes.reduce((sum, size) => sum + size.count, 1);
        const block = { w: W, h: H, count: within, at: 0, mode: "none", columns: 1, leaves };
        if (!below.length) { block.h = H + (seat !== null && children[seat].length ? 12 : 0); return block; }
        if (leaves.length === below.length && below.length > COLUMN) {
          block.mode = "grid";
          block.columns = Math.ceil(below.length / COLUMN);
          block.w = block.columns * (W + INDENT + GAP) - GAP;
          block.h = H + DROP + Math.min(COLUMN, below.length) * (H + PITCH + 6);
        } else if (within <= 26 && seat !== null) {
          block.mode = "hang";
          block.w = INDENT + Math.max(...sizes.map((size) => size.w));
          block.h = H + sizes.reduce((sum, size) => sum + size.h + PITCH, 0);
        } else {
          block.mode = "spread";
          const branches = below.filter((one) => kids(one).length);
          const stacked = leaves.length > 1 ? Math.ceil(leaves.length / COLUMN) : leaves.length;
          block.stack = stacked * (W + INDENT + GAP) - (stacked ? GAP : 0);
          block.w = Math.max(W, branches.reduce((sum, one) => sum + blocks.get(one).w + GAP, block.stack ? block.stack + GAP : 0) - GAP);
          block.h = H + DROP + Math.max(leaves.length ? Math.min(COLUMN, leaves.length) * (H + PITCH + 6) : 0, ...branches.map((one) => blocks.get(one).h));
          block.at = seat === null ? 0 : (block.w - W) / 2;
        }
        return block;
      };
      for (let i = shown.length - 1; i >= 0; i--) blocks.set(shown[i], measure(shown[i], kids(shown[i])));
      const put = (block, seat, below, left, top) => {
        const first = seat === null ? top : top + H + DROP;
        const columns = (leaves, from) => leaves.forEach((one, n) => {
          x[one] = from + Math.floor(n / COLUMN) * (W + INDENT + GAP) + INDENT;
          y[one] = first + (n % COLUMN) * (H + PITCH + 6);
        });
        if (block.mode === "grid") columns(below, left);
        else if (block.mode === "hang") {
          let down = top + H + PITCH;
          for (const one of below) { x[one] = left + INDENT; y[one] = down; down += blocks.get(one).h + PITCH; }
        } else if (block.mode === "spread") {
          columns(block.leaves, left);
          let across = left + (block.stack ? block.stack + GAP : 0);
          for (const one of below) if (kids(one).length) { x[one] = across; y[one] = first; across += blocks.get(one).w + GAP; }
        }
      };
      let roots = tops();
      if (roots.length > 1) {
        /* Separate tops: the largest first, lone seats in columns beside it. */
        const lone = roots.filter((one) => !kids(one).length), trees = roots.filter((one) => kids(one).length);
        let across = MARGIN;
        for (const one of trees) { x[one] = across; y[one] = MARGIN + 16; across += blocks.get(one).w + 3 * GAP; }
        lone.forEach((one, n) => { x[one] = across + Math.floor(n / COLUMN) * (W + 2 * GAP); y[one] = MARGIN + 16 + (n % COLUMN) * (H + PITCH + 22); });
      } else { x[roots[0]] = MARGIN; y[roots[0]] = MARGIN; }
      for (const seat of shown) {
        const block = blocks.get(seat), left = x[seat], top = y[seat];
        put(block, seat, kids(seat), left, top);
        x[seat] = left + block.at;
      }
    }

    /* The breadth of a letter in the page's own font, measured once. */
    const ruler = document.createElement("canvas").getContext("2d"), breadths = new Map();
    const breadth = (letter, size) => {
      const key = `${language()}${size}${letter}`;
      if (!breadths.has(key)) {
        ruler.font = `${size > 12 ? 600 : 400} ${size}px ${getComputedStyle(document.body).fontFamily}`;
        breadths.set(key, ruler.measureText(letter).width);
      }
      return breadths.get(key);
    };
    const clip = (text, room, size) => {
      let used = 0, out = "";
      for (const letter of text) {
        used += breadth(letter, size);
        if (used > room) return `${out.trimEnd()}…`;
        out += letter;
      }
      return out;
    };
    const two = (text, room, size) => {
      if (clip(text, room, size) === text) return [text];
      let cut = 0, used = 0, space = 0;
      for (const letter of text) {
        used += breadth(letter, size);
        if (used > room) break;
        cut += letter.length;
        if (letter === " ") space = cut;
      }
      const at = space > 4 && /[A-Za-z]/.test(text) ? space : cut;
      return [text.slice(0, at).trimEnd(), clip(text.slice(at).trimStart(), room, size)];
    };
    const SIGNS = { 1: "M1 1h10v10H1z", 2: "M6 .8 11.6 11H.4z", 3: "M6 .6 11.4 6 6 11.4.6 6z", 4: "M6 1a5 5 0 1 1 0 10A5 5 0 0 1 6 1zm0 2.2a2.8 2.8 0 1 0 0 5.6 2.8 2.8 0 0 0 0-5.6z", 5: "M1 5h10v2H1z" };

    function box(seat) {
      const group = drawn("g", { class: `box s${source.severity[seat]}${vacant.has(seat) ? " vacant" : ""}${seat === here ? " here" : ""}`, transform: `translate(${x[seat]} ${y[seat]})`, "data-seat": seat, id: `seat-${seat}`, role: "treeitem", "aria-level": depth[seat] + 1, "aria-label": describe(seat) });
      if (children[seat].length) group.setAttribute("aria-expanded", opened[seat] ? "true" : "false");
      group.append(drawn("title", {}, [title(seat), department(seat), person(seat)].filter(Boolean).join("\n")));
      const many = same.get(seat);
      if (many) group.append(drawn("path", { class: "stack", d: `M6 ${H + 4}H${W + 4}V6` }));
      group.append(drawn("rect", { class: "body", width: W, height: H, rx: 3 }));
      const severity = source.severity[seat];
      if (severity) {
        group.append(drawn("path", { class: "band", d: `M3 0H4V${H}H3a3 3 0 0 1-3-3V3a3 3 0 0 1 3-3z` }));
        group.append(drawn("path", { class: "sign", d: SIGNS[severity], transform: `translate(${W - 20} 9)` }));
        if (source.findings[seat] > 1 && !many) group.append(drawn("text", { class: "f", x: W - 14, y: 35, "text-anchor": "middle" }, source.findings[seat]));
      }
      if (many) group.append(drawn("text", { class: "n", x: W - 10, y: H - 9, "text-anchor": "end" }, `×${many.length}`));
      const room = W - (severity ? 40 : 24), lines = two(title(seat), room, 13);
      const state = [vacant.has(seat) && word("chart", "vacant"), fresh.has(seat) && word("chart", "new")].filter(Boolean).join(" · ");
      const under = [state, person(seat), department(seat)].filter(Boolean).join(" · ");
      const from = lines.length === 2 ? 16 : 24;
      lines.forEach((line, n) => group.append(drawn("text", { class: "t", x: 13, y: from + n * 15 }, line)));
      group.append(drawn("text", { class: "d", x: 13, y: lines.length === 2 ? 48 : 42 }, clip(under, many ? W - 56 : room, 11)));
      if (children[seat].length && !opened[seat]) {
        const count = `+${team[seat]}`, size = 18 + count.length * 6.5, pill = drawn("g", { class: "pill", transform: `translate(${(W - size) / 2} ${H - 8})`, "data-toggle": seat });
        pill.append(drawn("rect", { width: size, height: 18, rx: 9 }), drawn("text", { x: size / 2, y: 13 }, count));
        group.append(pill);
      }
      if (cutOf.has(seat)) group.append(drawn("text", { class: "hint", x: 2, y: -6 }, `⟲ ${word("chart", "loop")}`));
      else if (start === null && source.parent[seat] < 0 && seat !== source.tops[0]) group.append(drawn("text", { class: "hint plain", x: 2, y: -6 }, word("chart", "separate")));
      return group;
    }
    function describe(seat) {
      const severity = source.severity[seat];
      return [title(seat), same.has(seat) && `×${same.get(seat).length}`, department(seat), person(seat), vacant.has(seat) && word("chart", "vacant"), severity && `${word("severity", severities[severity - 1])} ${source.findings[seat]}`].filter(Boolean).join(", ");
    }
    function edges(seat) {
      const below = kids(seat);
      if (!below.length) return "";
      const mode = layout === "outline" ? "hang" : blocks.get(seat).mode;
      let path = "";
      if (mode === "hang") {
        const trunk = x[seat] + INDENT / 2;
        path = `M${trunk} ${y[seat] + H}V${y[below[below.length - 1]] + H / 2}`;
        for (const one of below) path += `M${trunk} ${y[one] + H / 2}H${x[one]}`;
        return path;
      }
      const bus = y[seat] + H + DROP / 2, middle = x[seat] + W / 2, points = [middle];
      const hanging = mode === "grid" ? below : blocks.get(seat).leaves;
      const trunks = new Map();
      for (const one of hanging) { const trunk = x[one] - INDENT / 2; trunks.set(trunk, Math.max(trunks.get(trunk) || 0, y[one] + H / 2)); path += `M${trunk} ${y[one] + H / 2}H${x[one]}`; }
      for (const [trunk, end] of trunks) { path += `M${trunk} ${bus}V${end}`; points.push(trunk); }
      if (mode === "spread") for (const one of below) if (kids(one).length) { path += `M${x[one] + W / 2} ${bus}V${y[one]}`; points.push(x[one] + W / 2); }
      return `${path}M${middle} ${y[seat] + H}V${bus}M${Math.min(...points)} ${bus}H${Math.max(...points)}`;
    }
    const MANY = 900;
    let painted = false;
    /* Few boxes: all are drawn once. Many: those in view, in full when they are few, as plain bars when they are many. */
    function paint(force) {
      const all = shown.length <= MANY;
      if (painted && all && !force) return;
      painted = true;
      const left = view.scrollLeft / zoom - 300, top = view.scrollTop / zoom - 300;
      const right = left + view.clientWidth / zoom + 600, bottom = top + view.clientHeight / zoom + 600;
      const near = (seat) => x[seat] + W > left && x[seat] < right && y[seat] + H > top && y[seat] < bottom;
      const seen = all ? shown : shown.filter(near);
      const layer = drawn("g", {}), visible = new Set(shown);
      let lines = "";
      if (all) for (const seat of shown) lines += edges(seat);
      else {
        const parents = new Set();
        for (const seat of seen) { if (seat !== start && source.parent[seat] >= 0) parents.add(source.parent[seat]); parents.add(seat); }
        if (seen.length <= 4 * MANY) for (const seat of parents) lines += edges(seat);
      }
      layer.append(drawn("path", { class: "edge", d: lines }));
      const curve = (kind) => ([from, to]) => {
        if (!visible.has(from) || !visible.has(to) || (!all && !near(from) && !near(to))) return;
        /* from one box's side to the other's, through the gap beside it */
        const right = x[to] + W / 2 > x[from] + W / 2, x1 = x[from] + (right ? W : 0), x2 = x[to] + (right && x[to] >= x[from] + W ? 0 : W), y1 = y[from] + H / 2, y2 = y[to] + H / 2;
        const bend = Math.max(18, Math.min(90, Math.abs(x2 - x1) / 2));
        layer.append(drawn("path", { class: kind, d: `M${x1} ${y1}C${x1 + (right ? bend : -bend)} ${y1} ${x2 + (x2 > x[to] ? bend : -bend)} ${y2} ${x2} ${y2}` }));
      };
      source.dotted.forEach(curve("dotted"));
      source.extra.forEach(curve("extra"));
      source.cuts.forEach(curve("cut"));
      if (seen.length <= MANY) for (const seat of seen) layer.append(box(seat));
      else {
        const paths = Array.from({ length: 6 }, () => []);
        for (const seat of seen) paths[source.severity[seat]].push(`M${x[seat]} ${y[seat]}h${W}v${H}h-${W}z`);
        paths.forEach((parts, severity) => { if (parts.length) layer.append(drawn("path", { class: `many s${severity}`, d: parts.join(""), opacity: severity ? 1 : .35 })); });
      }
      svg.replaceChildren(layer);
      if (visible.has(here)) svg.setAttribute("aria-activedescendant", `seat-${here}`);
    }
    function size() {
      svg.setAttribute("viewBox", `0 0 ${width} ${height}`);
      svg.setAttribute("width", Math.max(1, Math.round(width * zoom)));
      svg.setAttribute("height", Math.max(1, Math.round(height * zoom)));
      svg.setAttribute("aria-label", word("chart", "label"));
    }
    function refresh() { place(); size(); paint(true); }
    function scale(factor, aim = null) {
      const next = Math.min(2, Math.max(.02, zoom * factor));
      const cx = aim ? aim.x : view.clientWidth / 2, cy = aim ? aim.y : view.clientHeight / 2;
      const wx = (view.scrollLeft + cx) / zoom, wy = (view.scrollTop + cy) / zoom;
      zoom = next;
      size();
      view.scrollLeft = wx * zoom - cx;
      view.scrollTop = wy * zoom - cy;
      paint(shown.length > MANY);
    }
    function fit(least = .02) {
      const w = view.clientWidth - 4, h = Math.max(320, Math.min(736, window.innerHeight * .8)) - 4;
      zoom = layout === "outline" ? 1 : Math.min(1.1, Math.max(least, Math.min(w / width, h / height)));
      size();
      reveal(tops()[0], true);
      paint(true);
    }
    function reveal(seat, top = false) {
      const left = x[seat] * zoom, right = (x[seat] + W) * zoom, up = y[seat] * zoom, down = (y[seat] + H) * zoom;
      if (top || left < view.scrollLeft || right > view.scrollLeft + view.clientWidth) view.scrollLeft = layout === "outline" ? left - MARGIN : (left + right) / 2 - view.clientWidth / 2;
      if (top) view.scrollTop = 0;
      else if (up < view.scrollTop || down > view.scrollTop + view.clientHeight) view.scrollTop = (up + down) / 2 - view.clientHeight / 2;
    }
    function toggle(seat) {
      if (!children[seat].length) return;
      const before = [x[seat] * zoom - view.scrollLeft, y[seat] * zoom - view.scrollTop];
      opened[seat] = opened[seat] ? 0 : 1;
      place(); size();
      view.scrollLeft = x[seat] * zoom - before[0];
      view.scrollTop = y[seat] * zoom - before[1];
      paint(true);
    }
    function select(seat, details = true) {
      svg.querySelector(".here")?.classList.remove("here");
      here = seat;
      svg.querySelector(`#seat-${seat}`)?.classList.add("here");
      svg.setAttribute("aria-activedescendant", `seat-${seat}`);
      if (details) tell(seat);
    }
    function go(seat) {
      if (start !== null) { let up = seat; while (up >= 0 && up !== start) up = source.parent[up]; if (up < 0) { start = null; $("c-unit").value = ""; } }
      for (let up = source.parent[seat]; up >= 0; up = source.parent[up]) opened[up] = 1;
      here = seat;
      place();
      if (zoom < .6) zoom = .8;
      size();
      reveal(seat);
      view.scrollTop = y[seat] * zoom - view.clientHeight / 2;
      paint(true);
      select(seat);
    }
    function begin(seat) {
      start = seat;
      fold();
      if (seat !== null) here = seat;
      place();
      fit(.6);
    }
    function tell(seat) {
      const found = findingsOf(seat), lines = element("dl");
      const line = (key, value) => { const name = element("dt"), text = element("dd", { class: "data" }); name.textContent = word("chart", key); text.textContent = value; lines.append(name, text); };
      const parent = source.parent[seat];
      if (department(seat)) line("table_department", department(seat));
      if (person(seat)) line("table_person", person(seat));
      if (parent >= 0) line("superior", title(parent));
      if (same.has(seat)) line("seats", same.get(seat).length);
      if (children[seat].length) { line("direct", children[seat].length); line("team", team[seat]); }
      const name = element("h3", { class: "data" }); name.textContent = title(seat);
      const head = element("p", { class: "quiet" });
      head.textContent = found.length ? word("chart", "findings") : word("chart", "no_findings");
      const items = element("ul", {}, ...found.slice(0, 12).map((finding) => element("li", {}, element("a", { href: `#finding-${finding.id}` }, mark(finding.severity), ...both(finding.message)))));
      const button = (key, act) => { const one = element("button", { type: "button" }); one.textContent = word("chart", key); one.addEventListener("click", act); return one; };
      const buttons = element("p", { class: "card-buttons" });
      if (children[seat].length) buttons.append(button(opened[seat] ? "close" : "open", () => { toggle(seat); tell(seat); }), button("start_here", () => { $("c-unit").value = ""; begin(seat); }));
      if (start !== null) buttons.append(button("whole", () => { $("c-unit").value = ""; begin(null); }));
      buttons.append(button("dismiss", () => { card.hidden = true; svg.focus({ preventScroll: true }); }));
      card.replaceChildren(name, lines, head, items, buttons);
      card.hidden = false;
    }

    /* hands: mouse, touch, keys */
    let drag = null;
    view.addEventListener("pointerdown", (event) => { if (event.pointerType === "mouse" && event.button === 0) drag = { x: event.clientX, y: event.clientY, left: view.scrollLeft, top: view.scrollTop, moved: false }; });
    window.addEventListener("pointermove", (event) => {
      if (!drag) return;
      const dx = event.clientX - drag.x, dy = event.clientY - drag.y;
      if (Math.abs(dx) + Math.abs(dy) > 4) { drag.moved = true; view.classList.add("dragging"); }
      if (drag.moved) { view.scrollLeft = drag.left - dx; view.scrollTop = drag.top - dy; }
    });
    window.addEventListener("pointerup", () => { if (drag) setTimeout(() => { drag = null; view.classList.remove("dragging"); }); });
    view.addEventListener("click", (event) => {
      if (drag && drag.moved) return;
      const group = event.target.closest("[data-seat]");
      if (!group) return;
      const seat = Number(group.dataset.seat);
      if (event.target.closest("[data-toggle]")) { select(seat, false); toggle(seat); } else select(seat);
    });
    view.addEventListener("dblclick", (event) => { const group = event.target.closest("[data-seat]"); if (group) toggle(Number(group.dataset.seat)); });
    view.addEventListener("wheel", (event) => {
      if (!event.ctrlKey && !event.metaKey) return;
      event.preventDefault();
      const edge = view.getBoundingClientRect();
      scale(Math.exp(-event.deltaY / 300), { x: event.clientX - edge.left, y: event.clientY - edge.top });
    }, { passive: false });
    let waiting = false;
    view.addEventListener("scroll", () => {
      if (waiting || shown.length <= MANY) return;
      waiting = true;
      requestAnimationFrame(() => { waiting = false; paint(true); });
    });
    svg.addEventListener("keydown", (event) => {
      if (event.ctrlKey || event.metaKey || event.altKey) return;
      const parent = here === start ? -1 : source.parent[here];
      const peers = parent >= 0 ? children[parent] : tops(), at = peers.indexOf(here), inline = layout === "outline";
      const line = shown.indexOf(here);
      const move = {
        ArrowUp: inline ? shown[line - 1] : parent, ArrowDown: inline ? shown[line + 1] : kids(here)[0],
        ArrowLeft: inline ? parent : peers[at - 1], ArrowRight: inline ? kids(here)[0] : peers[at + 1], Home: tops()[0],
      };
      if (event.key in move) {
        event.preventDefault();
        const next = move[event.key];
        if (next !== undefined && next >= 0) { select(next, false); reveal(next); if (shown.length > MANY) paint(true); }
      } else if (event.key === "Enter") { event.preventDefault(); toggle(here); tell(here); }
      else if (event.key === " ") { event.preventDefault(); tell(here); }
      else if (event.key === "+" || event.key === "=") scale(1.25);
      else if (event.key === "-") scale(.8);
      else if (event.key === "0") fit();
      else if (event.key === "Escape") card.hidden = true;
    });
    const acts = {
      expand: () => { opened.fill(1); place(); fit(.02); },
      collapse: () => { const base = start === null ? 0 : depth[start]; for (let seat = 0; seat < total; seat++) opened[seat] = depth[seat] - base < 1 ? 1 : 0; place(); fit(.6); },
      fit: () => fit(), in: () => scale(1.25), out: () => scale(.8),
      layout: () => { layout = layout === "tree" ? "outline" : "tree"; label(); place(); fit(.5); },
    };
    const label = () => { $("chart-app").dataset.layout = layout; for (const one of document.querySelectorAll("[data-when]")) one.hidden = one.dataset.when !== layout; };
    for (const button of document.querySelectorAll("[data-chart]")) button.addEventListener("click", acts[button.dataset.chart]);
    $("c-unit").addEventListener("change", (event) => {
      const name = event.target.value;
      if (!name) { begin(null); return; }
      const inside = order.filter((seat) => department(seat) === name);
      inside.sort((a, b) => team[b] - team[a]);
      if (inside.length) { begin(inside[0]); select(inside[0]); }
    });
    const results = $("c-results"), search = $("c-search");
    search.addEventListener("input", () => {
      const sought = search.value.trim().toLowerCase();
      results.hidden = !sought;
      if (!sought) return;
      const found = [];
      let count = 0;
      for (const seat of order) {
        if (within.has(seat) || !`${title(seat)} ${department(seat)} ${person(seat)}`.toLowerCase().includes(sought)) continue;
        if (++count <= 30) found.push(seat);
      }
      const note = element("p", { class: "quiet" });
      note.textContent = count ? word("chart", "results", { n: count }) : word("chart", "no_results");
      results.replaceChildren(note, ...found.map((seat) => {
        const one = element("button", { type: "button", role: "option" }), under = element("small");
        under.textContent = [department(seat), person(seat)].filter(Boolean).join(" · ");
        one.append(title(seat), under);
        one.addEventListener("click", () => { results.hidden = true; search.value = title(seat); go(seat); });
        return one;
      }));
      announce(note.textContent);
    });
    search.addEventListener("keydown", (event) => {
      if (event.key === "Escape") results.hidden = true;
      if (event.key === "Enter" || event.key === "ArrowDown") { event.preventDefault(); const first = results.querySelector("button"); if (first) (event.key === "Enter" ? first.click() : first.focus()); }
    });
    results.addEventListener("keydown", (event) => {
      const step = { ArrowDown: "nextElementSibling", ArrowUp: "previousElementSibling" }[event.key];
      if (event.key === "Escape") { results.hidden = true; search.focus(); }
      if (step) { event.preventDefault(); const next = document.activeElement[step]; (next && next.tagName === "BUTTON" ? next : search).focus(); }
    });
    document.addEventListener("click", (event) => { if (!event.target.closest(".chart-find")) results.hidden = true; });

    for (const [name, present] of [["same", same.size], ["dotted", source.dotted.length], ["extra", source.extra.length], ["loop", source.cuts.length]]) document.querySelector(`[data-legend="${name}"]`).hidden = !present;
    fold();
    label();
    place();
    fit(.66);
    listeners.push(() => { size(); paint(true); if (!card.hidden) tell(here); });
    /* On paper: as many levels as stay legible in the width of a landscape page; the table below holds every seat. */
    let before = null;
    const paper = () => {
      before = { opened, start, layout };
      start = null; layout = "tree";
      const levels = Math.max(...depth);
      for (let deepest = levels; deepest >= Math.min(2, levels); deepest--) {
        opened = depth.map((level) => (level < deepest ? 1 : 0));
        place();
        if (width * LEGIBLE <= PAPER && height * LEGIBLE <= PAPER * .5) break;
      }
      zoom = 1;
      size();
      paint(true);
    };
    const screen = () => { ({ opened, start, layout } = before); place(); fit(.66); };
    return { paper, screen };
  }

  /* ---- print: findings open, the chart whole; afterwards as before ---- */
  let closed = [];
  window.addEventListener("beforeprint", () => {
    closed = [...document.querySelectorAll("#finding-list > .finding:not([open]), #chart-table:not([open])")];
    for (const node of closed) node.open = true;
    chart?.paper();
  });
  window.addEventListener("afterprint", () => { for (const node of closed) node.open = false; closed = []; chart?.screen(); });

  speak(language());
  follow();
})();
