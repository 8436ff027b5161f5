export default { render: ({ model, el }) => board(el, kernel(model, ["state", "prices", "progress", "notice", "options"])) };
