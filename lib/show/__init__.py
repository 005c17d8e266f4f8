"""What readers see: figures, tables, audio players; one look for all of them."""

from lib.show.media import media_folder
from lib.show.players import audio_player, player_row
from lib.show.style import MODEL_COLOURS, apply_style, model_colour, model_label

__all__ = [
    "MODEL_COLOURS",
    "apply_style",
    "audio_player",
    "media_folder",
    "model_colour",
    "model_label",
    "player_row",
]
