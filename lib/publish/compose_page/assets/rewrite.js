/* Writing bars of a piece again while all others stay, for a network that can fill in a middle. */
(() => {
  "use strict";

  const { mood } = window;
  const ROOM = 32; // tokens by which bars may take more when they are written again

  class Rewrite {
    /** `root` holds the fields, null where the network cannot; `write(piece, request)` has it write, and
        `restore(piece)` shows a piece that was whole before. */
    constructor(root, { choices, roll, say, write, restore }) {
      Object.assign(this, { root, choices, roll, say, write, restore, times: 0 });
      if (!root) return;
      const find = (name) => root.querySelector(`[name=${name}]`);
      Object.assign(this, { first: find("first"), last: find("last"), button: find("rewrite"), undo: find("undo"),
        marked: root.querySelector(".composer-marked") });
      this.button.addEventListener("click", () => this.begin());
      this.undo.addEventListener("click", () => this.takeBack());
      root.addEventListener("input", () => this.mark(true));
      root.addEventListener("keydown", (event) => {
        if (event.key === "Enter" && event.target.matches("input")) this.begin();
      });
      root.parentElement.addEventListener("keydown", (event) => {
        const typed = event.target.matches("input:not([type=range])"); // where it takes back what was typed
        if (!typed && (event.ctrlKey || event.metaKey) && !event.shiftKey && event.key.toLowerCase() === "z"
          && this.takeBack()) event.preventDefault();
      });
    }

    /** The piece that is shown now; while it is composed, its bars cannot be written again. */
    show(piece) {
      this.piece = piece;
      if (!this.root) return;
      this.button.disabled = piece.composing || !piece.notes.length;
      this.undo.disabled = piece.composing || !piece.rewrites;
      this.mark();
    }

    /** The bars in the two fields, from 1. */
    get asked() {
      return [this.first, this.last].map(({ value }) => (value.trim() ? Number(value) : NaN));
    }

    /** Mark the chosen bars on the piano roll, and say so. While they are being written, the mark stays. */
    mark(follow = false) {
      const { piece, roll, marked, asked: [first, last] } = this;
      if (!piece || (piece.composing && piece.rewrites)) return;
      const { bars } = piece;
      const chosen = !piece.composing && first >= 1 && first <= last && last <= bars.length && bars[first - 1];
      roll.mark(chosen ? chosen.start : 0, chosen ? bars[last]?.start ?? Math.max(piece.end, piece.horizon) : 0, follow);
      const words = first === last ? `Bar ${first} is` : `Bars ${first} to ${last} are`;
      if (piece.composing) marked.textContent = "";
      else marked.textContent = chosen ? `${words} marked on the piano roll.` : `The piece has ${bars.length} bars; no such bars can be marked.`;
    }

    /** A key on the piano roll, while the playhead is in a bar, from 1; whether it meant something. */
    key(name, bar) {
      const field = this.root && !this.piece.composing && { f: this.first, l: this.last }[name.toLowerCase()];
      if (!field) return false;
      field.value = String(bar);
      this.mark();
      return true;
    }

    /** Whether a bar, from 0, is among those that would be written again: for who cannot see the mark. */
    includes(bar) {
      return Boolean(this.root) && !this.piece.composing && this.asked[0] <= bar + 1 && bar + 1 <= this.asked[1];
    }

    /** The piece as it was before bars of it were last written again; whether there is one. */
    takeBack() {
      const { piece, undo, button } = this;
      if (!piece || undo.disabled) return false;
      const pressed = document.activeElement === undo;
      this.restore(piece.rewrites.before);
      if (pressed && undo.disabled) button.focus();
      this.say(`${this.named(piece, "are", "is")} as before again.`);
      return true;
    }

    begin() {
      const { piece, choices, asked } = this;
      if (!piece || this.button.disabled) return;
      const { grammar } = piece;
      const whole = piece.tokens.slice(1, 1 + piece.tokens.findLastIndex((token) => (
        ["Duration", "Again", "EOS"].includes(grammar.kinds[token])))); // a note may have been cut off
      const slices = mood.gaps.putBack(grammar, whole);
      const reason = mood.gaps.whyNot(mood.shorthand.readBars(grammar, slices).bars, ...asked);
      const given = reason ? [] : mood.gaps.withGap(grammar, whole, ...asked);
      const most = Number(choices.fields.maxTokens.max);
      if (reason) this.say(reason);
      else if (given.length + whole.length / slices.length * (asked[1] - asked[0] + 1) + ROOM > most) {
        this.say(`The piece takes ${given.length} tokens without these bars and leaves too little room within ${most}; take a shorter one.`);
      } else {
        const numbers = choices.numbers();
        const seed = numbers.seed + (this.times += 1); // or the same bars would come again
        const next = new mood.Piece(grammar, piece.tokens[0], given);
        next.rewrites = { first: asked[0], last: asked[1], total: slices.length, seed, before: piece };
        next.labels = [...piece.labels.slice(0, 2), `${piece.labels[2]}-bars-${asked.join("-")}-${seed}`];
        this.write(next, { ...numbers, seed, given, total: null, maxTokens: most });
      }
    }

    /** Why the piece has to stay as it was, in a sentence; '' when the bars can take their place. */
    whatIsWrong(piece, byItself) {
      const { first, last, total } = piece.rewrites;
      const { bars } = mood.shorthand.readBars(piece.grammar, mood.gaps.putBack(piece.grammar, piece.tokens));
      let what = "";
      if (!byItself || bars.length !== total) what = "not written to their end";
      else if (bars.slice(first - 1, last).some(({ meter }) => meter !== bars[first - 2].meter)) what = "written in another meter";
      else if (bars[last - 1].soundsOn && last < total) what = `written with a note that sounds into bar ${last + 1}`;
      return what && `${this.named(piece)} ${what}, so the piece stays as it was; press the button for another try.`;
    }

    /** What has been done, in words. */
    told(piece) {
      return `${this.named(piece)} written again with seed ${piece.rewrites.seed}; all others stayed. `
        + "Press the button again for another version, or take this one back.";
    }

    named({ rewrites: { first, last } }, many = "were", one = "was") {
      return first === last ? `Bar ${first} ${one}` : `Bars ${first} to ${last} ${many}`;
    }
  }

  mood.Rewrite = Rewrite;
})();
