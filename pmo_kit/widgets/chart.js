// A chart of plotly that fills its place. The library is asked of the kernel where the page has none yet.
function render({ model, el }) {
  const place = document.createElement("div");
  place.className = "pw-plot";
  el.append(place);
  const link = kernel(model, ["drawn"]);
  let plotly = null, shown = null;
  // The place is not as wide as the chart was drawn for: its type grows with it, the plot takes what is left.
  const fitted = ({ data, layout }) => {
    const width = place.clientWidth, times = Math.min(1.4, Math.max(1, width / layout.width));
    const grow = (part, ...names) => { for (const name of names) if (part?.[name]) part[name] *= times; };
    grow(layout.margin, "l", "r", "t", "b");
    for (const font of [layout.font, ...(layout.annotations ?? []).map((note) => note.font)]) grow(font, "size");
    for (const note of layout.annotations ?? []) grow(note, "xshift", "yshift");
    for (const shape of layout.shapes ?? []) if (shape.xsizemode) shape.path = shape.path.replace(/-?[\d.]+/g, (px) => px * times);
    return [data, { ...layout, width, height: place.clientHeight }];
  };
  const draw = async () => {
    plotly ??= await globalThis.pmoPlotly;
    if (!plotly || !shown?.data || !place.clientWidth) return;
    const first = !place.classList.contains("js-plotly-plot");
    await plotly.react(place, ...fitted(structuredClone(shown)), { displayModeBar: false });
    if (first) place.on("plotly_click", (event) => link.send({ type: "click", point: event.points[0].pointIndex }));
  };
  const asked = () => ({ type: "ready", library: !globalThis.pmoPlotly });
  const guard = watch(link, () => {}, () => (!plotly || !shown?.data) && asked(), "");
  const deaf = link.listen((news, buffers) => {
    guard.heard();
    if (news.library) globalThis.pmoPlotly ??= import(URL.createObjectURL(new Blob([buffers[0]], { type: "text/javascript" }))).then(() => window.Plotly);
    if (news.drawn) shown = news.drawn;
    draw();
  });
  const sized = new ResizeObserver(draw);
  sized.observe(el);
  link.opened.then(() => guard.push(asked()));
  return () => { guard.end(); deaf(); sized.disconnect(); plotly?.purge(place); };
}
export default { render };
