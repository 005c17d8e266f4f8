/* What the bars of a piece hold, read token by token, in shorthand or written out: `lib/data/shorthand/bars.py` again.

   In shorthand a bar that comes again is one token, so whoever reads it has to know what earlier bars hold. */
function moodBars(scope) {
  "use strict";

  class BarReader {
    constructor(grammar) {
      this.grammar = grammar;
      this.bars = []; // those that have ended: {meter, notes, tempos, closed, soundsOn}, all as ids of tokens
      this.meter = this.program = this.velocity = this.tempo = null; // in force, as ids
      this.isOpen = false; // whether a bar has begun and not ended; `Again` is a bar that has ended
      this.notes = []; // of the open bar: {position, program, pitch, velocity, duration}
      this.tempos = [];
      this.position = -1;
      this.pitch = 0;
      this.ends = 0; // when the last note of this bar ends, in positions from its beginning
      this.sounding = false; // whether notes of earlier bars sound into this one
    }

    /** How many bars have begun. */
    get number() {
      return this.bars.length + Number(this.isOpen);
    }

    advance(token) {
      const { grammar } = this;
      switch (grammar.kinds[token]) {
        case "Duration":
          this.notes.push({ position: this.position, program: this.program, pitch: this.pitch,
            velocity: this.velocity, duration: token });
          this.ends = Math.max(this.ends, this.position + grammar.lengths[token]);
          break;
        case "Pitch": case "PitchDrum": this.pitch = token; break;
        case "Position": this.position = grammar.numbers[token]; break;
        case "Bar":
          this.endBar();
          this.isOpen = true;
          break;
        case "Again":
          this.endBar();
          this.copy(grammar.numbers[token]);
          break;
        case "EOS": this.endBar(); break;
        case "Tempo":
          this.tempos.push(token);
          this.tempo = token;
          break;
        case "Velocity": this.velocity = token; break;
        case "TimeSig": this.meter = token; break;
        case "Program": this.program = token; break;
        default: break; // a plan, and what is left, hold nothing
      }
    }

    /** Positions by which the last note sounds beyond the open bar. */
    get over() {
      return this.ends - (this.grammar.meters.get(this.meter)?.positions ?? 0);
    }

    /** Close the bar that is open, if one is. */
    endBar() {
      if (!this.isOpen) return;
      const { meter, notes, tempos, over } = this;
      const closed = !this.sounding && over <= 0 && meter !== null;
      this.bars.push({ meter, notes, tempos, closed, soundsOn: over > 0 });
      Object.assign(this, { sounding: over > 0, ends: Math.max(over, 0), notes: [], tempos: [], position: -1, isOpen: false });
    }

    /** Whether the bar `back` bars ago can be heard again as the next one, the open bar being ended: it has notes, none of
        them sounds across its lines nor across the line where it would begin, and its meter and tempo hold. */
    mayRepeat(back) {
      const { number, meter, tempo } = this;
      const named = ({ tempos }) => tempos.every((each) => each === tempo);
      if (back < 1 || back > number) return false;
      if (this.isOpen) {
        if (this.over > 0) return false;
        if (back === 1) return this.notes.length > 0 && !this.sounding && meter !== null && named(this);
      } else if (this.sounding) return false;
      const bar = this.bars[number - back];
      return bar.closed && bar.notes.length > 0 && bar.meter === meter && named(bar);
    }

    copy(back) {
      const bar = this.bars[this.bars.length - back];
      if (!bar || bar.meter === null) return;
      this.bars.push({ ...bar, tempos: [] });
      const last = bar.notes.at(-1);
      if (last) Object.assign(this, { program: last.program, velocity: last.velocity });
    }
  }

  scope.MoodBars = BarReader;
}
