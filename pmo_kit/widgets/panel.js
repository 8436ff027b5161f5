// The frame of an explorer: a narrow place has one column; its keys are not JupyterLab's; it says when the kernel is gone.
function render({ model, el }) {
  const alarm = document.createElement("div");
  alarm.className = "pw-alarm";
  alarm.setAttribute("role", "alert");
  el.append(alarm);
  const link = kernel(model);
  const guard = watch(link, (words) => { alarm.textContent = words; }, () => !document.hidden && { type: "ping" }, ".");
  const deaf = link.listen(guard.heard);
  const own = (event) => { if (!event.ctrlKey && !event.metaKey) event.stopPropagation(); };
  let panel = null;
  const sized = new ResizeObserver(() => {
    if (!panel && (panel = el.closest(".pw-panel"))) {
      panel.addEventListener("keydown", own);
      sized.observe(panel);
    }
    panel?.classList.toggle("pw-narrow", panel.clientWidth > 0 && panel.clientWidth < 700);
  });
  sized.observe(el);
  return () => { guard.end(); deaf(); sized.disconnect(); panel?.removeEventListener("keydown", own); };
}
export default { render };
