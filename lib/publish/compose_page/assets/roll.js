/* The piano roll of a piece while it grows: bars, notes, a playhead, and what a head of the network looks at. */
(() => {
  "use strict";

  const mood = window.mood ??= {};
  const INK = "#1a1a1a", GIVEN = "#8c877c", LINE = "#8c877c", FAINT = "#d9d5cc", SEEN = "213, 94, 0", CHOSEN = "#0072b2";
  const ROOM = 16; // pixels above the notes, for the numbers of bars
  const QUARTER = 28; // pixels
  const REACH = 5; // pixels from a note at which a click still means it
  const LEAST = { low: 57, high: 84 }; // pitches that are shown in any case

  class Roll {
    constructor(box) {
      this.box = box;
      this.scroll = box.parentElement;
      this.canvas = box.querySelector("canvas");
      this.head = box.querySelector(".composer-head");
      this.band = box.querySelector(".composer-band");
      this.range = { ...LEAST };
      this.drawn = { notes: 0, bars: 0, width: 0 };
      this.seen = null;
      new ResizeObserver(() => this.draw(true)).observe(this.scroll);
    }

    show(piece) {
      this.piece = piece;
      this.range = { ...LEAST };
      this.seen = this.chosen = null;
      this.scroll.scrollLeft = 0;
      this.draw(true);
    }

    x(tick) {
      return this.piece ? 4 + (tick * QUARTER) / this.piece.grammar.ticksPerQuarter : 0;
    }

    y(pitch) {
      const { low, high } = this.range;
      return ROOM + 4 + ((high - pitch) * (this.height - ROOM - 8)) / (high - low);
    }

    /** Draw what is new; everything where `again`, or where there is no more room. */
    draw(again = false) {
      const { piece } = this;
      const shown = this.scroll.clientWidth;
      this.height = this.box.clientHeight;
      const needed = piece ? this.x(Math.max(piece.end, piece.horizon)) + 24 : 0;
      const pitches = piece ? piece.notes.slice(this.drawn.notes).map(({ pitch }) => pitch) : [];
      const low = Math.min(this.range.low, ...pitches), high = Math.max(this.range.high, ...pitches);
      if (again || needed > this.drawn.width || low < this.range.low || high > this.range.high) {
        this.range = { low, high };
        const width = needed <= shown ? shown : Math.ceil(needed / 600) * 600;
        this.size(width);
        this.drawn = { notes: 0, bars: 0, width };
      }
      if (!piece) return;
      for (const bar of piece.bars.slice(this.drawn.bars)) this.drawBar(bar);
      for (const note of piece.notes.slice(this.drawn.notes)) this.drawNote(note);
      Object.assign(this.drawn, { notes: piece.notes.length, bars: piece.bars.length });
      if (again) this.drawSeen();
    }

    size(width) {
      const scale = Math.min(window.devicePixelRatio || 1, 2);
      this.box.style.width = `${width}px`;
      this.canvas.width = Math.round(width * scale);
      this.canvas.height = Math.round(this.height * scale);
      this.context = this.canvas.getContext("2d");
      this.context.scale(scale, scale);
    }

    drawBar(bar) {
      const { context } = this;
      const x = Math.round(this.x(bar.start)) + 0.5;
      const { number } = bar;
      context.fillStyle = number % 4 === 1 ? LINE : FAINT;
      context.fillRect(x, ROOM, 1, this.height);
      context.fillStyle = INK;
      context.font = "11px system-ui, sans-serif";
      context.textBaseline = "top";
      context.fillText(String(number), x + 2, 2);
    }

    /** Left, top, width and height of a note. */
    place(note) {
      const thick = Math.max(3, Math.min(7, (this.height - ROOM) / (this.range.high - this.range.low)));
      const x = this.x(note.start);
      return [x, this.y(note.pitch) - thick / 2, Math.max(2, this.x(note.end) - x - 1), thick];
    }

    drawNote(note) {
      this.context.fillStyle = this.piece.isGiven(note.token) ? GIVEN : INK;
      this.context.fillRect(...this.place(note));
    }

    /** Weights of all places up to one, as a head gives them: drawn over the notes that the places belong to, and
        as lines where a bar or a position stands. */
    look(weights, place) {
      this.seen = weights;
      this.chosen = place;
      this.draw(true);
    }

    drawSeen() {
      const { context, piece, seen, chosen } = this;
      if (!seen) return;
      const highest = Math.max(...seen.slice(1), 0.001); // what looks at BOS looks nowhere
      const shares = new Map(piece.notes.map(({ token }) => [token, 0]));
      const owners = new Map(piece.notes.flatMap(({ token, last }) => (
        Array.from({ length: last - token + 1 }, (_, more) => [token + more, token]))));
      seen.forEach((weight, place) => {
        const owner = owners.get(place);
        if (owner !== undefined) shares.set(owner, shares.get(owner) + weight);
        else if (place && weight / highest > 0.05) {
          context.fillStyle = `rgba(${SEEN}, ${Math.min(0.7, weight / highest)})`;
          context.fillRect(this.x(piece.tickOfPlace(place)) - 2, ROOM, 2, this.height);
        }
      });
      for (const note of piece.notes) {
        const [x, y, width, height] = this.place(note);
        const strength = Math.min(1, shares.get(note.token) / highest);
        if (strength > 0.03) {
          context.fillStyle = `rgba(${SEEN}, ${strength})`;
          context.fillRect(x - 2, y - 3, width + 4, height + 6);
          this.drawNote(note);
        }
        if (note.token <= chosen && chosen <= note.last) {
          context.strokeStyle = CHOSEN;
          context.lineWidth = 2;
          context.strokeRect(x - 3, y - 4, width + 6, height + 8);
        }
      }
    }

    /** Mark what lies between two ticks, nothing where they are the same, and bring it in sight if asked. */
    mark(from, until, follow = false) {
      const x = this.x(from), { scrollLeft, clientWidth } = this.scroll;
      this.band.hidden = until <= from;
      Object.assign(this.band.style, { left: `${x}px`, width: `${this.x(until) - x}px` });
      if (follow && !this.band.hidden && (x < scrollLeft || x > scrollLeft + 0.5 * clientWidth)) {
        this.scroll.scrollLeft = Math.max(0, x - 0.2 * clientWidth);
      }
    }

    /** Put the playhead at a tick and, if asked, keep it in sight. */
    point(tick, follow) {
      const x = this.x(tick);
      this.head.style.transform = `translateX(${x}px)`;
      const { scrollLeft, clientWidth } = this.scroll;
      if (follow && (x < scrollLeft || x > scrollLeft + 0.85 * clientWidth)) {
        this.scroll.scrollLeft = Math.max(0, x - 0.2 * clientWidth);
      }
    }

    /** The note at a place on the screen, or the nearest within a few pixels, and the tick there. */
    at(event) {
      const { left, top } = this.box.getBoundingClientRect();
      const x = event.clientX - left, y = event.clientY - top;
      const tick = Math.max(0, ((x - 4) * this.piece.grammar.ticksPerQuarter) / QUARTER);
      let note, least = REACH;
      for (const each of this.piece.notes) {
        const [noteX, noteY, width, height] = this.place(each);
        const away = Math.max(noteX - x, x - noteX - width, noteY - y, y - noteY - height, 0);
        if (away < least) [note, least] = [each, away];
      }
      return { tick, note };
    }
  }

  mood.Roll = Roll;
})();
