// A chart of plotly that fills its place. The library is asked of the kernel where the page has none yet.
function render({ model, el }) {
  const place = document.createElement("div");
  place.className = "pw-plot";
  el.append(place);
  const link = kernel(model, ["drawn"]);
  let plotly = null, shown = null;
  const draw = async () => {
    plotly ??= await globalThis.pmoPlotly;
    if (!plotly || !shown?.data || !place.clientWidth) return;
    const { data, layout } = structuredClone(shown);
    const first = !place.classList.contains("js-plotly-plot");
    await plotly.react(place, data, { ...layout, width: undefined, height: undefined, autosize: true }, { displayModeBar: false });
    if (first) place.on("plotly_click", (event) => link.send({ type: "click", curve: event.points[0].curveNumber, point: event.points[0].pointIndex }));
  };
  const asked = () => ({ type: "ready", library: !globalThis.pmoPlotly });
  const guard = watch(link, () => {}, () => (!plotly || !shown?.data) && asked(), "");
  const deaf = link.listen((news, buffers) => {
    guard.heard();
    if (news.library) globalThis.pmoPlotly ??= import(URL.createObjectURL(new Blob([buffers[0]], { type: "text/javascript" }))).then(() => window.Plotly);
    if (news.drawn) shown = news.drawn;
    draw();
  });
  const sized = new ResizeObserver(() => {
    if (!place.classList.contains("js-plotly-plot")) draw();
    else if (place.clientWidth) plotly.Plots.resize(place);
  });
  sized.observe(el);
  link.opened.then(() => guard.push(asked()));
  return () => { guard.end(); deaf(); sized.disconnect(); plotly?.purge(place); };
}
export default { render };
