/* The whole network: a Transformer that reads one token and answers with a number for each that may come next.

   It is `lib/models/transformer.py` without a library: the same steps, in the order in which they happen, on
   plain arrays. The weights are whole numbers from -127 to 127 with a scale for each row, as the script
   `model.js` brings them; everything else is computed in double precision. Keys and values of the tokens read
   are kept (the cache), so that each token is read once. Made a function, since a page from a disk can give a
   Worker its code only as text. */
function moodNetwork(scope) {
  "use strict";

  /** The numbers behind a tensor's name, as they lie in the bytes of the model. */
  function unpack(model) {
    const text = atob(model.bytes);
    const bytes = new Uint8Array(text.length);
    for (let at = 0; at < text.length; at += 1) bytes[at] = text.charCodeAt(at);
    const found = new Map();
    let read = 0;
    for (const { name, shape, at, scale } of model.tensors) {
      const size = shape.reduce((product, length) => product * length, 1);
      const floats = (from, count) => Float64Array.from(new Float32Array(bytes.buffer, from, count));
      found.set(name, scale === undefined
        ? { shape, values: floats(at, size) }
        : { shape, whole: new Int8Array(bytes.buffer, at, size), scale: floats(scale, shape[0]) });
      read += scale === undefined ? 4 * size : size + 4 * shape[0];
    }
    if (read !== bytes.length) throw new Error("The network is not whole.");
    return found;
  }

  /** output = matrix · input + bias; four rows of the matrix [rows, columns] at a time, for speed alone. */
  function multiply({ whole, scale, shape: [rows, columns] }, bias, input, output) {
    let row = 0;
    for (; row + 3 < rows; row += 4) {
      const start = row * columns;
      const second = start + columns, third = second + columns, fourth = third + columns;
      let a = 0, b = 0, c = 0, d = 0;
      for (let column = 0; column < columns; column += 1) {
        const value = input[column];
        a += whole[start + column] * value;
        b += whole[second + column] * value;
        c += whole[third + column] * value;
        d += whole[fourth + column] * value;
      }
      output[row] = a * scale[row];
      output[row + 1] = b * scale[row + 1];
      output[row + 2] = c * scale[row + 2];
      output[row + 3] = d * scale[row + 3];
    }
    for (; row < rows; row += 1) {
      let sum = 0;
      for (let column = 0; column < columns; column += 1) sum += whole[row * columns + column] * input[column];
      output[row] = sum * scale[row];
    }
    if (bias) for (row = 0; row < rows; row += 1) output[row] += bias.values[row];
  }

  /** Bring the numbers to mean 0 and deviation 1, then stretch and shift each by learned amounts. */
  function normalise(weight, bias, input, output) {
    const size = input.length;
    let mean = 0, square = 0;
    for (let i = 0; i < size; i += 1) mean += input[i] / size;
    for (let i = 0; i < size; i += 1) square += (input[i] - mean) ** 2 / size;
    const factor = 1 / Math.sqrt(square + 1e-5);
    for (let i = 0; i < size; i += 1) output[i] = (input[i] - mean) * factor * weight.values[i] + bias.values[i];
  }

  /** What has been read of one piece, under one pair of labels. A label behind the last one means "none". */
  class Reading {
    constructor(network, emotion, genre) {
      const { num_layers: layers, hidden_size: size } = network.settings;
      this.emotion = emotion;
      this.genre = genre;
      this.length = 0; // tokens read
      this.room = 0;
      this.size = size;
      this.keys = Array.from({ length: layers }, () => new Float64Array(0));
      this.values = Array.from({ length: layers }, () => new Float64Array(0));
    }

    /** Room for one more token; it doubles, so that a short piece takes little memory. */
    grow() {
      if (this.length < this.room) return;
      this.room = Math.max(128, 2 * this.room);
      for (const cache of [this.keys, this.values]) {
        cache.forEach((old, layer) => {
          cache[layer] = new Float64Array(this.room * this.size);
          cache[layer].set(old);
        });
      }
    }
  }

  class Network {
    constructor(model) {
      this.settings = model.model;
      this.tensors = unpack(model);
      const { hidden_size: size, feed_forward_size: inner, num_heads: heads } = this.settings;
      this.hidden = new Float64Array(size);
      this.normed = new Float64Array(size);
      this.projected = new Float64Array(3 * size);
      this.mixed = new Float64Array(size);
      this.added = new Float64Array(size);
      this.inner = new Float64Array(inner || 4 * size);
      this.logits = new Float64Array(model.vocabulary.length);
      this.headSize = size / heads;
      this.none = [model.emotions.length, model.genres.length]; // the labels "no emotion", "no genre"
    }

    /** A piece of which nothing is read yet. */
    begin(emotion, genre) {
      return new Reading(this, emotion, genre);
    }

    /** Read one token; returns the logits of the next [vocabulary], in an array that the next call writes anew.
        `watch`, if given, is told the attention of each layer: (layer, head, weights of all tokens so far). */
    read(reading, token, watch) {
      const { num_layers: layers, norm } = this.settings;
      const before = norm === "pre";
      reading.grow();
      this.embed(reading, token);
      for (let layer = 0; layer < layers; layer += 1) {
        const name = `layers.${layer}.`;
        this.sublayer(`${name}attention_norm`, before, (input) => this.attend(reading, layer, input, watch));
        this.sublayer(`${name}feed_forward_norm`, before, (input) => this.feedForward(name, input));
      }
      if (before) this.norm("final_norm", this.hidden, this.hidden);
      const tied = this.settings.tie_embeddings;
      multiply(this.tensors.get(tied ? "token_embedding.weight" : "output.weight"),
        this.tensors.get("output.bias"), this.hidden, this.logits);
      reading.length += 1;
      return this.logits;
    }

    /** hidden = token + emotion + genre (+ position), as vectors. */
    embed(reading, token) {
      const size = this.hidden.length;
      const { whole, scale } = this.tensors.get("token_embedding.weight");
      const emotion = this.tensors.get("emotion_embedding.weight").values;
      const genre = this.tensors.get("genre_embedding.weight").values;
      const position = this.tensors.get("position_embedding.weight")?.values;
      for (let i = 0; i < size; i += 1) {
        this.hidden[i] = whole[token * size + i] * scale[token]
          + (emotion[reading.emotion * size + i] + genre[reading.genre * size + i]);
        if (position) this.hidden[i] += position[reading.length * size + i];
      }
    }

    /** hidden = hidden + work(hidden), with the norm before the work or after the sum. */
    sublayer(name, before, work) {
      if (before) this.norm(name, this.hidden, this.normed);
      work(before ? this.normed : this.hidden);
      for (let i = 0; i < this.hidden.length; i += 1) this.hidden[i] += this.added[i];
      if (!before) this.norm(name, this.hidden, this.hidden);
    }

    norm(name, input, output) {
      normalise(this.tensors.get(`${name}.weight`), this.tensors.get(`${name}.bias`), input, output);
    }

    linear(name, input, output) {
      multiply(this.tensors.get(`${name}.weight`), this.tensors.get(`${name}.bias`), input, output);
    }

    /** Each head asks all tokens so far with its query and takes a mean of their values, weighted by the answers. */
    attend(reading, layer, input, watch) {
      const size = this.hidden.length;
      const { projected, mixed, headSize } = this;
      const keys = reading.keys[layer], values = reading.values[layer];
      this.linear(`layers.${layer}.attention.query_key_value`, input, projected);
      const queries = projected.subarray(0, size);
      if (this.settings.positions === "rotary") {
        this.rotate(queries, reading.length);
        this.rotate(projected.subarray(size, 2 * size), reading.length);
      }
      keys.set(projected.subarray(size, 2 * size), reading.length * size);
      values.set(projected.subarray(2 * size), reading.length * size);
      mixed.fill(0);
      for (let head = 0; head < size / headSize; head += 1) {
        const weights = new Float64Array(reading.length + 1);
        const first = head * headSize;
        let highest = -Infinity, total = 0;
        for (let past = 0; past <= reading.length; past += 1) {
          let score = 0;
          for (let i = first; i < first + headSize; i += 1) score += queries[i] * keys[past * size + i];
          weights[past] = score / Math.sqrt(headSize);
          highest = Math.max(highest, weights[past]);
        }
        for (let past = 0; past <= reading.length; past += 1) {
          weights[past] = Math.exp(weights[past] - highest);
          total += weights[past];
        }
        for (let past = 0; past <= reading.length; past += 1) {
          weights[past] /= total;
          for (let i = first; i < first + headSize; i += 1) mixed[i] += weights[past] * values[past * size + i];
        }
        watch?.(layer, head, weights);
      }
      this.linear(`layers.${layer}.attention.output`, mixed, this.added);
    }

    /** Turn each pair of numbers of a head by an angle that grows with the position (rotary positions). */
    rotate(vector, position) {
      const half = this.headSize / 2;
      for (let i = 0; i < half; i += 1) {
        const angle = position * 10000 ** (-2 * i / this.headSize);
        const cosine = Math.fround(Math.cos(angle)), sine = Math.fround(Math.sin(angle));
        for (let at = i; at < vector.length; at += this.headSize) {
          const a = vector[at], b = vector[at + half];
          vector[at] = a * cosine - b * sine;
          vector[at + half] = b * cosine + a * sine;
        }
      }
    }

    /** Two linear layers; between them negative numbers become 0 and the others, if so set, their squares. */
    feedForward(name, input) {
      this.linear(`${name}feed_forward.expand`, input, this.inner);
      const squared = this.settings.activation === "relu_squared";
      for (let i = 0; i < this.inner.length; i += 1) {
        const value = Math.max(0, this.inner[i]);
        this.inner[i] = squared ? value * value : value;
      }
      this.linear(`${name}feed_forward.output`, this.inner, this.added);
    }
  }

  scope.MoodNetwork = Network;
}
