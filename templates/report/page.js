"use strict";
(async () => {
  const root = document.documentElement;
  if (/Chrom(e|ium)\//.test(navigator.userAgent)) root.classList.add("margin-boxes");
  const weights = [400, 600, 700].map((weight) => document.fonts.load(`${weight} 14px "Source Sans 3"`));
  await Promise.all(weights);
  let drawn = 0;
  for (const place of document.querySelectorAll("[data-figure].chart")) {
    const source = document.querySelector(`script[data-of="${CSS.escape(place.dataset.figure)}"]`);
    const figure = JSON.parse(source.textContent);
    await Plotly.newPlot(place, figure.data, figure.layout, { displayModeBar: false });
    drawn += 1;
  }
  const first = document.querySelector(".pk-page");
  const long = () => {
    if (!first) return false;
    const room = first.getBoundingClientRect().bottom - parseFloat(getComputedStyle(first).paddingBottom);
    return first.querySelector(".pk-foot").getBoundingClientRect().bottom > room + 1;
  };
  if (long()) root.classList.add("tight");
  if (long()) root.classList.add("page-one-overflows");
  root.dataset.drawn = String(drawn);
})();
