/* A piece while it grows: its notes, bars and tempos in ticks and seconds, and as a MIDI file. */
(() => {
  "use strict";

  const mood = window.mood ??= {};
  const DEFAULT_TEMPO = 120; // until a piece names one, as MIDI has it

  /** A number as MIDI writes lengths: seven bits a byte, all but the last marked. */
  function variable(number) {
    const bytes = [number & 127];
    for (let rest = number >>> 7; rest; rest >>>= 7) bytes.unshift((rest & 127) | 128);
    return bytes;
  }

  const bigEndian = (number, count) => Array.from({ length: count }, (_, at) => (number >>> (8 * (count - 1 - at))) & 255);
  const chunk = (name, bytes) => [...name].map((letter) => letter.charCodeAt(0)).concat(bigEndian(bytes.length, 4), bytes);

  /** A track of events [tick, order within the tick, ...bytes]. */
  function track(events) {
    events.sort((one, other) => one[0] - other[0] || one[1] - other[1]);
    let before = 0;
    const bytes = [];
    for (const [tick, , ...message] of events) {
      bytes.push(...variable(tick - before), ...message);
      before = tick;
    }
    return chunk("MTrk", [...bytes, 0, 255, 0x2F, 0]);
  }

  class Piece {
    /** `given`: the tokens behind BOS that are another's, -1 where one is drawn. */
    constructor(grammar, beginning, given = []) {
      this.grammar = grammar;
      this.state = grammar.start();
      this.tokens = [beginning];
      this.composing = true;
      this.given = given.length + 1;
      this.free = new Set(given.flatMap((token, place) => (token < 0 ? [place + 1] : [])));
      for (const token of given) {
        if (token < 0) break; // what follows will be told with what is drawn
        this.add([token]);
      }
    }

    /** Whether the token of a place was given, and not drawn. */
    isGiven(place) {
      return place < this.given && !this.free.has(place);
    }

    /** How many tokens were drawn so far. */
    get drawn() {
      return this.tokens.filter((_, place) => !this.isGiven(place)).length;
    }

    /** The tick where what was given ends. */
    get givenEnd() {
      return this.notes.reduce((last, { token, end }) => (this.isGiven(token) ? Math.max(last, end) : last), 0);
    }

    add(tokens) {
      for (const token of tokens) {
        this.tokens.push(token);
        this.state.advance(token);
      }
    }

    /** Put in the order of time what was written behind the bars that follow it. */
    finish() {
      for (const list of [this.state.notes, this.state.bars, this.state.tempos]) list.sort((one, other) => one.start - other.start);
    }

    get notes() { return this.state.notes; }

    get bars() { return this.state.bars; }

    /** Ticks up to which nothing more will begin. */
    get horizon() { return this.state.now; }

    get end() { return this.notes.reduce((last, note) => Math.max(last, note.end), 0); }

    /** Seconds of a tick; tempos are few. */
    seconds(tick) {
      let at = 0, time = 0, tempo = DEFAULT_TEMPO;
      for (const change of this.state.tempos) {
        if (change.start >= tick) break;
        time += this.lasting(change.start - at, tempo);
        at = change.start;
        tempo = change.tempo;
      }
      return time + this.lasting(tick - at, tempo);
    }

    /** The tick that sounds at a time. */
    tick(seconds) {
      let at = 0, left = seconds, tempo = DEFAULT_TEMPO;
      for (const change of this.state.tempos) {
        const until = this.lasting(change.start - at, tempo);
        if (until > left) break;
        left -= until;
        at = change.start;
        tempo = change.tempo;
      }
      return at + (left * this.grammar.ticksPerQuarter * tempo) / 60;
    }

    lasting(ticks, tempo) {
      return (ticks * 60) / tempo / this.grammar.ticksPerQuarter;
    }

    /** The number, from 0, of the bar in which a tick lies. */
    barAt(tick) {
      let bar = 0;
      while (bar + 1 < this.bars.length && this.bars[bar + 1].start <= tick + 0.01) bar += 1;
      return bar;
    }

    /** The tick at which what a token names stands; a Bar's own is that of its meter. */
    tickOfPlace(place) {
      const note = this.notes.find(({ token, last }) => token <= place && place <= last);
      if (note) return note.start;
      let next = null; // in the order of tokens, which that of time is not where bars were written again
      for (const each of this.notes) if (each.token > place && !(next?.token <= each.token)) next = each;
      return next ? next.start : this.horizon;
    }

    /** The piece as bytes of a MIDI file: tempos and meters, then a track for each program. */
    midi() {
      const { tempos } = this.state;
      const first = tempos.map(({ start, tempo }) => [start, 0, 255, 0x51, 3, ...bigEndian(Math.round(6e7 / tempo), 3)]);
      this.bars.forEach(({ start, meter }, bar) => {
        if (!meter || (bar && this.bars[bar - 1].meter === meter)) return;
        first.push([start, 0, 255, 0x58, 4, meter.numerator, Math.log2(meter.denominator), 24, 8]);
      });
      const programs = [...new Set(this.notes.map((note) => note.program))];
      const tracks = programs.map((program, place) => {
        const channel = program === -1 ? 9 : (place % 15) + (place % 15 >= 9);
        const events = program === -1 ? [] : [[0, 0, 0xC0 | channel, program]];
        for (const note of this.notes) {
          if (note.program !== program) continue;
          events.push([note.start, 2, 0x90 | channel, note.pitch, note.velocity]);
          events.push([note.end, 1, 0x80 | channel, note.pitch, 0]); // before notes that begin then
        }
        return track(events);
      });
      const header = chunk("MThd", [...bigEndian(1, 2), ...bigEndian(tracks.length + 1, 2),
        ...bigEndian(this.grammar.ticksPerQuarter, 2)]);
      return Uint8Array.from([...header, ...track(first), ...tracks.flat()]);
    }
  }

  mood.Piece = Piece;
})();
