"""The pretrained model as a script that a page from a disk can load: one call with weights and tables.

A page opened from a disk may fetch nothing, but it may run a script. So the weights are text in one: 8 bits a
number, a scale a row, base64. The decoder beside it (`assets/network.js`) reads shapes and settings from the
same script. What it does not know is refused here, while the site is built, and not found out by a reader.
"""

import base64
import json
from collections.abc import Iterator
from typing import Any

from miditok import REMI

from lib.basics.errors import BookError
from lib.composing.browser.weights import is_quantised, quantise
from lib.composing.grammar import Grammar
from lib.composing.pretrained import Pretrained
from lib.data.labelling.key_profiles import profile_weights
from lib.data.labelling.labels import MODES, PROFILE
from lib.profiles.profile import ModelSettings

#: What the decoder can do, by the setting that asks for it; None: any value.
_KNOWN: dict[str, tuple[str, ...] | None] = {
    "kind": ("transformer",),
    "hidden_size": None,
    "num_layers": None,
    "num_heads": None,
    "feed_forward_size": None,
    "norm": ("pre", "post"),
    "positions": ("rotary", "learned", "none"),
    "max_length": None,
    "activation": ("relu_squared", "relu"),
    "dropout": None,
    "attention_dropout": None,
    "tie_embeddings": None,
    "initialisation": None,
}
_LAYER = (
    "attention_norm",
    "attention.query_key_value",
    "attention.output",
    "feed_forward_norm",
    "feed_forward.expand",
    "feed_forward.output",
)


def model_script(pretrained: Pretrained) -> str:
    """The text of the script, which calls `moodModel` with one object.

    Its members: `model` (the settings), `emotions`, `genres`, `vocabulary`, `grammar`, `hash`, `tensors`
    (name, shape, and where its numbers begin in the bytes: `at` for the numbers, `scale` for the scales of an
    8-bit matrix) and `bytes`, base64, little-endian.

    Raises:
        BookError: when the model has a part that the decoder does not know.
    """
    check_known(pretrained)
    tensors, data = _packed(pretrained)
    found = {**model_tables(pretrained), "tensors": tensors, "bytes": base64.b64encode(data).decode("ascii")}
    return f"moodModel({json.dumps(found, ensure_ascii=False, separators=(',', ':'))});\n"


def model_tables(pretrained: Pretrained) -> dict[str, object]:
    """Everything of :func:`model_script` but the weights."""
    return {
        "model": pretrained.model.settings.model_dump(),
        "emotions": pretrained.emotions,
        "genres": pretrained.genres,
        "hash": pretrained.hash,
        **grammar_tables(pretrained.tokenizer),
    }


def grammar_tables(tokenizer: REMI) -> dict[str, object]:
    """What `assets/grammar.js` is made from: the texts of all tokens, and how the token set is configured."""
    grammar = Grammar(tokenizer)
    tables = {
        "programChanges": grammar.program_changes,
        "tempo": grammar.has_tempo,
        "drumPitches": grammar.has_drum_pitches,
        "ticksPerQuarter": grammar.ticks_per_quarter,
        "positionsPerBeat": tokenizer.config.max_num_pos_per_beat,
        "short": grammar.is_short,
    }
    if grammar.is_short:  # the plan of a piece that is gone on from names its key
        weights = profile_weights(PROFILE)
        tables["keyProfiles"] = {mode: weights[12 * place].tolist() for place, mode in enumerate(MODES)}
    return {"vocabulary": grammar.vocabulary, "grammar": tables}


def check_known(pretrained: Pretrained) -> None:
    """Refuse a model that the decoder in the page cannot run.

    Raises:
        BookError: naming the setting or the weights that it does not know.
    """
    settings = pretrained.model.settings
    for name, value in settings.model_dump().items():
        if name not in _KNOWN and value not in (None, False, 0):
            raise _unknown(f"the model setting {name} = {value!r}")
        if (known_values := _KNOWN.get(name)) and value not in known_values:
            raise _unknown(f"{name} = {value!r}")
    have, known = set(pretrained.model.state_dict()), set(_names(settings))
    if have != known:
        raise _unknown(f"the weights {', '.join(sorted(have ^ known)[:3])}")


def _unknown(what: str) -> BookError:
    return BookError(
        f"The decoder of the page book/compose does not know {what} of the pretrained model: "
        "teach lib/publish/compose_page/assets/network.js to read it, then name it in "
        "lib/publish/compose_page/model_script.py."
    )


def _names(settings: ModelSettings) -> Iterator[str]:
    """The weights that the decoder reads."""
    yield from (f"{kind}_embedding.weight" for kind in ("token", "emotion", "genre"))
    if settings.positions == "learned":
        yield "position_embedding.weight"
    for layer in range(settings.num_layers):
        yield from (f"layers.{layer}.{part}.{end}" for part in _LAYER for end in ("weight", "bias"))
    if settings.norm == "pre":
        yield from ("final_norm.weight", "final_norm.bias")
    if not settings.tie_embeddings:
        yield from ("output.weight", "output.bias")


def _packed(pretrained: Pretrained) -> tuple[list[dict[str, Any]], bytes]:
    """Where each tensor lies, and the bytes: first all float32, which must begin at multiples of four."""
    floats, whole = bytearray(), bytearray()
    tensors = []
    for name, weight in pretrained.model.state_dict().items():
        values = weight.cpu().float().numpy()
        tensor: dict[str, Any] = {"name": name, "shape": list(values.shape)}
        if is_quantised(name, values.ndim):
            rows = quantise(values)
            tensor |= {"at": len(whole), "scale": len(floats)}
            whole += rows.whole.tobytes()
            floats += rows.scale.astype("<f4").tobytes()
        else:
            tensor |= {"at": len(floats)}
            floats += values.astype("<f4").tobytes()
        tensors.append(tensor)
    for tensor in tensors:
        if "scale" in tensor:
            tensor["at"] += len(floats)
    return tensors, bytes(floats + whole)
