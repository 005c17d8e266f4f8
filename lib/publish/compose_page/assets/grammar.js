/* Which token may come next, so that what is composed decodes to exactly the notes that it names.

   `lib/composing/grammar.py` again, rule by rule; a test holds the two against each other. The state also
   collects the notes, since it knows where each begins and ends. */
function moodGrammar(scope) {
  "use strict";

  const NUMBERED = ["Position", "Program", "Pitch", "PitchDrum", "Velocity"];

  class Grammar {
    constructor({ vocabulary, grammar }) {
      const { ticksPerQuarter, positionsPerBeat } = grammar;
      Object.assign(this, grammar, { vocabulary, size: vocabulary.length });
      const parts = vocabulary.map((text) => text.split("_"));
      this.kinds = parts.map(([kind]) => kind);
      this.numbers = parts.map(([kind, value]) => (NUMBERED.includes(kind) ? Number(value) : 0));
      this.tempos = parts.map(([kind, value]) => (kind === "Tempo" ? Number(value) : 0));
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

    /** The state after BOS. */
    start() {
      return new State(this);
    }

    pitchKind(program) {
      return program === -1 && this.drumPitches ? "PitchDrum" : "Pitch";
    }
  }

  class State {
    constructor(grammar) {
      this.grammar = grammar;
      this.kind = "BOS";
      this.now = this.pitch = this.velocity = this.barStart = this.latestEnd = 0;
      this.program = this.meter = null;
      this.position = -1;
      this.sounding = new Map(); // when the last note of "program pitch" ends
      this.struck = new Set(); // "program pitch" that begin now
      this.length = 1; // tokens taken, BOS among them
      this.notes = []; // {start, end: ticks, pitch, velocity, program, token: place of its pitch}
      this.bars = []; // {start: ticks, meter, token}
      this.tempos = []; // {start: ticks, tempo}
    }

    /** Take the next token; a forbidden one too, as well as can be, for real pieces serve as beginnings. */
    advance(token) {
      const { grammar, program, pitch } = this;
      const kind = grammar.kinds[token], number = grammar.numbers[token];
      const key = `${program} ${pitch}`;
      if (kind === "Duration") {
        if (this.meter) {
          const end = this.now + this.meter.durations[token];
          this.sounding.set(key, Math.max(end, this.sounding.get(key) ?? 0));
          this.latestEnd = Math.max(end, this.latestEnd);
          this.notes.push({ start: this.now, end, pitch, velocity: this.velocity, program, token: this.length - 2 });
        }
      } else if (kind === "Pitch" || kind === "PitchDrum") {
        this.pitch = number;
        if (program !== null) this.struck.add(`${program} ${number}`);
      } else if (kind === "Velocity") {
        this.velocity = number;
      } else if (kind === "Position") {
        this.struck.clear();
        this.position = number;
        if (this.meter) this.now = this.barStart + number * this.meter.position;
      } else if (kind === "Tempo") {
        this.tempos.push({ start: this.now, tempo: grammar.tempos[token] });
      } else if (kind === "Program") {
        this.program = number;
      } else if (kind === "Bar") {
        this.struck.clear();
        if (this.meter) this.barStart += this.meter.bar;
        this.now = this.barStart;
        this.position = -1;
      } else if (kind === "TimeSig") {
        this.meter = grammar.meters.get(token);
        this.bars.push({ start: this.barStart, meter: this.meter, token: this.length - 1 });
      }
      this.kind = kind;
      this.length += 1;
    }

    /** Which tokens may come next, one true or false for each. */
    allowed() {
      const { grammar, kind } = this;
      const may = this.rule(kind);
      const row = grammar.kinds.map((each, token) => may(each, grammar.numbers[token], token));
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
        case "Pitch": case "PitchDrum": return only("Velocity");
        case "Velocity": {
          const shortest = (this.sounding.get(`${program} ${this.pitch}`) ?? 0) - this.now;
          return shortest <= 0 ? only("Duration") : (each, number, token) => meter.durations[token] >= shortest;
        }
        default: return only("EOS");
      }
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
