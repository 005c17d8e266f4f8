/* From logits to one token: `lib/composing/filters.py` and `lib/composing/browser.py` again, function by function. */
function moodDraw(scope) {
  "use strict";

  /** Random numbers in [0, 1), the same in every browser and in Python: xoshiro128** (Blackman and Vigna, 2021).
      `seed`: a whole number from 0 to 2^53 - 1. */
  function randomNumbers(seed) {
    let counter = (seed ^ Math.imul(Math.floor(seed / 2 ** 32), 0x9E3779B9)) >>> 0;
    const words = Uint32Array.from({ length: 4 }, () => {
      counter = (counter + 0x9E3779B9) >>> 0;
      const mixed = Math.imul(counter ^ (counter >>> 16), 0x85EBCA6B);
      const again = Math.imul(mixed ^ (mixed >>> 13), 0xC2B2AE35);
      return again ^ (again >>> 16);
    });
    const turned = (word, places) => (word << places) | (word >>> (32 - places));
    const next = () => {
      const result = Math.imul(turned(Math.imul(words[1], 5), 7), 9) >>> 0;
      const moved = words[1] << 9;
      words[2] ^= words[0];
      words[3] ^= words[1];
      words[1] ^= words[2];
      words[0] ^= words[3];
      words[2] ^= moved;
      words[3] = turned(words[3], 11);
      return result;
    };
    return () => ((next() >>> 5) * 2 ** 26 + (next() >>> 6)) / 2 ** 53;
  }

  /** Classifier-free guidance: from what is said without labels towards what is said with them, and beyond. */
  function guide(conditional, unconditional, scale) {
    return conditional.map((value, token) => unconditional[token] + scale * (value - unconditional[token]));
  }

  /** Probabilities from logits; a token of -Infinity gets 0. */
  function softmax(logits) {
    const highest = logits.reduce((most, value) => Math.max(most, value), -Infinity);
    const shares = logits.map((value) => Math.exp(value - highest));
    const total = shares.reduce((sum, value) => sum + value, 0);
    return shares.map((value) => value / total);
  }

  /** The fewest tokens whose probabilities reach `topP`, as logits again; the likeliest always stays. */
  function keepTopP(logits, topP) {
    if (topP >= 1) return logits;
    const shares = softmax(logits);
    const order = [...logits.keys()].filter((token) => logits[token] > -Infinity)
      .sort((one, other) => logits[other] - logits[one] || one - other);
    const kept = logits.map(() => -Infinity);
    let likelier = 0; // probability of all tokens before this one
    for (const token of order) {
      if (likelier >= topP) break;
      kept[token] = logits[token];
      likelier += shares[token];
    }
    return kept;
  }

  /** Draw one token by inverting the cumulative distribution; `uniform` lies in [0, 1). */
  function sample(logits, uniform) {
    const shares = softmax(logits);
    const threshold = uniform * shares.reduce((sum, value) => sum + value, 0);
    let cumulative = 0;
    const found = shares.findIndex((share) => (cumulative += share) > threshold);
    return found < 0 ? shares.length - 1 : found;
  }

  /** The likeliest token. */
  function likeliest(logits) {
    return logits.reduce((best, value, token) => (value > logits[best] ? token : best), 0);
  }

  /** One token: temperature, top-p, then a draw; or the likeliest when `greedy`. Forbidden tokens are -Infinity. */
  function choose(logits, { temperature, topP, greedy }, uniform) {
    if (greedy) return likeliest(logits);
    return sample(keepTopP(logits.map((value) => value / temperature), topP), uniform);
  }

  scope.MoodDraw = { randomNumbers, guide, softmax, keepTopP, sample, choose };
}
