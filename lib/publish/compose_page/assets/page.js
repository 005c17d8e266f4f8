/* The page that composes: what is asked for, the piece, its sound, and a sentence when something does not work.

   Labels and file names are other people's text and are only ever set as text. Nothing is read before Compose. */
(() => {
  "use strict";

  const { mood } = window;
  const { OWN } = mood.Choices;

  class Page {
    constructor(root) {
      this.root = root;
      this.data = JSON.parse(document.getElementById("composer-data").textContent);
      this.form = root.querySelector("form");
      this.fields = this.form.elements;
      this.status = root.querySelector(".composer-status");
      this.facts = root.querySelector(".composer-facts");
      this.plan = root.querySelector(".composer-plan");
      this.roll = new mood.Roll(root.querySelector(".composer-roll"));
      this.inside = new mood.Inside(root.querySelector(".composer-inside"), this.roll, (place) => (
        this.engine.tell({ do: "inspect", place })));
      this.sound = new mood.Sound();
      this.choices = new mood.Choices(this.form, (sentence) => this.say(sentence));
      this.rewrite = new mood.Rewrite(root.querySelector(".composer-rewrite"), { choices: this.choices, roll: this.roll,
        say: (sentence) => this.say(sentence), write: (piece, request) => this.writeAgain(piece, request),
        restore: (piece) => this.restore(piece) });
      this.number = 0; // of the piece
      this.listen();
      this.choices.readLink();
    }

    listen() {
      const { fields, roll } = this;
      this.form.addEventListener("submit", (event) => {
        event.preventDefault();
        this.compose();
      });
      const pressed = { again: () => this.again(), play: () => this.play(), stop: () => this.stop(),
        midi: () => this.download(), link: () => this.choices.copyLink() };
      for (const [name, work] of Object.entries(pressed)) fields[name].addEventListener("click", work);
      for (const name of ["temperature", "topP"]) {
        fields[name].addEventListener("input", () => this.engine?.tell({ do: "change", ...this.choices.numbers() }));
      }
      fields.file.addEventListener("change", () => this.take(fields.file.files[0]));
      this.root.addEventListener("dragover", (event) => event.preventDefault());
      this.root.addEventListener("drop", (event) => {
        event.preventDefault();
        this.take(event.dataTransfer.files[0]);
      });
      roll.box.addEventListener("click", (event) => this.pressRoll(event));
      roll.box.addEventListener("keydown", (event) => this.key(event));
      window.addEventListener("hashchange", () => this.choices.readLink());
    }

    say(sentence) {
      this.status.textContent = sentence;
    }

    // What is asked for

    /** The tokens to begin with: as many bars of the chosen piece as asked for. */
    given() {
      const { from, bars } = this.fields;
      if (!from.value) return [];
      const tokens = from.value === OWN ? this.own : this.data.prompts[Number(from.selectedOptions[0].dataset.place)];
      return mood.shorthand.beginning(this.grammar, tokens, Number(bars.value));
    }

    /** A MIDI file of the reader's own; it never leaves the page. */
    async take(file) {
      if (!file) return;
      try {
        await this.loadNetwork();
        if (file.size > 2 ** 20) throw new mood.MidiError(`The file ${file.name} is larger than a megabyte; take a shorter one.`);
        const most = Number(this.fields.bars.max);
        this.own = mood.tokensOfMidi(new Uint8Array(await file.arrayBuffer()), this.grammar, most, file.name);
      } catch (error) {
        this.say(error instanceof mood.MidiError ? error.message : this.explain(error));
        this.fields.file.value = "";
        return;
      }
      const { from } = this.fields;
      const option = [...from.options].find(({ value }) => value === OWN) || from.appendChild(new Option("", OWN));
      option.textContent = `your file ${file.name.slice(0, 60)}`;
      from.value = OWN;
      this.root.querySelector(".composer-more").open = true;
      this.say(`The piece will begin with the first bars of ${file.name.slice(0, 60)}. Press Compose.`);
    }

    // The network

    explain(error) {
      if (error.message === "missing") return `The network cannot be read: the file compose/${this.data.model} is not beside this page.`;
      if (error.message === "damaged") return `The network cannot be read: the file compose/${this.data.model} is damaged; load the page again.`;
      return `The network stopped (${error.message}); press Compose to begin anew, with fewer tabs open if memory is short.`;
    }

    /** Read the network once, and give it to the Worker. */
    loadNetwork() {
      this.loading ??= (async () => {
        this.say(`Reading the network (${this.data.megabytes} MB) …`);
        const model = await mood.scriptData(`compose/${this.data.model}`, "moodModel");
        const scope = {};
        moodBars(scope);
        moodGrammar(scope);
        this.grammar = new scope.MoodGrammar(model);
        this.beginning = model.vocabulary.indexOf("BOS_None");
        this.labels = { emotions: model.emotions, genres: model.genres };
        await new Promise((resolve, reject) => {
          this.ready = { resolve, reject };
          this.engine = new mood.Engine((answer) => this.hear(answer));
          this.engine.tell({ do: "load", model });
        });
      })().catch((error) => {
        this.loading = null;
        throw error;
      });
      return this.loading;
    }

    /** Read the notes to play with; without them everything but the sound works. */
    loadSound() {
      this.loadingSound ??= (async () => {
        this.sound.wake();
        const list = await mood.scriptData(`compose/${this.data.notes}`, "moodNotes");
        this.sound.instruments = await mood.Sound.decode(list, this.sound.context);
      })().catch((error) => {
        this.silent = error.message === "missing" || error.message === "damaged"
          ? `The notes to play with cannot be read: the file compose/${this.data.notes} is missing or damaged.`
          : error.message;
      });
      return this.loadingSound;
    }

    hear(answer) {
      if (answer.tell === "loaded") this.ready.resolve();
      else if (answer.tell === "failed") {
        this.ready.reject(new Error(answer.message));
        this.loading = null;
        this.engine.worker?.terminate();
        if (this.piece) this.piece.composing = false;
        this.say(this.explain(new Error(answer.message)));
      } else if (answer.piece !== this.number) return; // of a piece that was given up
      else if (answer.tell === "tokens") this.grow(answer);
      else if (answer.tell === "ended") this.ended(answer);
      else this.inside.hear(answer);
    }

    // Composing

    again() {
      const { seed } = this.fields;
      seed.value = String(Math.min(Number(seed.max), Number(seed.value) + 1));
      this.form.requestSubmit();
    }

    async compose() {
      const clicked = performance.now();
      const number = (this.number += 1); // whatever was being composed is given up
      this.sound.stop();
      try {
        if (!this.sound.context) this.sound.wake();
      } catch (error) {
        this.silent = error.message;
      }
      const sound = this.loadSound();
      try {
        await this.loadNetwork();
      } catch (error) {
        this.say(this.explain(error));
        return;
      }
      if (number !== this.number) return; // a second click came in between
      this.begin(clicked);
      await sound;
      if (this.silent && number === this.number) this.say(`${this.silent} The piece is composed all the same.`);
    }

    begin(clicked) {
      const { fields } = this;
      const given = this.given();
      const numbers = this.choices.numbers();
      if (given.length + 1 >= numbers.maxTokens) {
        this.say(`These bars take ${given.length + 1} tokens and leave no room within ${numbers.maxTokens}; take fewer bars.`);
        return;
      }
      const begun = given.filter((token) => this.grammar.isBar(token)).length;
      if (numbers.total && begun > numbers.total) {
        this.say(`The piece is to have ${numbers.total} bars and to begin with ${begun}; ask for more, or begin with fewer.`);
        return;
      }
      const piece = new mood.Piece(this.grammar, this.beginning, given);
      piece.labels = [fields.emotion.value || "any", fields.genre.value || "any", numbers.seed];
      this.clicked = clicked;
      this.write(piece, { ...numbers, given });
      this.say("Composing …");
      try {
        history.replaceState(null, "", this.choices.link());
      } catch { /* a page inside another may not; the button copies the link all the same */ }
    }

    /** Show a piece whose first tokens are given, and have the network write the others. */
    write(piece, request) {
      const { fields, labels } = this;
      const label = (known, value) => (value ? known.indexOf(value) : known.length);
      Object.assign(this, { heardAfter: null, started: false, stopped: false });
      piece.request = { ...request, emotion: label(labels.emotions, fields.emotion.value),
        genre: label(labels.genres, fields.genre.value) };
      this.showPiece(piece);
      this.engine.tell({ do: "compose", piece: this.number, request: piece.request });
      for (const name of ["play", "stop", "midi"]) fields[name].disabled = false;
      this.follow();
    }

    /** As `write`, for a piece of which some bars are missing. */
    writeAgain(piece, request) {
      this.number += 1;
      this.sound.stop();
      this.clicked = performance.now();
      this.write(piece, request);
      this.say("Reading the other bars, then writing these …");
    }

    /** Back to a piece that was whole before; the network is given all of it, so that it can be looked into. */
    restore(piece) {
      this.number += 1;
      this.sound.stop();
      this.showPiece(piece);
      const { tokens } = piece;
      this.engine.tell({ do: "compose", piece: this.number, request: { ...piece.request, given: tokens.slice(1), maxTokens: tokens.length } });
    }

    showPiece(piece) {
      this.piece = piece;
      this.roll.show(piece);
      this.inside.begin(piece);
      this.rewrite.show(piece);
      this.showFacts();
    }

    grow({ tokens, spent }) {
      const { piece } = this;
      piece.add(tokens);
      piece.spent = spent;
      this.roll.draw();
      this.showFacts();
      this.startWhenEnough();
    }

    ended({ byItself, spent }) {
      const { piece } = this;
      if (!piece.composing) return; // it was only given to be looked into
      Object.assign(piece, { composing: false, spent });
      if (piece.rewrites) {
        this.endedAgain(piece, byItself);
        return;
      }
      this.showFacts();
      this.rewrite.show(piece);
      this.startWhenEnough();
      if (!piece.notes.length) this.say("Not even one note was finished: allow more tokens.");
      else if (this.stopped) this.say("Stopped.");
      else if (!this.silent) this.say(byItself ? "The piece ended by itself." : "The piece met the limit of tokens before it ended.");
    }

    /** Bars have been written again, or the piece stays as it was. */
    endedAgain(piece, byItself) {
      const wrong = this.rewrite.whatIsWrong(piece, byItself);
      if (wrong) this.restore(piece.rewrites.before);
      else {
        piece.finish();
        this.showPiece(piece);
        this.startWhenEnough();
      }
      this.say(wrong || this.rewrite.told(piece));
    }

    showFacts() {
      const { piece, piece: { spent } } = this;
      const seconds = piece.seconds(piece.end);
      const music = seconds - piece.seconds(piece.givenEnd);
      const speed = spent > 0 && music > 0 ? ` · ${Math.round((1000 * piece.drawn) / spent)} tokens a second, `
        + `${((1000 * music) / spent).toFixed(1)} × as fast as it plays` : "";
      this.plan.textContent = mood.shorthand.planLine(this.grammar, piece.tokens);
      this.facts.textContent = `${piece.bars.length} bars · ${piece.notes.length} notes · ${piece.tokens.length} tokens`
        + ` · ${Math.round(seconds)} s of music${speed}`;
      this.roll.box.setAttribute("aria-valuemax", seconds.toFixed(1));
    }

    // Playing

    startWhenEnough() {
      const { piece, sound } = this;
      const enough = !piece.composing || (!piece.rewrites && piece.seconds(piece.horizon) > mood.Sound.ENOUGH);
      if (this.started || !enough || !piece.notes.length || !sound.instruments.length) return;
      this.playFrom(piece.rewrites ? piece.seconds(piece.bars[piece.rewrites.first - 1].start) : 0);
    }

    playFrom(seconds) {
      this.started = true;
      this.sound.start(this.piece, seconds, () => this.showButtons(), () => {
        this.say("The browser does not let this page sound, or finds no loudspeaker; press Play to try again.");
        this.showButtons();
      });
      this.heardAfter ??= performance.now() - this.clicked;
      this.root.dataset.heardAfter = this.heardAfter.toFixed(0);
      this.showButtons();
      this.follow();
    }

    play() {
      const { sound, piece } = this;
      if (!piece) return;
      if (piece.rewrites && piece.composing) this.say("Wait until the bars are written.");
      else if (!sound.instruments.length) this.say(this.silent || "The notes to play with are still being read.");
      else if (sound.timer === null) this.playFrom(0);
      else sound.pause(!sound.paused);
      this.showButtons();
    }

    stop() {
      this.stopped = this.piece?.composing;
      this.engine?.tell({ do: "stop" });
      this.sound.stop();
      this.started = true; // or it would start by itself
      this.showButtons();
    }

    showButtons() {
      this.fields.play.textContent = this.sound.plays ? "Pause" : "Play";
      if (this.sound.plays) this.follow();
    }

    /** Move the playhead with every frame while the piece plays. */
    follow() {
      if (this.moving) return;
      this.moving = true;
      const frame = () => {
        const { sound, piece, roll } = this;
        const plays = sound.timer !== null;
        const tick = plays ? piece.tick(sound.position) : 0;
        roll.point(tick, sound.plays);
        if (plays) {
          this.tellPosition(tick);
          this.inside.sounds(piece.notes.findLast(({ start }) => start <= tick));
        }
        if (!plays && !piece.composing) this.fields.play.textContent = "Play";
        this.moving = sound.plays || piece.composing;
        if (this.moving) requestAnimationFrame(frame);
      };
      requestAnimationFrame(frame);
    }

    tellPosition(tick) {
      const { piece, sound, roll: { box } } = this;
      const bar = piece.barAt(tick);
      const text = `bar ${bar + 1} of ${piece.bars.length}${this.rewrite.includes(bar) ? ", marked to be written again" : ""}`;
      if (box.getAttribute("aria-valuetext") === text) return;
      box.setAttribute("aria-valuetext", text);
      box.setAttribute("aria-valuenow", sound.position.toFixed(1));
    }

    pressRoll(event) {
      if (!this.piece) return;
      const { tick, note } = this.roll.at(event);
      if (note) this.inside.freeze(note);
      else this.seek(tick);
    }

    seek(tick) {
      const { piece, sound } = this;
      if (!sound.instruments.length || !piece.notes.length || (piece.rewrites && piece.composing)) return;
      const last = piece.composing ? piece.horizon : piece.end;
      this.playFrom(piece.seconds(Math.max(0, Math.min(tick, last))));
    }

    key(event) {
      if (!this.piece || event.ctrlKey || event.metaKey || event.altKey) return;
      const steps = { ArrowRight: 1, ArrowUp: 1, ArrowLeft: -1, ArrowDown: -1, PageUp: 4, PageDown: -4 };
      const { bars } = this.piece;
      const bar = this.piece.barAt(this.piece.tick(this.sound.position));
      if (event.key in steps) this.seek(bars[Math.max(0, Math.min(bars.length - 1, bar + steps[event.key]))]?.start ?? 0);
      else if (event.key === "Home") this.seek(0);
      else if (event.key === " " || event.key === "Enter") this.play();
      else if (!this.rewrite.key(event.key, bar + 1)) return;
      event.preventDefault();
    }

    download() {
      const [emotion, genre, seed] = this.piece.labels;
      const name = `${emotion}_${genre}_${seed}`.toLowerCase().replace(/[^a-z0-9_-]+/g, "-").slice(0, 80);
      const link = Object.assign(document.createElement("a"), { download: `${name}.mid`,
        href: URL.createObjectURL(new Blob([this.piece.midi()], { type: "audio/midi" })) });
      link.click();
      setTimeout(() => URL.revokeObjectURL(link.href), 10_000);
    }
  }

  mood.page = new Page(document.getElementById("composer"));
})();
