/* Votes before answers, a tally that stays in the reader's browser, and the slider of the published noise.

   The pages are whole without this file: answers lie in folds or stand open, the slider's stops are a table.
   Text is only ever set as text, since labels and file names are other people's. */
(() => {
  "use strict";

  const Z = 1.959964; // of a 95% interval

  /** Wilson's score interval of a share. */
  function wilson(right, count) {
    const share = right / count;
    const spread = (Z * Z) / count;
    const middle = (share + spread / 2) / (1 + spread);
    const half = (Z * Math.sqrt((share * (1 - share)) / count + spread / (4 * count))) / (1 + spread);
    return [Math.max(0, middle - half), Math.min(1, middle + half)];
  }

  const percent = (share) => `${Math.round(100 * share)}%`;

  function element(name, className, text = "") {
    const made = document.createElement(name);
    made.className = className;
    made.textContent = text;
    return made;
  }

  function button(text, pressed) {
    const made = element("button", "quiz-button", text);
    made.type = "button";
    made.addEventListener("click", pressed);
    return made;
  }

  /** Votes by question, kept in this browser if it lets us; a browser may refuse storage altogether. */
  class Votes {
    constructor(quiz) {
      this.place = `composing-to-a-mood:quiz:${quiz}`;
      this.lasting = true;
      this.cast = {};
      try {
        const kept = JSON.parse(localStorage.getItem(this.place) || "{}");
        for (const [question, choice] of Object.entries(kept || {})) this.cast[question] = String(choice);
      } catch (error) {
        this.lasting = error instanceof SyntaxError; // what is damaged is forgotten, what is blocked stays so
      }
    }

    add(question, choice) {
      this.cast[question] = choice;
      this.write(() => localStorage.setItem(this.place, JSON.stringify(this.cast)));
    }

    forget() {
      this.cast = {};
      this.write(() => localStorage.removeItem(this.place));
    }

    write(change) {
      try {
        change();
      } catch {
        this.lasting = false;
      }
    }
  }

  class Quiz {
    constructor(root) {
      this.root = root;
      root.querySelector(".quiz-elsewhere")?.remove();
      this.choices = JSON.parse(root.dataset.choices);
      this.groups = JSON.parse(root.dataset.groups);
      this.votes = new Votes(root.dataset.quiz);
      this.questions = [...root.querySelectorAll(".quiz-question[data-answer]")];
      this.open = false;
      for (const question of this.questions) this.prepare(question);
      this.toggle = button(root.dataset.showAll, () => this.showAll(!this.open));
      this.toggle.classList.add("quiz-show-all");
      root.prepend(this.toggle);
      this.tally = element("div", "quiz-tally");
      root.append(this.tally);
      this.draw();
    }

    prepare(question) {
      const answer = question.querySelector(".quiz-answer");
      if (answer instanceof HTMLDetailsElement) answer.open = true;
      const choices = element("div", "quiz-choices");
      choices.setAttribute("role", "group");
      choices.setAttribute("aria-label", `Your vote: ${question.dataset.title}`);
      for (const [choice, words] of Object.entries(this.choices)) {
        const made = button(words, () => this.vote(question, choice));
        made.dataset.choice = choice;
        choices.append(made);
      }
      const result = element("p", "quiz-result");
      result.setAttribute("role", "status"); // a screen reader says what becomes of the vote
      answer.before(choices, result);
    }

    /** What was voted on a question; undefined if nothing was, or nothing that can be chosen. */
    voteOn(question) {
      const cast = this.votes.cast[question.dataset.question];
      return Object.hasOwn(this.choices, cast) ? cast : undefined;
    }

    vote(question, choice) {
      if (this.voteOn(question) !== undefined) return; // the answer is known
      this.votes.add(question.dataset.question, choice);
      this.draw();
    }

    showAll(open) {
      this.open = open;
      this.draw();
    }

    forget() {
      this.votes.forget();
      this.open = false;
      this.draw();
      this.toggle.focus(); // the button that was pressed is gone
    }

    draw() {
      this.toggle.setAttribute("aria-pressed", String(this.open));
      for (const question of this.questions) this.drawQuestion(question);
      this.drawTally();
    }

    drawQuestion(question) {
      const { answer } = question.dataset;
      const cast = this.voteOn(question);
      const voted = cast !== undefined;
      question.classList.toggle("quiz-right", voted && cast === answer);
      question.classList.toggle("quiz-wrong", voted && cast !== answer);
      question.querySelector(".quiz-choices").hidden = this.open && !voted;
      for (const made of question.querySelectorAll(".quiz-choices button")) {
        made.setAttribute("aria-pressed", String(made.dataset.choice === cast));
        made.setAttribute("aria-disabled", String(voted)); // focus stays on it, unlike on a disabled one
      }
      question.querySelector(".quiz-answer").hidden = !(voted || this.open);
      const wrong = `You said “${this.choices[cast]}”; it is “${this.choices[answer]}”.`;
      const right = `Right: “${this.choices[answer]}”.`;
      const result = question.querySelector(".quiz-result");
      const text = voted ? (cast === answer ? right : wrong) : "";
      if (result.textContent !== text) result.textContent = text;
    }

    drawTally() {
      this.tally.replaceChildren(element("p", "quiz-tally-title", "Your tally"));
      const voted = this.questions.filter((question) => this.voteOn(question) !== undefined);
      const groups = Object.entries(this.groups).length ? Object.entries(this.groups) : [[null, ""]];
      for (const [group, title] of groups) {
        const own = voted.filter((question) => group === null || question.dataset.group === group);
        const right = own.filter((question) => this.voteOn(question) === question.dataset.answer);
        this.drawShare(title, right.length, own.length);
      }
      const where = this.votes.lasting
        ? "Votes are kept in this browser only; nobody else receives them."
        : "This browser keeps nothing for this page: the tally lasts until you leave. Nobody else receives it.";
      const note = element("p", "quiz-where", `${voted.length} of ${this.questions.length} answered. ${where}`);
      this.tally.append(note);
      if (voted.length) this.tally.append(button("Forget my votes", () => this.forget()));
    }

    drawShare(title, right, count) {
      const chance = 1 / Object.keys(this.choices).length;
      const line = element("p", "quiz-share");
      if (title) line.append(element("strong", "", `${title}: `));
      this.tally.append(line);
      if (!count) {
        line.append(`no votes yet. Blind guessing: ${percent(chance)}.`);
        return;
      }
      const [low, high] = wilson(right, count);
      const answers = count === 1 ? "1 answer does" : `${count} answers do`;
      const compared = chance < low ? "the interval lies above it"
        : chance > high ? "the interval lies below it"
          : `inside the interval, so ${answers} not tell you from a guesser`;
      line.append(`${right} of ${count} right, ${percent(right / count)}; 95% interval ${percent(low)} to `
        + `${percent(high)}. Blind guessing: ${percent(chance)}, ${compared}.`);
      this.tally.append(scale(right / count, low, high, chance));
    }
  }

  /** The share, its interval and chance on a line from 0 to 1; the sentence above says the same. */
  function scale(share, low, high, chance) {
    const made = element("div", "quiz-scale");
    made.setAttribute("aria-hidden", "true");
    const interval = element("span", "quiz-scale-interval");
    interval.style.left = `${100 * low}%`;
    interval.style.width = `${100 * (high - low)}%`;
    const dot = element("span", "quiz-scale-share");
    dot.style.left = `${100 * share}%`;
    const guess = element("span", "quiz-scale-chance");
    guess.style.left = `${100 * chance}%`;
    made.append(interval, guess, dot);
    return made;
  }

  /** A slider over the rows of the table; it shows what was computed at its stop, and nothing else. */
  function addNoiseSlider(root, number) {
    const rows = [...root.querySelectorAll("tbody tr")];
    const players = [...root.querySelectorAll(".noise-players [data-result]")];
    const control = element("div", "noise-control");
    const label = element("label", "", "Strength of the noise, σ");
    const slider = element("input", "");
    slider.id = label.htmlFor = `noise-slider-${number}`;
    Object.assign(slider, { type: "range", min: 0, max: rows.length - 1, step: 1 });
    slider.value = Math.max(0, rows.findIndex((row) => row.hasAttribute("aria-current")));
    const output = element("output", "");
    output.htmlFor = slider.id;
    const heads = [...root.querySelectorAll("thead th")].map((head) => head.textContent);

    function move() {
      const row = rows[slider.value];
      const said = [...row.cells].map((cell, column) => `${heads[column]} ${cell.textContent}`);
      output.textContent = said.join(" · ");
      slider.setAttribute("aria-valuetext", said.join(", "));
      for (const other of rows) other.removeAttribute("aria-current");
      row.setAttribute("aria-current", "true");
      for (const player of players) player.hidden = player.dataset.result !== row.dataset.result;
    }

    slider.addEventListener("input", move);
    control.append(label, slider, output);
    root.prepend(control);
    move();
  }

  for (const root of document.querySelectorAll(".quiz")) new Quiz(root);
  document.querySelectorAll(".noise-slider").forEach(addNoiseSlider);
})();
