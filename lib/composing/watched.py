"""Composing while somebody watches: told of each token, and stopped between two."""

from collections.abc import Callable

from lib.basics.errors import BookError
from lib.composing.compose import Composition, Source, as_compositions, compose_pieces, network_of
from lib.composing.protocols import Composer, Vocabulary
from lib.composing.request import check_guidance
from lib.composing.sampling import SamplingSettings


def compose_watched(
    source: Source,
    store: Vocabulary,
    emotion: str,
    genre: str,
    settings: SamplingSettings,
    on_step: Callable[[], None],
    network: Composer | None = None,
) -> Composition:
    """One piece; `on_step` is called before each of its tokens is computed.

    Args:
        source: a trained run, the pretrained model, or a network.
        store: the token store that it was trained on; the pretrained model takes its place itself.
        emotion, genre: labels of the store.
        settings: how tokens are drawn.
        on_step: may raise, which ends the composing at once; the error is passed on.
        network: the source's own, if it was loaded before.

    Raises:
        BookError: for an unknown label, guidance that the model has not learned, a length that it cannot
            reach or that has no room for a note, a network whose vocabulary or labels are not as many as
            those of the store.
    """
    check_guidance(source, settings)
    network = network or network_of(source)

    def tell(*_: object) -> None:  # what a hook returns would be taken for the network's input
        on_step()

    watch = network.register_forward_pre_hook(tell)
    try:
        (piece,) = compose_pieces(network, store, emotion, genre, settings)
    finally:
        watch.remove()
    if len(piece.tokens) == 1:  # the beginning alone, which decodes to nothing
        raise BookError(f"Within {settings.max_tokens} tokens not even one note was finished: allow more.")
    composed = [(piece.tokens, piece.ended)]
    return as_compositions(source, store, [(emotion, genre)], settings, None, composed)[0]
