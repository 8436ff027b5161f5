// The link between the board and a kernel: anywidget's model as `send`, `listen` and `health`.
const PARTS = ["state", "prices", "progress", "notice", "options"];
function render({ model, el }) {
  let closed = false;
  const link = {
    send: (message) => model.send(message),
    listen: (act) => {
      const heard = PARTS.map((part) => [`change:${part}`, () => act({ [part]: model.get(part) })]);
      heard.push(["msg:custom", (message) => act(message)]);
      heard.push(["comm_live_update", () => { closed = true; }]);
      for (const [event, hear] of heard) model.on(event, hear);
      act(Object.fromEntries(PARTS.map((part) => [part, model.get(part)])));
      return () => { for (const [event, hear] of heard) model.off(event, hear); };
    },
    health: () => {
      const status = model.widget_manager?.kernel?.status;
      if (["dead", "restarting", "autorestarting", "terminating"].includes(status)) closed = true;
      return closed ? "dead" : status === "busy" ? "busy" : "";
    },
  };
  return board(el, link);
}
export { board };
export default { render };
