// The frame of an explorer: a narrow place has one column; its keys are not JupyterLab's; it says when the kernel is gone;
// what ipywidgets leaves without a name, or out of reach of the keyboard, has one and is.
function render({ model, el }) {
  const alarm = document.createElement("div");
  alarm.className = "pw-alarm";
  alarm.setAttribute("role", "alert");
  el.append(alarm);
  const link = kernel(model);
  const guard = watch(link, (words) => { alarm.textContent = words; }, () => !document.hidden && { type: "ping" }, ".");
  const deaf = link.listen(guard.heard);
  let panel = null, free = () => {};
  const name = () => {
    for (const node of panel.querySelectorAll(".noUi-handle, select, input")) {
      const label = node.closest(".jupyter-widgets")?.querySelector(".widget-label");
      const words = label?.textContent || label?.title || node.title || node.placeholder;
      if (words) node.setAttribute("aria-label", words);
    }
    for (const node of panel.querySelectorAll(".pw-lower")) node.tabIndex = 0;
  };
  const grown = new MutationObserver(name);
  const sized = new ResizeObserver(() => {
    if (!panel && (panel = el.closest(".pw-panel"))) {
      free = ownKeys(panel);
      sized.observe(panel);
      grown.observe(panel, { childList: true, subtree: true });
      name();
    }
    panel?.classList.toggle("pw-narrow", panel.clientWidth > 0 && panel.clientWidth < 700);
  });
  sized.observe(el);
  return () => { guard.end(); deaf(); sized.disconnect(); grown.disconnect(); free(); };
}
export default { render };
