/* Looking inside: what could have stood where the piece has a token, and what each head of the network looked back at.

   The token is the pitch of the note that sounds, or the one of a note that was clicked. */
(() => {
  "use strict";

  const mood = window.mood ??= {};
  const NAMES = ["C", "C♯", "D", "E♭", "E", "F", "F♯", "G", "A♭", "A", "B♭", "B"];

  /** A token in words. */
  function words(text) {
    const [kind, value] = text.split("_");
    const number = Number(value);
    switch (kind) {
      case "Pitch": return `pitch ${NAMES[number % 12]}${Math.floor(number / 12) - 1}`;
      case "PitchDrum": return `drum ${number}`;
      case "Duration": {
        const [beats, steps, resolution] = value.split(".").map(Number);
        return `length ${Number((beats + steps / resolution).toFixed(3))}`;
      }
      case "Position": return `position ${value}`;
      case "TimeSig": return `meter ${value}`;
      case "Bar": return "next bar";
      case "Again": return number === 1 ? "the last bar again" : `the bar of ${number} bars ago again`;
      case "Left": return value === "more" ? "very many bars left" : `${value} ${number === 1 ? "bar" : "bars"} left`;
      case "Length": case "Activity": case "Arousal": case "Key": return `plan: ${mood.shorthand.planWords(text)}`;
      case "Gap": return `${value} missing ${number === 1 ? "bar" : "bars"}`;
      case "Fill": return "the missing bars";
      case "EOS": return "end of the piece";
      case "BOS": return "beginning";
      default: return `${kind.toLowerCase()} ${value}`;
    }
  }

  const percent = (share) => (share >= 0.0005 || share === 0 ? `${(100 * share).toFixed(1)}%` : "< 0.1%");

  class Inside {
    /** `ask` is called with the place of a token to be looked at. */
    constructor(root, roll, ask) {
      const find = (selector) => root.querySelector(selector);
      Object.assign(this, { root, roll, ask, follows: true, place: null, waits: false, head: "all" });
      this.asked = find(".composer-asked");
      this.rows = find("tbody");
      this.heads = find(".composer-heads");
      this.seen = find(".composer-seen");
      this.follow = find("[name=follow]");
      this.follow.addEventListener("click", () => this.setFollow(!this.follows));
      find("[name=before]").addEventListener("click", () => this.step(-1));
      find("[name=after]").addEventListener("click", () => this.step(1));
      root.addEventListener("toggle", () => this.opened());
    }

    begin(piece) {
      Object.assign(this, { piece, place: null, wanted: null, waits: false, answer: null });
      this.setFollow(true);
      this.asked.textContent = "Waiting for the first note.";
      this.rows.replaceChildren();
      this.seen.textContent = "";
    }

    opened() {
      if (!this.piece) return;
      if (this.root.open) this.want(this.place ?? this.piece.notes.at(-1)?.token);
      else this.roll.look(null, null);
    }

    setFollow(follows) {
      this.follows = follows;
      this.follow.setAttribute("aria-pressed", String(follows));
    }

    /** The note that sounds. */
    sounds(note) {
      if (this.follows && note && note.token !== this.place) this.want(note.token);
    }

    /** A note that somebody chose: stay there. */
    freeze(note) {
      this.setFollow(false);
      this.root.open = true;
      this.want(note.token);
    }

    step(by) {
      if (!this.piece) return;
      this.setFollow(false);
      this.want(Math.max(1, Math.min(this.piece.tokens.length - 1, (this.place ?? 1) + by)));
    }

    /** Ask for a place; while an answer is awaited, the last wish is kept and the others are dropped. */
    want(place) {
      if (!this.root.open || place === undefined || place === null) return;
      this.place = place;
      this.wanted = place;
      if (this.waits) return;
      this.waits = true;
      this.ask(place);
    }

    hear(answer) {
      this.waits = false;
      this.answer = answer;
      if (this.wanted !== answer.place) this.want(this.wanted);
      else this.show();
    }

    show() {
      const { piece, answer } = this;
      const { vocabulary } = piece.grammar;
      const token = piece.tokens[answer.place];
      const bar = piece.barAt(piece.tickOfPlace(answer.place)) + 1;
      const given = piece.isGiven(answer.place) ? "was given" : "was drawn";
      this.asked.textContent = `Bar ${bar}, token ${answer.place}: ${words(vocabulary[token])} ${given}. `
        + `Left alone, the network would give ${percent(answer.forbidden)} to tokens that the grammar forbids here.`;
      this.rows.replaceChildren(...answer.candidates.map((each) => this.row(each, each.token === token, vocabulary)));
      this.showHeads();
    }

    row({ token, share, without, drawn, allowed }, chosen, vocabulary) {
      const row = document.createElement("tr");
      const name = document.createElement("th");
      name.scope = "row";
      name.textContent = words(vocabulary[token]) + (chosen ? " ✓" : "") + (allowed ? "" : ", forbidden");
      row.className = chosen ? "composer-chosen" : "";
      row.classList.toggle("composer-forbidden", !allowed);
      row.append(name, ...[share, without, drawn].map((value) => {
        const cell = document.createElement("td");
        cell.textContent = percent(value);
        cell.style.setProperty("--share", `${100 * value}%`);
        return cell;
      }));
      return row;
    }

    /** A button for each head, and one for the mean of all. */
    showHeads() {
      const { attention } = this.answer;
      if (!this.heads.childElementCount) {
        this.heads.style.setProperty("--heads", Math.max(...attention.map(({ head }) => head)) + 1);
        const all = [{ key: "all", text: "mean of all" }, ...attention.map(({ layer, head }) => (
          { key: `${layer} ${head}`, text: `${layer + 1}.${head + 1}`, label: `layer ${layer + 1}, head ${head + 1}` }))];
        this.heads.append(...all.map(({ key, text, label }) => {
          const button = document.createElement("button");
          button.type = "button";
          button.textContent = text;
          if (label) button.setAttribute("aria-label", label);
          button.dataset.key = key;
          button.addEventListener("click", () => {
            this.head = key;
            if (this.answer) this.showHeads();
          });
          return button;
        }));
      }
      for (const button of this.heads.children) button.setAttribute("aria-pressed", String(button.dataset.key === this.head));
      const chosen = attention.filter(({ layer, head }) => this.head === "all" || this.head === `${layer} ${head}`);
      const mean = chosen[0].weights.map((_, place) => (
        chosen.reduce((sum, { weights }) => sum + weights[place], 0) / chosen.length));
      this.roll.look(mean, this.answer.place);
      this.seen.textContent = this.tell(mean);
    }

    /** The three places looked at most, in words; lengths are in beats. */
    tell(weights) {
      const { piece } = this;
      const order = [...weights.keys()].sort((one, other) => weights[other] - weights[one]).slice(0, 3);
      const places = order.map((place) => {
        const token = words(piece.grammar.vocabulary[piece.tokens[place]]);
        const where = place ? ` in bar ${piece.barAt(piece.tickOfPlace(place)) + 1}` : "";
        return `${token}${where} (${percent(weights[place])})`;
      });
      return `Most at: ${places.join(", ")}.`;
    }
  }

  mood.Inside = Inside;
  mood.tokenInWords = words;
})();
