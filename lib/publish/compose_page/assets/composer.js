/* Composing a piece a token at a time, in slices, so that a Worker hears what it is told in between, and a page
   without Workers stays alive. The page speaks to it by messages, `{do: ...}`; it answers `{tell: ...}`. */
function moodComposer(scope, slice) {
  "use strict";

  const { randomNumbers, guide, softmax, keepTopP, choose } = scope.MoodDraw;
  const SHOWN = 14; // tokens of a look
  const LOOKS = 3; // steps towards a look for each token composed

  class Composer {
    /** `tell` takes the answers; `slice`: milliseconds of work at a time. */
    constructor(tell) {
      this.tell = tell;
      this.busy = false;
    }

    hear(message) {
      try {
        this[message.do](message);
      } catch (error) {
        this.fail(error);
      }
    }

    load({ model }) {
      this.network = new scope.MoodNetwork(model);
      this.grammar = new scope.MoodGrammar(model);
      this.beginning = model.vocabulary.indexOf("BOS_None");
      this.end = model.vocabulary.indexOf("EOS_None");
      this.tell({ tell: "loaded" });
    }

    /** Begin a piece. Labels are numbers; `given` are tokens to go on from, without BOS, -1 where the network draws;
        `total`: bars that the piece is told to have, null: as the network likes. To write bars again, what lies before
        and behind them is given, with its marks. */
    compose({ request, piece }) {
      const { emotion, genre, guidance, seed, given, total } = request;
      const { network } = this;
      this.request = { ...request };
      this.piece = piece;
      this.reading = network.begin(emotion, genre);
      this.free = network.begin(...network.none); // what the network says without labels; read when asked for
      this.random = randomNumbers(seed);
      this.start = () => this.grammar.start(total ?? 1 + given.filter((token) => this.grammar.isBar(token)).length, total);
      this.state = this.start();
      this.tokens = [this.beginning];
      this.random(); // a number for each place, those of given tokens too
      this.takeGiven();
      this.guided = guidance !== 1;
      this.sent = this.tokens.length;
      this.spent = 0;
      this.look = null;
      this.composing = this.goesOn();
      this.work();
    }

    /** Take the tokens that are given for the next places. */
    takeGiven() {
      const { request: { given }, tokens, state } = this;
      for (let token = given[tokens.length - 1]; token >= 0; token = given[tokens.length - 1]) {
        tokens.push(token);
        state.advance(token);
        this.random();
      }
    }

    goesOn() {
      return this.tokens.at(-1) !== this.end && this.tokens.length < this.request.maxTokens;
    }

    stop() {
      this.composing = false;
    }

    /** Another temperature or top-p from the next token on. */
    change({ temperature, topP }) {
      if (this.request) Object.assign(this.request, { temperature, topP });
    }

    /** What stood behind the token at a place: probabilities, forbidden tokens, attention. */
    inspect({ place }) {
      this.look = this.tokens && place > 0 && place < this.tokens.length ? { place } : null;
      this.work();
    }

    work() {
      if (this.busy) return;
      this.busy = true;
      const turn = () => {
        try {
          const until = performance.now() + slice;
          while ((this.composing || this.look) && performance.now() < until) this.step();
          this.report();
        } catch (error) {
          this.fail(error);
        }
        this.busy = this.composing || Boolean(this.look);
        if (this.busy) setTimeout(turn, 0);
      };
      setTimeout(turn, 0);
    }

    /** A look waits for little, the piece goes on meanwhile. */
    step() {
      for (let turn = 0; turn < LOOKS && this.look; turn += 1) this.lookOn();
      if (this.composing) {
        const before = performance.now(), { length } = this.tokens;
        this.next();
        if (this.tokens.length > length) this.spent += performance.now() - before; // what is given is only read
      }
    }

    /** Read what has not been read; once all is, draw a token. */
    next() {
      const { reading, free, tokens, request } = this;
      const logits = this.network.read(reading, tokens[reading.length]);
      const last = reading.length === tokens.length;
      const conditional = last && this.guided ? logits.slice() : logits;
      if (this.guided && free.length < reading.length) this.network.read(free, tokens[free.length]);
      if (!last) return;
      const allowed = this.state.allowed();
      const wished = this.guided ? guide(conditional, logits, request.guidance) : logits;
      const token = choose(wished.map((value, each) => (allowed[each] ? value : -Infinity)), request, this.random());
      tokens.push(token);
      this.state.advance(token);
      this.takeGiven();
      this.composing = this.goesOn();
    }

    report() {
      const { tokens, sent, piece, spent, composing } = this;
      if (!tokens || (sent === tokens.length && composing)) return;
      if (sent < tokens.length) this.tell({ tell: "tokens", piece, from: sent, tokens: tokens.slice(sent), spent });
      if (!composing && this.told !== piece) {
        this.told = piece;
        this.tell({ tell: "ended", piece, byItself: tokens[tokens.length - 1] === this.end, spent });
      }
      this.sent = tokens.length;
    }

    /** One step towards a look: both readings first have to come as far. */
    lookOn() {
      const { tokens, free, look, request, network } = this;
      const { place } = look;
      const behind = [free, this.reading].find(({ length }) => length < place - 1);
      if (behind) {
        network.read(behind, tokens[behind.length]);
        return;
      }
      this.look = null;
      const attention = [];
      const plain = this.readAgain(free, place);
      const logits = this.readAgain(this.reading, place, (layer, head, weights) => {
        attention.push({ layer, head, weights: Float32Array.from(weights) });
      });
      const state = this.start();
      for (const token of tokens.slice(1, place)) state.advance(token);
      const allowed = state.allowed();
      const wished = guide(logits, plain, request.guidance).map((value, token) => (
        allowed[token] ? value / request.temperature : -Infinity));
      const [shares, without, drawn] = [logits, plain, keepTopP(wished, request.topP)].map(softmax);
      const forbidden = shares.reduce((sum, share, token) => (allowed[token] ? sum : sum + share), 0);
      const order = [...shares.keys()].sort((one, other) => shares[other] - shares[one]).slice(0, SHOWN);
      if (!order.includes(tokens[place])) order[order.length - 1] = tokens[place];
      this.tell({ tell: "look", piece: this.piece, place, attention, forbidden, candidates: order.map((token) => ({
        token, share: shares[token], without: without[token], drawn: drawn[token], allowed: allowed[token] })) });
    }

    /** The logits for the token at a place. What the cache holds before it stays as it was, since no token sees
        those behind it; the token before it is only read again. */
    readAgain(reading, place, watch) {
      const { length } = reading;
      reading.length = place - 1;
      const logits = this.network.read(reading, this.tokens[place - 1], watch).slice();
      reading.length = Math.max(length, place);
      return logits;
    }

    fail(error) {
      this.composing = false;
      this.look = null;
      this.tell({ tell: "failed", message: String(error.message || error) });
    }
  }

  scope.MoodComposer = Composer;
}
