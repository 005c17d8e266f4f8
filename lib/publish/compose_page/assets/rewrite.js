/* Writing bars of a piece again while all others stay, for a network that can fill in a middle. */
(() => {
  "use strict";

  const { mood } = window;
  const ROOM = 32; // tokens by which bars may take more when they are written again

  class Rewrite {
    /** `root` holds the fields, null where the network cannot; `write(piece, request)` has it write. */
    constructor(root, { choices, say, write }) {
      Object.assign(this, { root, choices, say, write, times: 0 });
      if (!root) return;
      const find = (name) => root.querySelector(`[name=${name}]`);
      Object.assign(this, { first: find("first"), last: find("last"), button: find("rewrite") });
      this.button.addEventListener("click", () => this.begin());
      root.addEventListener("keydown", (event) => {
        if (event.key === "Enter" && event.target !== this.button) this.begin();
      });
    }

    /** The piece that is shown now; while it is composed, its bars cannot be written again. */
    show(piece) {
      this.piece = piece;
      if (this.button) this.button.disabled = piece.composing || !piece.notes.length;
    }

    begin() {
      const { piece, choices, first, last } = this;
      if (!piece || this.button.disabled) return;
      const { grammar } = piece;
      const asked = [first, last].map(({ value }) => (value.trim() ? Number(value) : NaN));
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
        + "Press the button again for another version.";
    }

    named({ rewrites: { first, last } }) {
      return first === last ? `Bar ${first} was` : `Bars ${first} to ${last} were`;
    }
  }

  mood.Rewrite = Rewrite;
})();
