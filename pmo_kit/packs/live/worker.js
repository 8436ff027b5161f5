// In the worker: one solver, one question; each message is a case, its answers go back as they come.
"use strict";
const LONGEST = 30; // seconds of one search
let solver = null;

async function unpacked(text) {
  const plain = atob(text), packed = new Uint8Array(plain.length);
  for (let i = 0; i < plain.length; i += 1) packed[i] = plain.charCodeAt(i);
  const stream = new Blob([packed]).stream().pipeThrough(new DecompressionStream("gzip"));
  return WebAssembly.compile(await new Response(stream).arrayBuffer());
}

self.onmessage = async ({ data: told }) => {
  try {
    if (told.question) {
      const wasm = told.wasm ?? await unpacked(told.binary);
      const instantiateWasm = (imports, receive) => { WebAssembly.instantiate(wasm, imports).then(receive); };
      const question = new Question(told.question);
      solver = new Solver(await Module({ instantiateWasm }), question);
      solver.run(question.program(question.limits()), { whole: false }); // the first run is the slow one
      self.postMessage({ ready: wasm });
      return;
    }
    for (const plan of told.known) solver.keep(plan);
    const back = (answer) => self.postMessage({ number: told.number, answer });
    back(solver.answer(told.case, back, { seconds: LONGEST }));
  } catch (error) { self.postMessage({ number: told.number, failed: String(error) }); }
};
