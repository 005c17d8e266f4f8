"use strict";
// One rater's way through the survey. The page talks to nobody: answers lie in localStorage until they are saved.
(() => {
  const read = (id) => JSON.parse(document.getElementById(id).textContent);
  const survey = read("survey-data");
  const texts = read("survey-texts");
  const recordings = read("survey-audio");
  const element = (id) => document.getElementById(id);
  const place = `listening-survey-${survey.id}`;
  const questions = ["emotion", "genre", "human"];
  const scores = [1, 2, 3, 4, 5];

  // Some browsers refuse localStorage for files: then the survey works, but only while the page is open.
  const storage = (() => {
    try {
      localStorage.setItem(`${place}-test`, "1");
      localStorage.removeItem(`${place}-test`);
      return localStorage;
    } catch {
      return null;
    }
  })();

  const random = (below) => {
    // Without the small preference of a plain remainder for low numbers.
    const limit = Math.floor(2 ** 32 / below) * below;
    const drawn = new Uint32Array(1);
    do crypto.getRandomValues(drawn); while (drawn[0] >= limit);
    return drawn[0] % below;
  };
  const shuffled = (items) => {
    const order = [...items];
    for (let last = order.length - 1; last > 0; last--) {
      const other = random(last + 1);
      [order[last], order[other]] = [order[other], order[last]];
    }
    return order;
  };

  const newState = () => {
    const order = shuffled(survey.pieces.map((piece) => piece.id)).slice(0, survey.perRater)
      .map((id) => ({ id, presentation: 1 }));
    // One piece comes again, with at least three others between.
    const gap = Math.min(3, order.length - 1);
    const first = random(order.length - gap);
    const again = first + gap + 1 + random(order.length - first - gap);
    order.splice(again, 0, { id: order[first].id, presentation: 2 });
    // Consonants: no spreadsheet takes such a name for a number or a month and writes it in another way.
    const letters = "bcdfghjkmnpqrtvw";
    const name = Array.from(crypto.getRandomValues(new Uint8Array(8)), (byte) => letters[byte >> 4] + letters[byte & 15]);
    const language = (navigator.language || "en").toLowerCase().startsWith("zh") ? "zh-Hant" : "en";
    return { rater: name.join(""), language, begun: false, order, answers: [], heard: 0, draft: {} };
  };
  const load = () => {
    try {
      const kept = JSON.parse(storage?.getItem(place) ?? "null");
      return kept && Array.isArray(kept.order) && Array.isArray(kept.answers) && texts[kept.language] ? kept : null;
    } catch {
      return null;
    }
  };
  const keep = () => {
    try {
      storage?.setItem(place, JSON.stringify(state));
    } catch {
      element("no-storage").hidden = false;
    }
  };

  let state = load() ?? newState();
  let address = null;
  let forgotten = false;
  const pieces = new Map(survey.pieces.map((piece) => [piece.id, piece]));
  const audio = element("audio");

  const say = (name, values = {}) =>
    texts[state.language][name].replace(/\{(\w+)\}/g, (whole, key) => values[key] ?? whole);
  const values = () => ({
    count: state.order.length,
    minutes: Math.max(1, Math.round((survey.seconds * state.order.length / survey.pieces.length
      + 25 * state.order.length) / 60)),
    contact: survey.contact || texts[state.language].contact,
    number: state.answers.length + 1,
    name: fileName(),
  });
  const fileName = () => `survey-${survey.id}-${state.rater}.csv`;

  const csv = () => {
    const head = ["survey", "rater", "language", "position", "piece", "presentation", ...questions, "heard_seconds"];
    const lines = state.answers.map((answer, index) => [survey.id, state.rater, state.language, index + 1, answer.id,
      answer.presentation, ...questions.map((question) => answer[question]), Math.ceil(answer.heard)]);
    return [head, ...lines].map((line) => line.join(",")).join("\r\n") + "\r\n";
  };

  const current = () => state.order[state.answers.length];

  const buildScales = () => {
    for (const fieldset of document.querySelectorAll("fieldset[data-question]")) {
      const scale = fieldset.querySelector(".scale");
      for (const score of scores) {
        const label = document.createElement("label");
        const input = document.createElement("input");
        input.type = "radio";
        input.name = fieldset.dataset.question;
        input.value = String(score);
        input.id = `${fieldset.dataset.question}-${score}`;
        label.htmlFor = input.id;
        const number = document.createElement("span");
        number.textContent = String(score);
        const meaning = document.createElement("small");
        label.append(input, number, meaning);
        scale.append(label);
        input.addEventListener("change", () => {
          state.draft[input.name] = score;
          fieldset.classList.remove("unanswered");
          element("problem").textContent = "";
          keep();
        });
      }
    }
  };

  // The recording is made into a blob only now: a page of many data: addresses is too much for some phones.
  const loadRecording = (id) => {
    if (address) URL.revokeObjectURL(address);
    const bytes = Uint8Array.from(atob(recordings[id]), (letter) => letter.charCodeAt(0));
    address = URL.createObjectURL(new Blob([bytes], { type: "audio/mpeg" }));
    element("audio-error").hidden = true;
    audio.src = address;
  };

  const show = () => {
    const step = forgotten ? "gone" : !state.begun ? "intro" : current() ? "piece" : "end";
    document.documentElement.lang = state.language;
    document.title = say("title");
    for (const id of ["intro", "piece", "end", "gone"]) element(id).hidden = id !== step;
    for (const node of document.querySelectorAll("[data-text]")) node.textContent = say(node.dataset.text, values());
    for (const node of document.querySelectorAll("[data-label]"))
      node.setAttribute("aria-label", say(node.dataset.label, values()));
    for (const button of document.querySelectorAll("[data-language]"))
      button.setAttribute("aria-pressed", String(button.dataset.language === state.language));
    element("no-storage").hidden = storage !== null;
    if (step === "intro" && state.answers.length) element("begin").textContent = say("resume");
    if (step === "piece") showPiece();
    if (step === "end") element("as-text").value = csv();
  };

  const showPiece = () => {
    const piece = pieces.get(current().id);
    element("piece-title").textContent = say("piece", values());
    element("progress").value = state.answers.length / state.order.length;
    audio.setAttribute("aria-label", say("audio", values()));
    for (const fieldset of document.querySelectorAll("fieldset[data-question]")) {
      const question = fieldset.dataset.question;
      fieldset.querySelector("legend").textContent = say(question, { label: piece[question]?.[state.language] });
      const ends = question === "human" ? "human" : "fit";
      for (const score of scores) {
        const input = element(`${question}-${score}`);
        input.checked = state.draft[question] === score;
        input.parentNode.querySelector("small").textContent =
          score === 1 ? say(`${ends}_low`) : score === 5 ? say(`${ends}_high`) : "";
      }
    }
  };

  const startPiece = () => {
    show();
    if (!current()) {
      audio.pause();
      element("end-title").focus();
      return;
    }
    loadRecording(current().id);
    element("piece-title").focus();
    window.scrollTo(0, 0);
  };

  // Seconds that were really heard: jumps in time do not count.
  let last = 0;
  audio.addEventListener("timeupdate", () => {
    const step = audio.currentTime - last;
    if (step > 0 && step < 1.5 && !audio.seeking) state.heard += step;
    last = audio.currentTime;
  });
  audio.addEventListener("seeking", () => { last = audio.currentTime; });
  audio.addEventListener("loadstart", () => { last = 0; });
  audio.addEventListener("pause", keep);
  audio.addEventListener("error", () => { if (audio.getAttribute("src")) element("audio-error").hidden = false; });

  for (const button of document.querySelectorAll("[data-language]"))
    button.addEventListener("click", () => {
      state.language = button.dataset.language;
      element("problem").textContent = "";
      keep();
      show();
    });

  element("begin").addEventListener("click", () => {
    state.begun = true;
    keep();
    startPiece();
  });

  element("answers").addEventListener("submit", (event) => {
    event.preventDefault();
    const open = questions.filter((question) => !state.draft[question]);
    for (const fieldset of document.querySelectorAll("fieldset[data-question]"))
      fieldset.classList.toggle("unanswered", open.includes(fieldset.dataset.question));
    if (state.heard < 0.1) {
      element("problem").textContent = say("not_heard");
      audio.focus();
      return;
    }
    if (open.length) {
      element("problem").textContent = say("missing");
      element(`${open[0]}-1`).focus();
      return;
    }
    state.answers.push({ ...current(), ...state.draft, heard: state.heard });
    state.draft = {};
    state.heard = 0;
    element("problem").textContent = "";
    keep();
    startPiece();
  });

  element("save").addEventListener("click", () => {
    const link = document.createElement("a");
    link.href = URL.createObjectURL(new Blob(["\uFEFF" + csv()], { type: "text/csv" }));
    link.download = fileName();
    document.body.append(link);
    link.click();
    link.remove();
    element("status").textContent = say("saved", values());
  });

  element("copy").addEventListener("click", async () => {
    const field = element("as-text");
    field.focus();
    field.select();
    try {
      await navigator.clipboard.writeText(field.value);
    } catch {
      document.execCommand("copy"); // for pages opened as a file
    }
    element("status").textContent = say("copied");
  });

  element("forget").addEventListener("click", () => {
    if (!window.confirm(say("forget_sure"))) return;
    storage?.removeItem(place);
    forgotten = true;
    show();
    element("gone-title").focus();
  });

  window.addEventListener("pagehide", () => { if (!forgotten && state.begun) keep(); });

  buildScales();
  keep();
  if (state.begun && current()) {
    show();
    loadRecording(current().id);
  } else {
    show();
  }
})();
