/* Bars that are missing and follow at the end, so that a network that writes forwards can write in the middle:
   `lib/data/shorthand/gaps.py` again. A piece with a gap reads: its plan, the bars before the gap, `Gap_3` (three bars are
   missing here), the bars behind it, `Fill`, the missing bars. Tokens are without BOS. */
(() => {
  "use strict";

  const mood = window.mood ??= {};
  const WIDEST = 8; // bars that may be missing

  /** Why the bars `first` to `last`, from 1, cannot be missing, in a sentence; '' when they can. */
  function whyNot(bars, first, last) {
    const asked = first === last ? `bar ${first}` : `bars ${first} to ${last}`;
    const capital = asked[0].toUpperCase() + asked.slice(1);
    if (!Number.isInteger(first) || !Number.isInteger(last)) return "Name the first and the last bar as whole numbers.";
    if (first < 1 || last < first) return `There are no bars ${first} to ${last}: name the first and the last bar, from 1.`;
    if (last > bars.length) return `The piece has ${bars.length} bars, so ${asked} cannot be written again: name bars within it.`;
    if (first === 1 && last === bars.length) return `${capital} are all of the piece: leave some, or compose a new piece.`;
    if (first === 1) return "The first bar tells meter and tempo and stays: begin with bar 2.";
    if (last - first + 1 > WIDEST) return `${last - first + 1} bars are too many to write again at once: name at most ${WIDEST}.`;
    if (bars.slice(first - 2, last).some(({ meter }) => meter !== bars[first - 2].meter)) {
      return `The meter changes at or within ${asked}: name bars of one meter.`;
    }
    const line = [first, last + 1].find((each) => bars[each - 2].soundsOn);
    return line ? `A note sounds across the beginning of bar ${line}: name bars that no note reaches into.` : "";
  }

  /** Written-out bars in another order; a Program stands where it changes, as MidiTok has it. */
  function inOrder(grammar, slices, order) {
    const { kinds } = grammar;
    const { before } = mood.shorthand.readBars(grammar, slices);
    let told = null;
    return order.map((number) => {
      let { program } = before[number];
      return slices[number].flatMap((token) => {
        if (kinds[token] === "Program") {
          program = token;
          return [];
        }
        if (!["Pitch", "PitchDrum"].includes(kinds[token]) || program === null || program === told) return [token];
        told = program;
        return [program, token];
      });
    });
  }

  const span = (from, until) => Array.from({ length: Math.max(0, until - from) }, (_, more) => from + more);

  /** What a network reads before it writes the bars `first` to `last` of a piece again: everything up to `Fill`. The plan
      is that of the piece, with as many bars as there are. */
  function withGap(grammar, tokens, first, last) {
    const { shorten, countDown } = mood.shorthand;
    const slices = putBack(grammar, tokens);
    const total = slices.length;
    const order = [...span(0, first - 1), ...span(last, total), ...span(first - 1, last)];
    const short = countDown(grammar, shorten(grammar, inOrder(grammar, slices, order)), total);
    const others = total - (last - first + 1);
    const plan = tokens.filter((token) => grammar.isPlan(token))
      .map((token) => (grammar.kinds[token] === "Length" ? grammar.lengthToken(total) : token));
    return [...plan, ...short.slice(0, first - 1).flat(), grammar.idOf.get(`Gap_${last - first + 1}`),
      ...short.slice(first - 1, others).flat(), grammar.idOf.get("Fill_None")];
  }

  /** MidiTok's tokens of a sequence, bar by bar; those of a gap stand where they belong, if it is whole. */
  function putBack(grammar, tokens) {
    const slices = mood.shorthand.writeOut(grammar, tokens);
    const marks = ["Gap", "Fill"].map((kind) => tokens.findIndex((token) => grammar.kinds[token] === kind));
    if (marks.includes(-1)) return slices;
    const [before, others] = marks.map((mark) => (
      Math.min(tokens.slice(0, mark).filter((token) => grammar.isBar(token)).length, slices.length)));
    return inOrder(grammar, slices, [...span(0, before), ...span(others, slices.length), ...span(before, others)]);
  }

  mood.gaps = { whyNot, withGap, putBack };
})();
