/* The first bars of a MIDI file as tokens: the simple case, one instrument, one tempo, meters that change at bar lines.
   What is no simple case is told in one sentence. `lib/composing/prompt.py` does the same for any file. */
(() => {
  "use strict";

  const mood = window.mood ??= {};

  /** What is wrong with a file, in a sentence for the reader. */
  class MidiError extends Error {}

  /** Reads numbers from bytes, one after the other. */
  class Reader {
    constructor(bytes, at = 0, end = bytes.length) {
      Object.assign(this, { bytes, at, end });
    }

    byte() {
      if (this.at >= this.end) throw new RangeError("too short");
      return this.bytes[this.at++];
    }

    number(count) {
      let number = 0;
      for (let i = 0; i < count; i += 1) number = number * 256 + this.byte();
      return number;
    }

    variable() {
      let number = 0;
      for (let i = 0; i < 4; i += 1) {
        const byte = this.byte();
        number = number * 128 + (byte & 127);
        if (byte < 128) return number;
      }
      throw new RangeError("no length");
    }

    /** A chunk: its name, and a reader of its bytes. */
    chunk() {
      const name = String.fromCharCode(this.byte(), this.byte(), this.byte(), this.byte());
      const length = this.number(4);
      const part = new Reader(this.bytes, this.at, Math.min(this.end, this.at + length));
      this.at += length;
      return [name, part];
    }
  }

  /** The events of a track: notes {start, end, pitch, velocity, program}, tempos and meters. */
  function readTrack(reader, found) {
    const programs = new Array(16).fill(0), sounding = new Map();
    let tick = 0, status = 0;
    const release = (key) => {
      const note = sounding.get(key)?.shift();
      if (note) note.end = tick;
    };
    while (reader.at < reader.end) {
      tick += reader.variable();
      let first = reader.byte();
      if (first >= 0x80) status = first;
      else if (status < 0x80 || status >= 0xF0) throw new RangeError("no status");
      else reader.at -= 1;
      if (status === 0xFF) {
        const kind = reader.byte();
        const length = reader.variable();
        const data = new Reader(reader.bytes, reader.at, Math.min(reader.end, reader.at + length));
        reader.at += length;
        if (kind === 0x51) found.tempos.push({ tick, tempo: 6e7 / data.number(3) });
        else if (kind === 0x58) found.meters.push({ tick, numerator: data.byte(), denominator: 2 ** data.byte() });
        else if (kind === 0x2F) break;
      } else if (status >= 0xF0) {
        reader.at += reader.variable();
      } else {
        const kind = status >> 4, channel = status & 15;
        first = reader.byte();
        const second = kind === 0xC || kind === 0xD ? 0 : reader.byte();
        const key = 128 * channel + first;
        if (kind === 0xC) programs[channel] = first;
        if (kind === 8 || (kind === 9 && second === 0)) release(key);
        else if (kind === 9) {
          const note = { start: tick, end: null, pitch: first, velocity: second, program: channel === 9 ? -1 : programs[channel] };
          found.notes.push(note);
          if (!sounding.has(key)) sounding.set(key, []);
          sounding.get(key).push(note);
        }
      }
    }
  }

  /** Notes, tempos, meters of a file and its ticks in a quarter. */
  function readMidi(bytes, name) {
    const found = { notes: [], tempos: [], meters: [] };
    try {
      const file = new Reader(bytes);
      const [kind, header] = file.chunk();
      if (kind !== "MThd") throw new RangeError("no header");
      header.number(2);
      const tracks = header.number(2);
      found.quarter = header.number(2);
      for (let read = 0; read < tracks; read += 1) {
        const [part, reader] = file.chunk();
        if (part === "MTrk") readTrack(reader, found);
      }
    } catch {
      throw new MidiError(`The file ${name} is no MIDI file, or it is damaged; take another one.`);
    }
    if (!found.quarter || found.quarter >= 0x8000) throw new MidiError(`The file ${name} counts no quarters; take another one.`);
    for (const list of [found.tempos, found.meters]) list.sort((one, other) => one.tick - other.tick);
    found.notes = found.notes.filter(({ start, end }) => end !== null && end > start);
    return found;
  }

  /** The member that lies nearest to a number, the first of equally near ones. */
  const nearest = (list, number, measure) => list.reduce((best, each) => (
    Math.abs(measure(each) - number) < Math.abs(measure(best) - number) ? each : best));

  /** Where bars begin, up to `count` of them: {start, end, meter, token}, in the file's ticks. */
  function barsOf(midi, grammar, count, name) {
    const bars = [];
    let start = 0, meter = { numerator: 4, denominator: 4 };
    for (const change of midi.meters.filter(({ tick }) => tick === 0)) meter = change;
    const last = Math.max(...midi.notes.map((note) => note.start));
    while (bars.length < count && start <= last) {
      const text = `${meter.numerator}/${meter.denominator}`;
      const token = grammar.vocabulary.indexOf(`TimeSig_${text}`);
      if (token < 0) throw new MidiError(`The meter ${text} in ${name} is not among the network's tokens; take another file.`);
      const end = start + (4 * midi.quarter * meter.numerator) / meter.denominator;
      bars.push({ start, end, token, meter: grammar.meters.get(token) });
      for (const change of midi.meters) {
        if (change.tick > start && change.tick < end) throw new MidiError(`A meter of ${name} changes inside a bar; take another file.`);
        if (change.tick === end) meter = change;
      }
      start = end;
    }
    return bars;
  }

  /** The tokens, without BOS, of up to `count` bars of a file. Throws a `MidiError`. */
  function tokensOfMidi(bytes, grammar, count, name) {
    const midi = readMidi(bytes, name);
    const { vocabulary, numbers } = grammar;
    if (!midi.notes.length) throw new MidiError(`The file ${name} holds no notes; take another one.`);
    const programs = new Set(midi.notes.map(({ program }) => program));
    if (programs.size > 1) throw new MidiError(`The file ${name} has ${programs.size} instruments, and this page reads one; take a file of one.`);
    const bars = barsOf(midi, grammar, count, name);
    const end = bars[bars.length - 1].end;
    if (midi.tempos.filter(({ tick }) => tick < end).some(({ tempo }) => tempo !== midi.tempos[0].tempo)) {
      throw new MidiError(`The tempo of ${name} changes in its first bars, and this page reads one tempo; take another file.`);
    }
    const [program] = programs;
    const kind = grammar.pitchKind(program);
    const ids = (wanted) => [...vocabulary.keys()].filter((token) => grammar.kinds[token] === wanted);
    const velocities = ids("Velocity"), durations = ids("Duration"), tempos = ids("Tempo"), pitches = ids(kind);
    const tempo = nearest(tempos, 1 / (midi.tempos[0]?.tempo ?? 120), (token) => 1 / grammar.tempos[token]);
    const position = (number) => vocabulary.indexOf(`Position_${number}`);
    const placed = placeNotes(midi.notes, bars, midi.quarter, grammar);
    const tokens = [];
    let before = -1;
    let started = false;
    const last = placed.findLastIndex((notes) => notes.some(({ pitch }) => pitches.some((token) => numbers[token] === pitch)));
    if (last < 0) throw new MidiError(`The first ${bars.length} bars of ${name} hold no notes that the network knows; take another file.`);
    bars.slice(0, last + 1).forEach((bar, place) => {
      tokens.push(vocabulary.indexOf("Bar_None"), bar.token);
      before = -1;
      if (place === 0) {
        tokens.push(position(0), tempo);
        before = 0;
      }
      for (const note of placed[place]) {
        const pitch = pitches.find((token) => numbers[token] === note.pitch);
        if (pitch === undefined) continue;
        if (note.at !== before) tokens.push(position(note.at));
        before = note.at;
        if (!started) tokens.push(vocabulary.indexOf(`Program_${program}`));
        started = true;
        tokens.push(pitch, nearest(velocities, note.velocity, (token) => numbers[token]),
          nearest(durations, note.lasts, (token) => bar.meter.durations[token]));
      }
    });
    return tokens;
  }

  /** For each bar its notes: `at`, the position in it, and `lasts`, in ticks of the grammar; in the tokens' order. */
  function placeNotes(notes, bars, quarter, grammar) {
    const scale = grammar.ticksPerQuarter / quarter;
    const placed = bars.map(() => []);
    for (const note of notes) {
      let place = bars.findIndex(({ start, end }) => note.start >= start && note.start < end);
      if (place < 0) continue;
      let at = Math.round(((note.start - bars[place].start) * scale) / bars[place].meter.position);
      if (at >= bars[place].meter.positions) { // rounded into the next bar
        place += 1;
        at = 0;
      }
      placed[place]?.push({ ...note, at, lasts: (note.end - note.start) * scale });
    }
    for (const each of placed) {
      each.sort((one, other) => one.at - other.at || one.pitch - other.pitch || one.lasts - other.lasts);
    }
    return placed;
  }

  Object.assign(mood, { MidiError, tokensOfMidi });
})();
