/* Pieces in shorthand: `lib/data/shorthand/writing.py` and `gaps.py` again, as far as this page writes tokens itself,
   to begin with bars of a piece or to have bars written again. Tokens are without BOS and EOS. */
(() => {
  "use strict";

  const mood = window.mood ??= {};
  const FREE = -1; // the network draws this token
  const SILENT = ["Length", "Activity", "Arousal", "Key", "Left", "Gap", "Fill", "BOS", "EOS"]; // they hold no notes
  const TONICS = ["C", "C#", "D", "Eb", "E", "F", "F#", "G", "Ab", "A", "Bb", "B"];
  const isPitch = (grammar, token) => ["Pitch", "PitchDrum"].includes(grammar.kinds[token]);

  /** MidiTok's tokens of one bar, without its tempos, while `program` holds. */
  function spell(grammar, bar, program) {
    const { idOf } = grammar;
    const tokens = [idOf.get("Bar_None"), bar.meter];
    let position = -1;
    for (const note of bar.notes) {
      if (note.position !== position) tokens.push(idOf.get(`Position_${note.position}`));
      if (note.program !== program) tokens.push(note.program);
      ({ position, program } = note);
      tokens.push(note.pitch, note.velocity, note.duration);
    }
    return tokens.filter((token) => token !== null);
  }

  /** MidiTok's tokens of a sequence, bar by bar; a bar that repeats none is left out. */
  function writeOut(grammar, tokens) {
    const { kinds, numbers } = grammar;
    const reader = new scope.MoodBars(grammar);
    const said = tokens.filter((token) => token >= 0 && !SILENT.includes(kinds[token]));
    const bars = [];
    said.forEach((token, place) => {
      const kind = kinds[token], next = kinds[said[place + 1]];
      if (kind === "Again") {
        reader.endBar();
        const bar = reader.bars[reader.bars.length - numbers[token]];
        if (bar && bar.meter !== null) bars.push(spell(grammar, bar, reader.program));
      } else {
        if (kind === "Bar") bars.push([]);
        const bar = bars.at(-1);
        bar?.push(token);
        if (kind === "Bar" && next !== "TimeSig" && reader.meter !== null) bar.push(reader.meter);
        if (isPitch(grammar, token) && next === "Duration" && reader.velocity !== null) bar?.push(reader.velocity);
      }
      reader.advance(token);
    });
    return bars;
  }

  /** What each of these written-out bars holds, and the program, velocity, meter and tempo that hold before it. */
  function readBars(grammar, slices) {
    const reader = new scope.MoodBars(grammar);
    const before = [];
    for (const slice of slices) {
      const { meter, program, velocity, tempo } = reader;
      before.push({ meter, program, velocity, tempo });
      for (const token of slice) reader.advance(token);
    }
    reader.endBar();
    return { bars: reader.bars, before };
  }

  const alike = (one, other) => one.length === other.length && one.every((token, place) => token === other[place]);

  /** For each bar, how many bars back those lie that it repeats token by token. */
  function repeats(grammar, slices, { bars, before }) {
    const farthest = Math.max(0, ...grammar.again.map((token) => grammar.numbers[token]));
    const lists = new Map(); // numbers of the bars of one content
    return bars.map((bar, number) => {
      const content = JSON.stringify([bar.meter, bar.notes]);
      if (!lists.has(content)) lists.set(content, []);
      const own = bar.closed && bar.notes.length ? lists.get(content) : [];
      const { meter, program, tempo } = before[number];
      const near = own.filter((one) => number - one <= farthest);
      const can = !bar.tempos.length && bar.meter === meter && near.length && alike(spell(grammar, bar, program), slices[number]);
      own.push(number);
      return can ? near.filter((one) => bars[one].tempos.every((each) => each === tempo)).map((one) => number - one) : [];
    });
  }

  /** Bars back of the bar from which on most bars are repeated, of equally good ones the nearest; 0 if there is none. */
  function farthestCopy(found, number) {
    let best = 0, chosen = 0;
    for (const back of [...found[number]].sort((one, other) => one - other)) {
      let run = 1;
      while (found[number + run]?.includes(back)) run += 1;
      if (run > best) [best, chosen] = [run, back];
    }
    return chosen;
  }

  /** Written-out bars in shorthand, bar by bar, without the bars that are left. */
  function shorten(grammar, slices) {
    const { kinds, idOf } = grammar;
    const read = readBars(grammar, slices);
    const found = repeats(grammar, slices, read);
    let last = 0;
    return slices.map((slice, number) => {
      last = found[number].includes(last) ? last : farthestCopy(found, number);
      if (last) return [idOf.get(`Again_${last}`)];
      const { meter } = read.before[number];
      let { velocity } = read.before[number];
      return slice.filter((token) => { // without the meter and the velocities that hold already
        if (kinds[token] !== "Velocity") return kinds[token] !== "TimeSig" || token !== meter;
        const changes = token !== velocity;
        velocity = token;
        return changes;
      });
    });
  }

  /** Bars in shorthand with what is left of `total` bars behind every fourth bar's first token. */
  function countDown(grammar, short, total) {
    return short.map((bar, place) => {
      const number = place + 1;
      if (!grammar.isCounted(number)) return bar;
      return [bar[0], total === FREE ? FREE : grammar.leftToken(total - number), ...bar.slice(1)];
    });
  }

  /** The Key token of written-out bars, as `lib.data.labels.estimate_key` finds it; undefined where none fits best. */
  function keyToken(grammar, slices) {
    const state = grammar.start();
    for (const token of slices.flat()) state.advance(token);
    const time = new Array(12).fill(0);
    for (const { pitch, start, end, program } of state.notes) if (program !== -1) time[pitch % 12] += end - start;
    const mean = time.reduce((sum, each) => sum + each, 0) / 12;
    if (time.every((each) => each === time[0])) return undefined;
    let best = -Infinity, text;
    for (const [mode, profile] of Object.entries(grammar.keyProfiles)) {
      TONICS.forEach((tonic, shift) => {
        const fit = time.reduce((sum, each, at) => sum + (each - mean) * profile[(at - shift + 12) % 12], 0);
        if (fit > best) [best, text] = [fit, `Key_${tonic}:${mode}`];
      });
    }
    return grammar.idOf.get(text);
  }

  /** The first bars of a piece as tokens to begin with. In shorthand their plan would tell of these bars alone: the
      network has to say length and activity of the whole piece; the key stays. */
  function beginning(grammar, tokens, bars) {
    const slices = writeOut(grammar, tokens).slice(0, bars);
    while (slices.length && !slices.at(-1).some((token) => grammar.kinds[token] === "Duration")) slices.pop();
    if (!grammar.short) return slices.flat();
    const key = keyToken(grammar, slices);
    const plan = key === undefined ? [FREE, FREE] : [FREE, FREE, FREE, key];
    return [...plan, ...countDown(grammar, shorten(grammar, slices), FREE).flat()];
  }

  const SHARPS = { "C#": "C♯", "F#": "F♯", Eb: "E♭", Ab: "A♭", Bb: "B♭" };

  /** What a plan's token says, in words. */
  function planWords(text) {
    const [kind, value] = text.split("_");
    const number = Number(value);
    switch (kind) {
      case "Length": return value === "more" ? "a very long piece" : `${value} ${number === 1 ? "bar" : "bars"}`;
      case "Activity": return `about ${(0.5 * 2 ** (number / 6)).toFixed(1)} note beginnings a beat`;
      case "Arousal": return `arousal ${(0.02 * number).toFixed(2).replace("-", "−")} (from −1, calm, to 1, excited)`;
      case "Key": {
        const [tonic, mode] = value.split(":");
        return `${SHARPS[tonic] ?? tonic} ${mode}`;
      }
      default: return "";
    }
  }

  /** The plan of a piece in one line; '' while it has none. */
  function planLine(grammar, tokens) {
    const plan = tokens.filter((token) => grammar.isPlan(token)).map((token) => grammar.vocabulary[token]);
    const order = ["Length", "Key", "Activity", "Arousal"];
    const parts = order.flatMap((kind) => plan.filter((text) => text.startsWith(`${kind}_`))).map(planWords);
    return parts.length ? `The plan: ${parts.join(", ")}.` : "";
  }

  const scope = {};
  moodBars(scope);
  mood.shorthand = { FREE, writeOut, shorten, countDown, readBars, beginning, planWords, planLine };
})();
