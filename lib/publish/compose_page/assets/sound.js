/* The sound of a piece while it grows: a few notes of the book's synthesizer, played by Web Audio at the right pitch.

   The sound never overtakes the composing: it waits where the piece ends so far and goes on when there is more. */
(() => {
  "use strict";

  const mood = window.mood ??= {};
  const AHEAD = 1.2; // seconds that are given to the audio thread at once; a tab in the background is called once a second
  const ENOUGH = 1; // seconds of music before it starts, or goes on after waiting
  const RELEASE = 0.15; // seconds in which a note dies away
  const SILENT = 0.004; // what an MP3 begins with stays below this
  const PATIENCE = 2000; // milliseconds without a sample played after which the reader is told

  class Sound {
    constructor() {
      this.instruments = [];
      this.sounding = new Set();
      this.timer = null;
      this.piece = null;
    }

    /** To be called in a click, or a browser may not let the page sound. */
    wake() {
      const Context = window.AudioContext || window.webkitAudioContext;
      if (!Context) throw new Error("This browser cannot play sound from a page.");
      this.context ??= new Context();
      if (!this.paused) this.context.resume();
    }

    /** Read the notes that the script `notes.js` brought; anything with `decodeAudioData` decodes them. */
    static async decode(list, context) {
      return Promise.all(list.map(async (each) => {
        const bytes = Uint8Array.from(atob(each.mp3), (letter) => letter.charCodeAt(0));
        const buffer = await context.decodeAudioData(bytes.buffer);
        const samples = buffer.getChannelData(0);
        const onsets = each.pitches.map((_, place) => {
          let at = Math.round(place * each.slot * buffer.sampleRate);
          const last = at + Math.round(0.1 * buffer.sampleRate);
          while (at < last && Math.abs(samples[at]) < SILENT) at += 1;
          return at / buffer.sampleRate;
        });
        return { ...each, mp3: "", buffer, onsets };
      }));
    }

    /** Give one note to the context, to begin at its time `when` and last so many seconds; returns what sounds. */
    static schedule(context, target, instruments, note, when, seconds) {
      const instrument = instruments.find(({ program }) => program === note.program) || instruments[0];
      const { pitches, slot, onsets, buffer, velocity } = instrument;
      const nearest = pitches.reduce((best, pitch, place) => (
        Math.abs(pitch - note.pitch) < Math.abs(pitches[best] - note.pitch) ? place : best), 0);
      const source = new AudioBufferSourceNode(context, { buffer,
        playbackRate: 2 ** ((note.pitch - pitches[nearest]) / 12) });
      const gain = new GainNode(context, { gain: (note.velocity / velocity) ** 2 });
      const whole = slot - (onsets[nearest] - nearest * slot) - 0.01;
      const rate = source.playbackRate.value;
      const lasts = Math.min(seconds, whole / rate);
      gain.gain.setValueAtTime(gain.gain.value, when + lasts);
      gain.gain.linearRampToValueAtTime(0, when + lasts + RELEASE);
      source.connect(gain).connect(target);
      source.start(when, onsets[nearest], whole);
      source.stop(when + lasts + RELEASE);
      return source;
    }

    /** Play a piece from a time on. `finished` is called when its end is reached, `stuck` when nothing moves. */
    start(piece, seconds, finished, stuck) {
      this.stop();
      Object.assign(this, { piece, finished, stuck, moved: null, from: seconds });
      this.master = new GainNode(this.context, { gain: 0.8 });
      this.master.connect(new DynamicsCompressorNode(this.context, { threshold: -6, ratio: 12 }))
        .connect(this.context.destination);
      this.origin = this.context.currentTime + 0.05 - seconds;
      this.next = piece.notes.findIndex((note) => piece.seconds(note.start) >= seconds - 0.01);
      if (this.next < 0) this.next = piece.notes.length;
      this.paused = this.waiting = false;
      this.context.resume();
      this.timer = setInterval(() => this.tick(), 40);
      this.tick();
    }

    get plays() { return this.timer !== null && !this.paused; }

    /** Seconds of the piece that have sounded. */
    get position() { return this.timer === null ? 0 : Math.max(this.from, this.context.currentTime - this.origin); }

    tick() {
      const { piece, context, position } = this;
      const horizon = piece.seconds(piece.horizon);
      if (this.paused || this.isStuck()) return;
      if (this.waiting && (!piece.composing || horizon > position + ENOUGH)) {
        this.waiting = false;
        context.resume();
      } else if (!this.waiting && piece.composing && horizon < position + 0.1) {
        this.waiting = true;
        context.suspend();
      }
      for (; this.next < piece.notes.length; this.next += 1) {
        const note = piece.notes[this.next];
        const begin = piece.seconds(note.start);
        if (begin > position + AHEAD) break;
        const when = Math.max(context.currentTime, this.origin + begin);
        const source = Sound.schedule(context, this.master, this.instruments, note, when, piece.seconds(note.end) - begin);
        this.sounding.add(source);
        source.addEventListener("ended", () => this.sounding.delete(source));
      }
      if (!piece.composing && position > piece.seconds(piece.end) + RELEASE) {
        this.stop();
        this.finished();
      }
    }

    /** Whether the context, which should play, has stood still: not allowed to, or without a loudspeaker. */
    isStuck() {
      const now = performance.now(), time = this.context.currentTime;
      if (this.waiting || time !== this.moved?.time) this.moved = { time, now };
      if (now - this.moved.now < PATIENCE) return false;
      this.stop();
      this.stuck();
      return true;
    }

    /** Pause, or go on. */
    pause(paused) {
      this.paused = paused;
      this.moved = null;
      if (paused) this.context.suspend();
      else if (!this.waiting) this.context.resume();
    }

    stop() {
      clearInterval(this.timer);
      this.timer = null;
      for (const source of this.sounding) source.stop();
      this.sounding.clear();
      this.master?.disconnect();
      this.paused = this.waiting = false;
    }
  }

  Sound.ENOUGH = ENOUGH;
  mood.Sound = Sound;
})();
