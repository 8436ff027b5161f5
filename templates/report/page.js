"use strict";
(async () => {
  const root = document.documentElement;
  const all = (query, from = document) => [...from.querySelectorAll(query)];
  if (/Chrom(e|ium)\//.test(navigator.userAgent)) root.classList.add("margin-boxes");
  await Promise.all([400, 600, 700].map((weight) => document.fonts.load(`${weight} 14px "Source Sans 3"`)));

  // Page one on one page.
  const first = document.querySelector(".pk-page");
  const long = () => {
    if (!first) return false;
    const room = first.getBoundingClientRect().bottom - parseFloat(getComputedStyle(first).paddingBottom);
    return first.querySelector(".pk-foot").getBoundingClientRect().bottom > room + 1;
  };
  for (const step of ["tight", "tighter"]) if (long()) root.classList.add(step);
  if (long()) root.classList.add("page-one-overflows");

  // What is folded opens where a link leads, and for paper.
  const reveal = (id) => {
    const target = id && document.getElementById(decodeURIComponent(id));
    for (let part = target; part; part = part.parentElement) if (part.tagName === "DETAILS") part.open = true;
    if (target) target.scrollIntoView();
  };
  addEventListener("hashchange", () => reveal(location.hash.slice(1)));
  reveal(location.hash.slice(1));
  addEventListener("beforeprint", () => all("details.annex").forEach((part) => { part.open = true; }));

  // Charts are pictures until they are seen; plotly itself is read with the first of them.
  let drawn = 0;
  const config = JSON.parse(document.getElementById("plotly-config")?.textContent ?? "{}");
  const library = () => {
    if (window.Plotly) return;
    const script = document.createElement("script");
    script.textContent = document.getElementById("plotly-source").textContent.replaceAll("<\\/script", "</script");
    document.head.append(script);
  };
  const draw = async (place) => {
    library();
    const id = place.dataset.figure;
    const figure = JSON.parse(document.querySelector(`script[data-of="${CSS.escape(id)}"]`).textContent);
    const options = { ...config, toImageButtonOptions: { format: "png", scale: 2, filename: id } };
    place.replaceChildren();
    await Plotly.newPlot(place, figure.data, figure.layout, options);
    drawn += 1;
    root.dataset.drawn = String(drawn);
  };
  const seen = new IntersectionObserver((entries) => {
    for (const entry of entries.filter((one) => one.isIntersecting)) {
      seen.unobserve(entry.target);
      requestAnimationFrame(() => setTimeout(() => draw(entry.target)));
    }
  }, { rootMargin: "200px" });
  all(".chart [data-figure]").forEach((place) => seen.observe(place));

  // Tables: a scroller that the keyboard reaches where it is needed; sorting, copying, saving.
  const number = (text) => {
    const plain = text.replace(/[\u202f\u00a0\s]/g, "").replace("\u2212", "-");
    return /^[+-]?[\d.]+%?$/.test(plain) ? parseFloat(plain) : NaN;
  };
  const cellText = (cell) => cell.innerText.trim().replace(/\s*\n\s*/g, " ");
  const rowsOf = (table) => all(":scope > thead > tr, :scope > tbody > tr", table).map((row) =>
    [...row.cells].map((cell) => {
      const text = cell.querySelector("[role=img]")?.getAttribute("aria-label") ?? cellText(cell);
      return cell.classList.contains("pk-num") && !isNaN(number(text)) ? String(number(text)) : text;
    }));
  const quoted = (text) => (/[",;\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text);
  const copy = async (text) => {
    try { await navigator.clipboard.writeText(text); } catch {
      const area = Object.assign(document.createElement("textarea"), { value: text });
      document.body.append(area); area.select(); document.execCommand("copy"); area.remove();
    }
  };
  const save = (text, name) => {
    const link = Object.assign(document.createElement("a"), { download: name,
      href: URL.createObjectURL(new Blob(["\ufeff", text], { type: "text/csv" })) });
    link.click();
    setTimeout(() => URL.revokeObjectURL(link.href), 1000);
  };
  const sort = (table, column, down) => {
    const body = table.tBodies[0];
    const blocks = [[]];
    for (const row of body.rows) {
      const block = blocks.at(-1);
      if (row.matches(".pk-group, .pk-total")) blocks.push([[row]]);
      else if (row.matches(".pk-under, .pk-detail") && block.length) block.at(-1).push(row);
      else block.push([row]);
    }
    const key = (unit) => cellText(unit[0].cells[column]);
    const order = (a, b) => {
      const [one, other] = [number(key(a)), number(key(b))];
      if (isNaN(one) && isNaN(other)) return key(a).localeCompare(key(b)) * down;
      return isNaN(one) ? 1 : isNaN(other) ? -1 : (one - other) * down;
    };
    for (const block of blocks) {
      const fixed = block.length && block[0][0].matches(".pk-group, .pk-total") ? block.splice(0, 1) : [];
      body.append(...[...fixed, ...block.sort(order)].flat());
    }
  };
  for (const table of all(".pk-exhibit .pk-table, .numbers .pk-table").filter((one) => !one.parentElement.closest(".pk-table"))) {
    const scroller = document.createElement("div");
    scroller.className = "scroller";
    table.replaceWith(scroller);
    scroller.append(table);
    if (!table.tHead || table.tBodies[0].rows.length < 3 || table.closest(".pk-page")) continue;
    const exhibit = table.closest("[data-exhibit]").dataset.exhibit;
    const tools = Object.assign(document.createElement("p"), { className: "tools" });
    const tool = (words, does) => {
      const button = Object.assign(document.createElement("button"), { type: "button", textContent: words });
      button.setAttribute("aria-label", `${words}: ${exhibit}`);
      button.addEventListener("click", does);
      tools.append(button);
    };
    tool("Copy", () => copy(rowsOf(table).map((row) => row.join("\t")).join("\n")));
    tool("CSV", () => save(rowsOf(table).map((row) => row.map(quoted).join(",")).join("\r\n"), `${exhibit}.csv`));
    scroller.after(tools);
    [...table.tHead.rows[0].cells].forEach((head, column) => {
      const button = Object.assign(document.createElement("button"), { type: "button", className: "sort" });
      button.append(...head.childNodes);
      head.append(button);
      button.addEventListener("click", () => {
        const down = head.getAttribute("aria-sort") === "ascending" ? -1 : 1;
        [...table.tHead.rows[0].cells].forEach((other) => other.removeAttribute("aria-sort"));
        head.setAttribute("aria-sort", down === 1 ? "ascending" : "descending");
        sort(table, column, down);
      });
    });
  }
  const reach = () => all(".scroller, .chart > [data-figure]").forEach((part) => {
    if (part.scrollWidth > part.clientWidth) part.tabIndex = 0; else part.removeAttribute("tabindex");
  });
  reach();
  const sized = new ResizeObserver(reach);
  all(".scroller, .scroller > table, .chart > [data-figure]").forEach((part) => sized.observe(part));
  root.dataset.ready = "1";
  root.dataset.drawn = String(drawn);
})();
