/* A player for a piece: a button, the piano roll in bars with a playhead, and words when something fails.

   The page is whole without this file: the browser's own controls play, and links lead to the files. Nothing
   is fetched before somebody presses play; then, from a server, the whole of a file, since some servers send
   no parts and nothing could be sought. Titles are other people's text and are only ever set as text. */
(() => {
  "use strict";

  const INK = "#1a1a1a";
  const BAR_LINE = "#8c877c"; // as in lib/show/style.py
  const FAINT = "#d9d5cc";
  const ROOM = 14; // pixels above the notes, for the numbers of bars
  const PAPER = { width: 400, height: 88 }; // CSS pixels, of a roll that is not on the screen
  const STEP = 5; // seconds that an arrow key goes where there are no bars

  /** A time in seconds as 1:05. */
  function clock(seconds) {
    const whole = Math.floor(seconds + 0.05);
    return `${Math.floor(whole / 60)}:${String(whole % 60).padStart(2, "0")}`;
  }

  function element(name, className, text = "") {
    const made = document.createElement(name);
    made.className = className;
    made.textContent = text;
    return made;
  }

  /** What a media error means to a listener. */
  function inWords(error) {
    const missing = "The sound cannot be loaded: its file is not where this page expects it.";
    if (!error) return missing;
    if (error.code === MediaError.MEDIA_ERR_DECODE) return "The sound file is damaged, so it stops here.";
    if (error.code === MediaError.MEDIA_ERR_NETWORK) return "The sound did not arrive. Press play to try again.";
    return missing;
  }

  class Player {
    constructor(figure) {
      this.figure = figure;
      this.audio = figure.querySelector("audio");
      const roll = figure.dataset.roll ? JSON.parse(figure.dataset.roll) : null;
      this.roll = roll?.instruments.length ? roll : null; // without notes there is a plain line
      this.title = this.audio.getAttribute("aria-label") || "";
      this.status = element("p", "player-status");
      this.status.setAttribute("role", "status");
      this.start = this.sought = 0; // where to begin once the sound is there
      this.build();
      this.audio.after(this.status);
      this.audio.addEventListener("error", () => this.fail(this.audio.error));
      this.audio.addEventListener("playing", () => { this.status.textContent = ""; });
    }

    build() {
      this.button = element("button", "player-button");
      this.button.type = "button";
      this.button.addEventListener("click", () => this.toggle());
      this.slider = element("div", this.roll ? "player-roll" : "player-line");
      this.slider.tabIndex = 0;
      this.slider.setAttribute("role", "slider");
      this.slider.setAttribute("aria-label", `Position in ${this.title}`);
      this.slider.setAttribute("aria-valuemin", "0");
      this.slider.addEventListener("keydown", (event) => this.key(event));
      this.slider.addEventListener("pointerdown", (event) => this.press(event));
      this.slider.addEventListener("pointermove", (event) => {
        if (this.slider.hasPointerCapture(event.pointerId)) this.seekTo(event);
      });
      this.head = element("div", "player-head");
      this.slider.append(this.head);
      this.time = element("span", "player-time");
      this.time.setAttribute("aria-hidden", "true"); // the slider says it
      this.controls = element("div", "player-controls");
      this.controls.append(this.button, this.slider, this.time);
      this.audio.before(this.controls);
      if (this.roll) this.buildRoll();
      this.audio.controls = false;
      this.figure.classList.add("player-ready");
      for (const name of ["play", "pause", "ended"]) this.audio.addEventListener(name, () => this.changed());
      this.audio.addEventListener("timeupdate", () => this.show());
      this.audio.addEventListener("seeked", () => this.arrived());
      this.audio.addEventListener("loadedmetadata", () => this.loaded());
      this.changed();
    }

    buildRoll() {
      this.canvas = element("canvas", "player-canvas");
      this.canvas.setAttribute("aria-hidden", "true");
      this.slider.prepend(this.canvas);
      if (this.roll.instruments.length > 1) this.controls.after(this.legend());
      rolls.set(this.slider, this);
      seen.observe(this.slider);
    }

    /** Each instrument with its colour. */
    legend() {
      const list = element("ul", "player-legend");
      for (const { name, colour } of this.roll.instruments) {
        const line = element("li", "", name);
        const sign = element("span", "player-sign");
        sign.style.background = colour;
        line.prepend(sign);
        list.append(line);
      }
      return list;
    }

    get seconds() {
      const { duration } = this.audio;
      return Number.isFinite(duration) && duration > 0 ? duration : this.roll?.seconds ?? 0;
    }

    get position() {
      return this.audio.readyState > 0 && !this.audio.seeking ? this.audio.currentTime : this.start;
    }

    /** How many bars there are; 0 where nobody knows. */
    get bars() {
      return this.roll ? this.roll.bars.length - 1 : 0;
    }

    /** The bar, from 1, at a time. */
    barAt(seconds) {
      const { bars } = this.roll;
      let bar = 1;
      while (bar < bars.length - 1 && bars[bar] <= seconds + 0.001) bar += 1;
      return bar;
    }

    /** Over http: the whole file at once. What goes wrong with that is left to the browser's own way to fetch it. */
    fetchWhole() {
      if (!location.protocol.startsWith("http")) return Promise.resolve();
      this.whole ??= fetch(this.audio.src).then((answer) => (answer.ok ? answer.blob() : Promise.reject())).then(
        (sound) => { this.audio.src = URL.createObjectURL(sound); }, () => { this.whole = null; });
      return this.whole;
    }

    toggle() {
      if (this.audio.paused) this.play();
      else this.audio.pause();
    }

    async play() {
      await this.fetchWhole();
      if (this.audio.error) this.audio.load(); // once more
      this.audio.play().catch((error) => {
        if (error.name === "NotAllowedError") this.status.textContent = "The browser does not let this page play.";
        else if (error.name !== "AbortError") this.fail(this.audio.error);
      });
    }

    loaded() {
      this.start = Math.min(this.start, this.audio.duration);
      if (this.start > 0) this.jump();
      this.show();
    }

    fail(error) {
      this.status.textContent = inWords(error);
      if (this.button) this.changed();
    }

    seek(seconds) {
      this.start = Math.max(0, Math.min(seconds, this.seconds));
      if (this.audio.readyState > 0) this.jump();
      this.show();
    }

    /** Go to where it should be. Chromium can hang in a jump that another overtakes, so each waits for the last. */
    jump() {
      if (this.audio.seeking) return;
      this.sought = this.start;
      this.audio.currentTime = this.sought;
    }

    arrived() {
      if (this.start !== this.sought) this.jump();
      this.show();
    }

    seekTo(event) {
      const { left, width } = this.slider.getBoundingClientRect();
      this.seek((this.seconds * (event.clientX - left)) / width);
    }

    press(event) {
      if (event.button) return;
      this.slider.setPointerCapture(event.pointerId);
      this.seekTo(event);
    }

    key(event) {
      if (event.ctrlKey || event.metaKey || event.altKey) return;
      const bars = { ArrowRight: 1, ArrowUp: 1, ArrowLeft: -1, ArrowDown: -1, PageUp: 4, PageDown: -4 };
      if (event.key in bars) this.seekBars(bars[event.key]);
      else if (event.key === "Home") this.seek(0);
      else if (event.key === "End") this.seek(this.seconds);
      else if (event.key === " " || event.key === "Enter") this.toggle();
      else return;
      event.preventDefault();
    }

    /** So many bars on; backwards, the beginning of the bar that sounds comes first. */
    seekBars(count) {
      if (!this.roll) {
        this.seek(this.position + STEP * count);
        return;
      }
      const { bars } = this.roll;
      const bar = this.barAt(this.position) - 1;
      const inside = this.position - bars[bar] > 0.3 && count < 0 ? 1 : 0;
      const wanted = bar + count + inside;
      this.seek(wanted >= bars.length - 1 ? this.seconds : bars[Math.max(0, wanted)]);
    }

    changed() {
      const plays = !this.audio.paused && !this.audio.ended;
      if (this.audio.ended) {
        this.start = 0;
        this.jump();
      }
      this.button.setAttribute("aria-label", `${plays ? "Pause" : "Play"}: ${this.title}`);
      this.figure.classList.toggle("player-plays", plays);
      this.show();
      if (plays) this.follow();
    }

    /** Move the playhead with every frame while the piece plays. */
    follow() {
      if (this.audio.paused) return;
      this.show();
      requestAnimationFrame(() => this.follow());
    }

    show() {
      const { position, seconds } = this;
      this.head.style.left = `${seconds ? (100 * position) / seconds : 0}%`;
      const time = seconds ? `${clock(position)} / ${clock(seconds)}` : "not loaded yet";
      if (this.time.textContent === time) return; // what follows changes once a second
      this.time.textContent = time;
      this.slider.setAttribute("aria-valuemax", seconds.toFixed(1));
      this.slider.setAttribute("aria-valuenow", position.toFixed(1));
      this.slider.setAttribute("aria-valuetext", this.place);
    }

    /** Where it is, in words. */
    get place() {
      const { position, seconds, bars } = this;
      const time = seconds ? `${clock(position)} of ${clock(seconds)}` : "not loaded yet";
      return bars ? `bar ${this.barAt(position)} of ${bars}, ${time}` : time;
    }

    /** Draw for the window; or for paper, where it is drawn sharper, and has a size even inside a shut fold. */
    draw(paper = false) {
      const box = this.slider.getBoundingClientRect();
      const { width, height } = paper && !box.width ? PAPER : box;
      const scale = paper ? 2 : window.devicePixelRatio || 1;
      if (!width || (this.drawn === width * scale)) return;
      this.drawn = width * scale;
      this.canvas.width = Math.round(width * scale);
      this.canvas.height = Math.round(height * scale);
      const context = this.canvas.getContext("2d");
      context.scale(scale, scale);
      this.drawBars(context, width, height);
      this.drawNotes(context, width, height);
    }

    /** Bar lines, and as many numbers as there is room for. */
    drawBars(context, width, height) {
      const { bars, seconds } = this.roll;
      const shown = (width * bars[bars.length - 1]) / seconds / (bars.length - 1); // of a bar, on average
      const every = [1, 2, 4, 8, 16, 32, 64, 128, 256, 512].find((count) => count * shown >= 24) || 1024;
      context.font = "10px system-ui, sans-serif";
      context.textBaseline = "top";
      bars.slice(0, -1).forEach((start, bar) => {
        const numbered = bar % every === 0;
        if (!numbered && shown < 4) return;
        const x = Math.round((width * start) / seconds) + 0.5;
        context.fillStyle = numbered ? BAR_LINE : FAINT;
        context.fillRect(x, numbered ? 0 : ROOM, 1, height);
        context.fillStyle = INK;
        if (numbered && x < width - 12) context.fillText(String(bar + 1), x + 3, 2);
      });
    }

    drawNotes(context, width, height) {
      const { pitches: [low, high], seconds, instruments } = this.roll;
      const room = height - ROOM - 4;
      const step = room / Math.max(12, high - low + 1); // at least an octave, or one note would fill the roll
      const thick = Math.max(1.5, Math.min(6, 0.8 * step));
      const base = ROOM + room / 2 + (step * (high - low)) / 2;
      for (const { colour, notes } of instruments) {
        context.fillStyle = colour;
        let start = 0;
        for (let place = 0; place < notes.length; place += 3) {
          start += notes[place];
          const x = (width * start) / (100 * seconds);
          const long = Math.max(1, (width * notes[place + 1]) / (100 * seconds) - 0.6); // a gap tells repeats apart
          context.fillRect(x, base - step * notes[place + 2] - thick / 2, long, thick);
        }
      }
    }
  }

  const rolls = new Map(); // players by their rolls
  const resized = new ResizeObserver((entries) => {
    for (const { target } of entries) rolls.get(target).draw();
  });
  // A roll is drawn when it comes near the window; from then on it follows its own width.
  const seen = new IntersectionObserver((entries) => {
    for (const { target, isIntersecting } of entries) {
      if (isIntersecting) {
        seen.unobserve(target);
        resized.observe(target);
      }
    }
  }, { rootMargin: "300px" });

  // Paper shows what nobody has scrolled to.
  window.addEventListener("beforeprint", () => { for (const player of rolls.values()) player.draw(true); });
  window.addEventListener("afterprint", () => { for (const player of rolls.values()) player.draw(); });

  window.moodPlayers = [...document.querySelectorAll("figure.player")].map((figure) => new Player(figure));

  // One at a time, whatever plays on the page.
  document.addEventListener("play", (event) => {
    for (const audio of document.querySelectorAll("audio")) if (audio !== event.target) audio.pause();
  }, true);
})();
