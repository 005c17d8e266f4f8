"""The script that brings the model: everything in it, and a refusal of what the decoder does not know."""

import base64
import dataclasses
import json

import numpy as np
import pytest

from lib.basics.errors import BookError
from lib.composing import load_pretrained
from lib.composing.browser.weights import quantised
from lib.models import build_model
from lib.profiles.profile import ModelSettings
from lib.publish.compose_page.model_script import check_known, model_script


@pytest.fixture(scope="module")
def pretrained():
    return load_pretrained()


def with_model(pretrained, **settings):
    shape = {"kind": "transformer", "hidden_size": 16, "num_layers": 1, "num_heads": 2, **settings}
    model = build_model(ModelSettings(**shape), len(pretrained.vocabulary), 4, 4)
    return dataclasses.replace(pretrained, model=model)


def test_the_script_holds_every_weight_as_the_quantised_model_has_it(pretrained):
    script = model_script(pretrained)
    assert len(script) < 5e6
    found = json.loads(script.removeprefix("moodModel(").removesuffix(");\n"))
    data = base64.b64decode(found["bytes"])
    expected = quantised(pretrained).model.state_dict()
    assert {tensor["name"] for tensor in found["tensors"]} == set(expected)
    read = 0
    for tensor in found["tensors"]:
        shape, size = tensor["shape"], int(np.prod(tensor["shape"]))
        if "scale" in tensor:
            scale = np.frombuffer(data, "<f4", shape[0], tensor["scale"])
            whole = np.frombuffer(data, np.int8, size, tensor["at"]).reshape(shape)
            values = whole * scale[:, None].astype(float)
            read += size + 4 * shape[0]
        else:
            values = np.frombuffer(data, "<f4", size, tensor["at"]).reshape(shape)
            read += 4 * size
        assert np.array_equal(values, expected[tensor["name"]].numpy())
    assert read == len(data)
    assert found["vocabulary"] == pretrained.vocabulary
    assert (found["emotions"], found["genres"]) == (pretrained.emotions, pretrained.genres)


@pytest.mark.parametrize(
    "settings",
    [
        {"norm": "post", "positions": "learned", "activation": "relu"},
        {"tie_embeddings": False, "positions": "none"},
    ],
)
def test_other_shapes_are_known(pretrained, settings):
    check_known(with_model(pretrained, **settings))


def test_what_the_decoder_does_not_know_is_refused_by_name(pretrained):
    with pytest.raises(BookError, match=r"does not know activation = 'gelu' of the pretrained model: teach"):
        model_script(with_model(pretrained, activation="gelu"))
    odd = with_model(pretrained)
    odd.model.register_buffer("bar_embedding", odd.model.genre_embedding.weight.detach())
    with pytest.raises(BookError, match="does not know the weights bar_embedding"):
        model_script(odd)

    class Later(ModelSettings):
        labels_in_front: bool = False

    for value in (False, True):
        later = with_model(pretrained)
        later.model.settings = Later(**later.model.settings.model_dump(), labels_in_front=value)
        if not value:
            check_known(later)
            continue
        with pytest.raises(BookError, match="does not know the model setting labels_in_front = True"):
            check_known(later)
