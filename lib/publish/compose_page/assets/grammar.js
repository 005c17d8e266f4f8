/* Which token may come next, so that what is composed decodes to exactly the notes that it names.

   `lib/composing/grammar.py` again, rule by rule; a test holds the two against each other. The state also
   collects the notes, since it knows where each begins and ends; those of a bar that is told by one token, too. */
function moodGrammar(scope) {
  "use strict";

  const NUMBERED = ["Position", "Program", "Pitch", "PitchDrum", "Velocity", "Again", "Gap"];
  const PLAN = ["Length", "Activity", "Arousal", "Key"]; // in their order
  const BARS = ["Bar", "Again"]; // what begins a bar
  const COUNTED = 4; // of so many bars the last has a token that says how many are left

  class Grammar {
    constructor({ vocabulary, grammar }) {
      const { ticksPerQuarter, positionsPerBeat } = grammar;
      Object.assign(this, grammar, { vocabulary, size: vocabulary.length });
      const parts = vocabulary.map((text) => text.split("_"));
      this.kinds = parts.map(([kind]) => kind);
      this.numbers = parts.map(([kind, value]) => (NUMBERED.includes(kind) ? Number(value) : 0));
      this.tempos = parts.map(([kind, value]) => (kind === "Tempo" ? Number(value) : 0));
      this.idOf = new Map(vocabulary.map((text, token) => [text, token]));
      this.again = [...this.kinds.keys()].filter((token) => this.kinds[token] === "Again");
      this.lengths = parts.map(([kind, value]) => { // of a duration, in positions
        const [beats, steps, resolution] = kind === "Duration" ? value.split(".").map(Number) : [0, 0, 1];
        return (beats + steps / resolution) * positionsPerBeat;
      });
      this.meters = new Map();
      parts.forEach(([kind, value], token) => {
        if (kind !== "TimeSig") return;
        const [numerator, denominator] = value.split("/").map(Number);
        const beat = Math.floor((4 * ticksPerQuarter) / denominator);
        const durations = parts.map(([other, length]) => {
          if (other !== "Duration") return 0;
          const [beats, steps, resolution] = length.split(".").map(Number);
          return Math.floor(((beats * resolution + steps) * beat) / resolution);
        });
        this.meters.set(token, { numerator, denominator, positions: numerator * positionsPerBeat,
          position: Math.floor(beat / positionsPerBeat), bar: numerator * beat, durations,
          longest: Math.max(...durations) });
      });
    }

    /** The state after BOS, of a piece that is to be told to have so many bars (in shorthand). */
    start(least = 1, most = null) {
      return new State(this, least, most);
    }

    isBar(token) {
      return BARS.includes(this.kinds[token]);
    }

    isPlan(token) {
      return PLAN.includes(this.kinds[token]);
    }

    /** Whether a token says how many bars are left behind the first token of the bar of this number, from 1. */
    isCounted(number) {
      return number % COUNTED === 0;
    }

    /** The token of a length in bars. */
    lengthToken(bars) {
      return this.idOf.get(`Length_${bars}`) ?? this.idOf.get("Length_more");
    }

    /** The token of the bars that are left; none less than 0. */
    leftToken(bars) {
      return this.idOf.get(`Left_${Math.max(bars, 0)}`) ?? this.idOf.get("Left_more");
    }

    /** The Length tokens of so many bars; any when none says so many. */
    lengthTokens(least, most) {
      return this.kinds.flatMap((kind, token) => {
        const bars = this.vocabulary[token].split("_")[1];
        return kind === "Length" && (bars === "more" ? most === null : bars >= least && bars <= (most ?? bars)) ? [token] : [];
      });
    }

    pitchKind(program) {
      return program === -1 && this.drumPitches ? "PitchDrum" : "Pitch";
    }
  }

  class State {
    constructor(grammar, leastBars, mostBars) {
      Object.assign(this, { grammar, leastBars, mostBars });
      this.kind = "BOS";
      this.now = this.pitch = this.velocity = this.barStart = this.latestEnd = 0;
      this.program = this.meter = null;
      this.position = -1;
      this.sounding = new Map(); // when the last note of "program pitch" ends
      this.struck = new Set(); // "program pitch" that begin now
      this.told = null; // bars that the plan says
      this.barKind = "Bar"; // with which token the present bar began
      this.meterToken = this.velocityToken = null; // those that hold, of which shorthand says only changes
      this.reader = new scope.MoodBars(grammar); // reads in shorthand only
      this.length = 1; // tokens taken, BOS among them
      this.notes = []; // {start, end: ticks, pitch, velocity, program, token, last: places of its first and last token}
      this.bars = []; // {start: ticks, meter, number: from 1}
      this.tempos = []; // {start: ticks, tempo}
      this.gap = { start: 0, bars: 0 }; // where bars are missing, and how many stand before
      this.moved = this.movedBars = 0; // how much later than it is read stands what is collected
    }

    /** Take the next token; a forbidden one too, as well as can be, for real pieces serve as beginnings. */
    advance(token) {
      const { grammar, program, pitch } = this;
      const kind = grammar.kinds[token], number = grammar.numbers[token];
      const key = `${program} ${pitch}`;
      if (grammar.short) this.reader.advance(token);
      if (kind === "Duration") {
        if (this.meter) {
          const end = this.now + this.meter.durations[token];
          this.sounding.set(key, Math.max(end, this.sounding.get(key) ?? 0));
          this.latestEnd = Math.max(end, this.latestEnd);
          this.collect({ start: this.now, end, pitch, velocity: this.velocity, program, token: this.pitchPlace });
        }
      } else if (kind === "Pitch" || kind === "PitchDrum") {
        this.pitch = number;
        this.pitchPlace = this.length;
        if (program !== null) this.struck.add(`${program} ${number}`);
      } else if (kind === "Velocity") {
        this.velocity = number;
        this.velocityToken = token;
      } else if (kind === "Position") {
        this.struck.clear();
        this.position = number;
        if (this.meter) this.now = this.barStart + number * this.meter.position;
      } else if (kind === "Tempo") {
        this.tempos.push({ start: this.now + this.moved, tempo: grammar.tempos[token] });
      } else if (kind === "Program") {
        this.program = number;
      } else if (BARS.includes(kind)) {
        this.barKind = kind;
        this.struck.clear();
        if (this.meter) this.barStart += this.meter.bar;
        this.now = this.barStart;
        this.position = -1;
        this.bars.push({ start: this.barStart + this.moved, meter: this.meter, number: this.bars.length + 1 + this.movedBars });
        if (kind === "Again") this.hearAgain();
      } else if (kind === "TimeSig") {
        this.meter = grammar.meters.get(token);
        this.meterToken = token;
        if (this.bars.length) this.bars.at(-1).meter = this.meter;
      } else if (kind === "Gap" && this.meter) { // bars are missing here: what follows stands behind them
        this.gap = { start: this.barStart + this.meter.bar, bars: this.bars.length };
        this.moved = number * this.meter.bar;
        this.movedBars = number;
      } else if (kind === "Fill" && this.meter) { // and now they follow
        this.moved = this.gap.start - this.barStart - this.meter.bar;
        this.movedBars = this.gap.bars - this.bars.length;
      } else if (kind === "Length") {
        const bars = Number(grammar.vocabulary[token].split("_")[1]);
        this.told = bars || null; // no number for very many
      }
      this.kind = kind;
      this.length += 1;
    }

    collect(note) {
      this.notes.push({ ...note, start: note.start + this.moved, end: note.end + this.moved, last: this.length });
    }

    /** The notes of a bar that has just been told by one token, and what it leaves behind. */
    hearAgain() {
      const { grammar, meter, barStart } = this;
      const { numbers } = grammar;
      const notes = this.reader.bars.at(-1)?.notes;
      if (!grammar.short || !notes?.length || !meter) return;
      for (const { position, program, pitch, velocity, duration } of notes) {
        const start = barStart + position * meter.position;
        this.collect({ start, end: start + meter.durations[duration], pitch: numbers[pitch],
          velocity: numbers[velocity ?? 0], program: numbers[program ?? 0], token: this.length });
      }
      const last = notes.at(-1);
      this.program = numbers[last.program ?? 0];
      this.velocityToken = last.velocity;
      this.velocity = numbers[last.velocity ?? 0];
      this.position = last.position;
      this.now = barStart + last.position * meter.position;
      // No note sounds beyond the bar, and what comes next begins behind it.
      this.latestEnd = Math.max(this.latestEnd, barStart + meter.bar);
    }

    /** Which tokens may come next, one true or false for each. */
    allowed() {
      const { grammar, kind } = this;
      const may = this.rule(kind);
      const row = grammar.kinds.map((each, token) => may(each, grammar.numbers[token], token));
      if (grammar.short && kind !== "BOS" && !PLAN.includes(kind)) this.holdBars(row);
      if (["Duration", "Position", "Tempo", "Program"].includes(kind)) {
        const pitches = grammar.pitchKind(this.program);
        const known = (token) => grammar.kinds[token] === pitches;
        row.forEach((allowed, token) => {
          if (allowed && known(token) && this.struck.has(`${this.program} ${grammar.numbers[token]}`)) row[token] = false;
        });
        if (this.latestEnd > this.now) this.forbidEndless(row, known);
      }
      return row;
    }

    /** A function of a token's type, number and id that says whether it may follow a token of type `kind`. */
    rule(kind) {
      const { grammar, program, meter } = this;
      const only = (wanted) => (each) => each === wanted;
      const later = (since) => (each, number) => each === "Bar"
        || (each === "Position" && since < number && number < meter.positions);
      const note = (each, number) => {
        if (each === "Program") return !grammar.programChanges || program === null || number !== program;
        return grammar.programChanges && program !== null && each === grammar.pitchKind(program);
      };
      if (grammar.short && ["BOS", "Bar", "Again", "Left", "Gap", "Fill", ...PLAN].includes(kind)) return this.shorthandRule(only, later);
      switch (kind) {
        case "BOS": return only("Bar");
        case "Bar": return only("TimeSig");
        case "TimeSig":
          return this.barStart === 0 && grammar.tempo
            ? (each, number) => each === "Position" && number === 0 : later(-1);
        case "Position":
          if (grammar.tempo && this.now === 0) return only("Tempo"); // every piece names its tempo first
          return (each, number) => note(each, number) || (grammar.tempo && each === "Tempo");
        case "Duration": case "Tempo": {
          const onwards = later(this.position);
          return (each, number) => onwards(each, number) || note(each, number)
            || (kind === "Duration" && each === "EOS"); // a piece ends with a note
        }
        case "Program": return only(grammar.pitchKind(program));
        case "Pitch": case "PitchDrum": {
          const { velocityToken } = this;
          if (!grammar.short || velocityToken === null) return only("Velocity");
          const lasts = this.rule("Velocity"); // the velocity that holds
          return (each, number, token) => lasts(each, number, token) || (each === "Velocity" && token !== velocityToken);
        }
        case "Velocity": {
          const shortest = (this.sounding.get(`${program} ${this.pitch}`) ?? 0) - this.now;
          return shortest <= 0 ? only("Duration") : (each, number, token) => meter.durations[token] >= shortest;
        }
        default: return only("EOS");
      }
    }

    /** As `rule`, where shorthand says more, or less, than MidiTok's tokens. */
    shorthandRule(only, later) {
      const { grammar, told, meterToken, reader: { number } } = this;
      const these = (tokens) => (each, value, token) => tokens.includes(token);
      if (BARS.includes(this.kind) && grammar.isCounted(number)) {
        return told === null ? only("Left") : these([grammar.leftToken(told - number)]);
      }
      const kind = this.kind === "Left" ? this.barKind : this.kind;
      if (kind === "BOS") return these(grammar.lengthTokens(this.leastBars, this.mostBars));
      if (kind === "Length") return only("Activity");
      if (PLAN.includes(kind)) { // a piece without pitches has neither arousal nor key
        const behind = [...PLAN.slice(PLAN.indexOf(kind) + 1), "Bar"];
        return (each) => behind.includes(each);
      }
      if (["Again", "Gap", "Fill"].includes(kind)) return (each) => each === "Bar" || each === "EOS";
      if (meterToken === null) return only("TimeSig");
      const onwards = later(-1);
      return (each, value, token) => onwards(each, value) || (each === "TimeSig" && token !== meterToken);
    }

    /** Hold a piece to the bars that its plan says, and allow those that may be heard again. */
    holdBars(row) {
      const { grammar: { idOf, again, numbers }, told, reader } = this;
      const bar = idOf.get("Bar_None"), end = idOf.get("EOS_None");
      if (told !== null) {
        row[end] &&= reader.number >= told;
        row[bar] &&= reader.number < told;
      }
      if (row[bar]) for (const token of again) row[token] = reader.mayRepeat(numbers[token]);
    }

    /** Forbid pitches whose sounding note ends later than any duration of this meter can reach (very rare). */
    forbidEndless(row, known) {
      const reach = this.now + this.meter.longest;
      if (this.latestEnd <= reach || this.program === null) return;
      const blocked = [...row.keys()].filter((token) => row[token] && known(token)
        && (this.sounding.get(`${this.program} ${this.grammar.numbers[token]}`) ?? 0) > reach);
      if (blocked.length < row.filter(Boolean).length) for (const token of blocked) row[token] = false;
    }
  }

  scope.MoodGrammar = Grammar;
}
