// The frame of an explorer: its charts fill their places, also when a side bar opens; its keys are not JupyterLab's.
function render({ el }) {
  const fit = () => {
    const panel = el.closest(".pw-panel");
    if (!panel) return;
    added.observe(panel, { childList: true, subtree: true });
    let wrong = false;
    for (const plot of panel.querySelectorAll(".js-plotly-plot")) {
      sized.observe(plot);
      const drawn = plot.querySelector(".main-svg");
      if (drawn && plot.clientWidth)
        wrong ||= Math.abs(drawn.clientWidth - plot.clientWidth) > 1 || Math.abs(drawn.clientHeight - plot.clientHeight) > 1;
    }
    if (wrong) window.dispatchEvent(new Event("resize"));
  };
  const sized = new ResizeObserver(fit), added = new MutationObserver(fit);
  const own = (event) => { if (!event.ctrlKey && !event.metaKey) event.stopPropagation(); };
  let panel = null;
  const first = new ResizeObserver(() => {
    if (panel || !(panel = el.closest(".pw-panel"))) return;
    panel.addEventListener("keydown", own);
    fit();
  });
  first.observe(el);
  return () => { for (const observer of [sized, added, first]) observer.disconnect(); panel?.removeEventListener("keydown", own); };
}
export default { render };
