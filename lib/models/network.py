"""Either network, with its state: what a finished run and the pretrained model hold."""

from lib.models.lstm import ConditionalLSTM
from lib.models.transformer import ConditionalTransformer

#: What `build_model` gives. Its own annotation names the base, and every run's name covers its code.
Network = ConditionalLSTM | ConditionalTransformer
