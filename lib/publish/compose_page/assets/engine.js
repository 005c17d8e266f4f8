/* Where the network runs: in a Worker, whose code is the text of the functions that this page has loaded anyway; or,
   where a browser gives a page from a disk no Worker, in the page itself, in short slices. */
(() => {
  "use strict";

  const mood = window.mood ??= {};
  const PARTS = [moodNetwork, moodDraw, moodBars, moodGrammar];
  const IN_WORKER = 40, IN_PAGE = 12; // milliseconds of work at a time

  /** A script of this site that calls one function with what it brings; resolves to that. */
  mood.scriptData = (address, name) => new Promise((resolve, reject) => {
    const script = document.createElement("script");
    window[name] = resolve;
    script.src = address;
    script.addEventListener("error", () => reject(new Error("missing")));
    script.addEventListener("load", () => {
      script.remove();
      reject(new Error("damaged")); // unless it has called the function by now
    });
    document.head.append(script);
  });

  class Engine {
    /** `hear` is given every answer. */
    constructor(hear) {
      try {
        const code = [`const scope = {};`, ...PARTS.map((part) => `(${part})(scope);`), `(${moodComposer})(scope, ${IN_WORKER});`,
          "const composer = new scope.MoodComposer((answer) => postMessage(answer));",
          "addEventListener('message', ({ data }) => composer.hear(data));"].join("\n");
        const address = URL.createObjectURL(new Blob([code], { type: "text/javascript" }));
        this.worker = new Worker(address);
        this.worker.addEventListener("message", ({ data }) => hear(data));
        this.worker.addEventListener("error", (event) => {
          event.preventDefault();
          hear({ tell: "failed", message: event.message || "it could not be started" });
        });
      } catch {
        const scope = {};
        for (const part of PARTS) part(scope);
        moodComposer(scope, IN_PAGE);
        this.composer = new scope.MoodComposer((answer) => setTimeout(() => hear(answer), 0));
      }
    }

    tell(message) {
      if (this.worker) this.worker.postMessage(message);
      else this.composer.hear(message);
    }
  }

  mood.Engine = Engine;
})();
