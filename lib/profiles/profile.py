"""The numbers of a book, validated: a misspelt key or an impossible value is refused with its name.

A profile is a YAML file in this folder. It says which data, which models, how many training tokens and how
many pieces; the code holds no such number. Times that a profile's comments state are for 2 CPU cores.
"""

from pathlib import Path
from typing import Literal

import yaml
from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator, model_validator

from lib.basics import precision
from lib.basics.errors import BookError
from lib.basics.precision import Precision

FOLDER = Path(__file__).parent

DEFAULT_LABELS = "rated"
"""Of the label schemes in `lib.data.labelling.label_schemes`, the one that people agree with best (appendix
3)."""

LABELS_IN_NAME = "-labels-"
"""Before a scheme that is not the default, in the name of a data set."""


class Settings(BaseModel):
    """Base of all settings: unknown keys are errors, values do not change after loading."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    @field_validator("precision", mode="before", check_fields=False)
    @classmethod
    def _decided(cls, asked: object) -> object:
        """`auto` becomes the precision of this machine, so that whatever holds settings holds that."""
        if asked not in (None, *precision.NAMES):
            raise ValueError(f"it must be one of {', '.join(precision.NAMES)}")
        return precision.decide() if asked == precision.AUTO else asked


class DataSettings(Settings):
    """Which music: a corpus embedded in music21, or a folder of XMIDI-named files."""

    corpus: Literal["embedded-smoke", "embedded", "embedded-large"] = "embedded"
    folder: Path | None = None  # set from DATA=folder; overrides corpus
    token_set: Literal["book", "shorthand", "original"] = "book"
    split_seed: int = 42
    labels: str = DEFAULT_LABELS  # of an embedded corpus: a name in lib.data.labelling.label_schemes.SCHEMES

    @property
    def name(self) -> str:
        """The name of the dataset: the folder's own, or the embedded corpus's with its labels."""
        if self.folder:
            return self.folder.name
        return self.corpus if self.labels == DEFAULT_LABELS else self.corpus + LABELS_IN_NAME + self.labels


class ModelSettings(Settings):
    """The shape of one network. Defaults are the book's own choices."""

    kind: Literal["lstm", "transformer"]
    hidden_size: int = Field(gt=0)
    num_layers: int = Field(gt=0)
    num_heads: int = Field(default=4, gt=0)  # Transformer only
    feed_forward_size: int | None = Field(default=None, gt=0)  # Transformer only; None: 4 × hidden_size
    norm: Literal["pre", "post"] = "pre"  # Transformer only
    positions: Literal["rotary", "learned", "none"] = "rotary"  # the LSTM takes learned or none
    max_length: int = Field(default=1024, gt=0)  # longest sequence in tokens; binds learned positions only
    activation: Literal["relu_squared", "gelu", "relu"] = "relu_squared"  # Transformer only
    dropout: float = Field(default=0.0, ge=0, lt=1)
    attention_dropout: float | None = Field(default=None, ge=0, lt=1)  # of attention weights; None: dropout
    tie_embeddings: bool = True  # the output layer shares the token embedding's weights
    initialisation: Literal["scaled", "torch"] = "scaled"  # torch: the original's, torch's own

    @model_validator(mode="after")
    def _consistent(self) -> "ModelSettings":
        if self.kind == "transformer" and self.hidden_size % self.num_heads:
            raise ValueError(f"hidden_size {self.hidden_size} is not divisible by num_heads {self.num_heads}")
        if self.kind == "lstm" and self.positions == "rotary":
            raise ValueError("an LSTM has no attention to rotate: positions must be 'learned' or 'none'")
        if self.kind == "lstm" and self.attention_dropout is not None:
            raise ValueError("an LSTM has no attention weights to drop: leave attention_dropout out")
        return self


class TrainingSettings(Settings):
    """How a network is trained. Budgets are tokens, PAD excluded, so that batch sizes can be compared."""

    tokens: int = Field(gt=0)  # training budget: target tokens seen
    max_passes: int | None = Field(default=None, gt=0)  # ends the budget earlier on small data; null: never
    window: int = Field(default=512, gt=1)  # tokens
    batch_tokens: int = Field(default=8192, gt=0)  # rows × padded length of a forward pass, all devices
    accumulate: int = Field(default=1, gt=0)  # forward passes per optimiser step
    optimiser: Literal["adam", "adamw", "muon"] = "adamw"
    learning_rate: float = Field(default=1.5e-3, gt=0)
    schedule: Literal["onecycle", "cosine", "constant"] = "cosine"
    warmup: float = Field(default=0.05, ge=0, lt=1)  # share of the budget, for cosine
    weight_decay: float = Field(default=0.01, ge=0)  # of matrices, not with adam
    clip: float | None = Field(default=1.0, gt=0)  # largest gradient norm; null: none
    label_dropout: float = Field(default=0.1, ge=0, lt=1)  # share of rows that lose both labels
    plan_weight: float = Field(default=1.0, gt=0)  # of a plan's tokens in the loss
    transpose: bool = False  # each row by a seeded −5…+6 semitones
    gap_share: float = Field(default=0.0, ge=0, lt=1)  # of the pieces, anew in each epoch: bars that follow
    evaluations: int = Field(default=6, gt=0)  # validation passes, evenly spaced over the budget
    evaluation_tokens: int | None = Field(default=None, gt=0)  # per pass; null: the whole validation set


class RunSettings(Settings):
    """All that decides a run's numbers, apart from the data and the code."""

    name: str = Field(pattern=r"^[a-z0-9][a-z0-9_.-]*$")
    model: ModelSettings
    training: TrainingSettings
    seed: int
    threads: int = Field(gt=0)
    precision: Precision


class RunEntry(Settings):
    """A run as a profile lists it; seed, threads and precision come from the profile unless given here."""

    model: ModelSettings
    training: TrainingSettings
    precision: Precision | None = None


class NgramSettings(Settings):
    """The n-gram baseline: the orders tried on validation."""

    orders: list[int] = Field(min_length=1)


SweepName = Literal[
    "repeats", "rates", "depths", "equal_parameters", "batches", "equal_updates", "collapse", "data_and_depth"
]


class ExperimentSettings(Settings):
    """What chapters 5 and 6 train and measure; each run has one thread, seed and precision of the profile."""

    model: ModelSettings  # the default of the sweeps
    training: TrainingSettings
    repeats: int = Field(gt=0)  # runs of the default with other seeds, for their spread
    seeds: int = Field(gt=0)  # of each variant in the chapter on noise
    places: int = Field(gt=0)  # pieces whose past is disturbed, for each kind and share
    shares: list[float] = Field(min_length=1)  # of notes disturbed
    fresh: list[SweepName]  # the sweeps that the chapter runs itself; the others it takes from the evidence


class GenerationSettings(Settings):
    """What chapter 4 composes."""

    pieces_per_label: int = Field(gt=0)  # pieces for each emotion × genre asked for
    counted_pieces: int = Field(default=64, gt=0)  # pieces of each model, to count how many end by themselves
    labels: int | None = Field(default=None, gt=0)  # how many emotion × genre pairs; null: all the data has
    grid_labels: int | None = Field(default=None, gt=0)  # the same for the page Listen
    max_tokens: int = Field(default=1024, gt=1)
    temperature: float = Field(default=1.0, gt=0)
    top_k: int | None = Field(default=None, gt=0)
    top_p: float | None = Field(default=0.95, gt=0, le=1)


class NotesSettings(Settings):
    """What chapter 8 measures."""

    pieces: int = Field(default=48, gt=0)  # of each source, every pair of labels equally often
    with_voices: int = Field(default=20, gt=0)  # pieces a source in genres of several voices, at least
    memory_bars: int = Field(default=2, gt=0)  # the past that the Transformer keeps in the control


class NotationSettings(Settings):
    """The composer of notation in chapter 9: the earlier project's, at a small size."""

    tunes: int = Field(default=40, gt=0)  # trained on
    held_out: int = Field(default=30, gt=0)  # tunes of the validation and of the test set each
    window: int = Field(default=16, gt=0)  # words
    hidden_size: int = Field(default=64, gt=1)
    num_layers: int = Field(default=2, gt=0)
    epochs: int = Field(default=16, gt=0)
    batch_size: int = Field(default=32, gt=1)
    learning_rate: float = Field(default=1e-3, gt=0)
    pieces: int = Field(default=12, gt=1)  # composed in each way
    length: int = Field(default=64, gt=3)  # words of each


class EarSettings(Settings):
    """The classifier that listens: what chapter 10 trains and appendix 2 asks."""

    train_per_genre: int = Field(default=44, gt=1)  # pieces made into sound, at most, of each genre
    test_per_genre: int = Field(default=23, gt=0)
    horse_per_genre: int = Field(default=8, gt=0)  # test pieces that are played again in other ways
    judged: int = Field(default=48, gt=0)  # pieces of each source in appendix 2
    hidden_size: int = Field(default=64, gt=0)
    num_layers: int = Field(default=1, gt=0)
    epochs: int = Field(default=15, gt=0)
    batch_size: int = Field(default=20, gt=1)  # segments
    learning_rate: float = Field(default=1e-3, gt=0)
    threads: int = Field(default=1, gt=0)


class SurveySettings(Settings):
    """What chapter 7 simulates."""

    surveys: int = Field(default=600, gt=0)  # for each number of raters and pieces
    even_surveys: int = Field(default=8000, gt=0)  # for each correlation between one rater's answers
    bootstrap: int = Field(default=4000, gt=0)  # draws


class AblationSettings(Settings):
    """What each of the book's own choices is worth; see lib.chapters.speed.ablation."""

    model: ModelSettings
    training: TrainingSettings
    threads: int = Field(default=1, gt=0)  # of each training; as many train at a time as there are cores
    ablations: list[str] | None = None  # taken back one by one; null: all, and all together
    lstm_learning_rate: float = Field(default=2e-3, gt=0)
    judged_tokens: int = Field(default=100_000, gt=0)  # of the test set


class Profile(Settings):
    """A whole book's settings; see :func:`load_profile`."""

    name: str
    description: str
    trial: bool = False  # its numbers are not meant to be believed: every page says so, no site is published
    seed: int
    seeds: list[int] = Field(min_length=1)  # paired repeats; the first is `seed`
    threads: int = Field(gt=0)  # per training process
    workers: int = Field(gt=0)  # processes for corpus and tokens
    precision: Precision
    cell_timeout: int = Field(gt=0)  # seconds a notebook cell may take
    data: DataSettings
    ngram: NgramSettings
    runs: dict[str, RunEntry]
    generation: GenerationSettings
    experiments: ExperimentSettings
    notation: NotationSettings = NotationSettings()
    ear: EarSettings = EarSettings()
    survey: SurveySettings = SurveySettings()
    notes: NotesSettings = NotesSettings()
    ablation: AblationSettings
    bench: Literal["full", "glance", "tiny"]  # how large the works are that the appendix times afresh

    @model_validator(mode="after")
    def _seed_is_first(self) -> "Profile":
        if self.seeds[0] != self.seed:
            raise ValueError("the first of 'seeds' must be 'seed'")
        return self

    @model_validator(mode="after")
    def _pieces_fit(self) -> "Profile":
        for name, entry in self.runs.items():
            model, wanted = entry.model, self.generation.max_tokens
            if model.positions == "learned" and wanted > model.max_length + 1:
                raise ValueError(
                    f"generation.max_tokens is {wanted}, but the run '{name}' learns positions "
                    f"for pieces of {model.max_length + 1} tokens at most"
                )
        return self

    def run(self, name: str, seed: int | None = None) -> RunSettings:
        """The settings of the run called `name`.

        Raises:
            BookError: when the profile lists no such run.
        """
        if name not in self.runs:
            known = ", ".join(sorted(self.runs))
            raise BookError(f"The profile '{self.name}' has no run named '{name}'; it has: {known}.")
        entry = self.runs[name]
        return RunSettings(
            name=name,
            model=entry.model,
            training=entry.training,
            seed=self.seed if seed is None else seed,
            threads=self.threads,
            precision=entry.precision or self.precision,
        )


class StrictLoader(yaml.SafeLoader):
    """YAML in which a key given twice is an error; plain YAML silently keeps the last."""

    def construct_mapping(self, node, deep=False):
        keys = [self.construct_object(key, deep=True) for key, _ in node.value]
        for key in keys:
            if keys.count(key) > 1:
                raise yaml.constructor.ConstructorError(problem=f"the key '{key}' is given twice")
        return super().construct_mapping(node, deep)


def profile_names() -> list[str]:
    """The profiles that exist, from the smallest to the largest."""
    order = ["smoke", "laptop", "evidence", "gpu-dry", "gpu"]
    found = {path.stem for path in FOLDER.glob("*.yaml")}
    return [name for name in order if name in found] + sorted(found - set(order))


def read_profile(path: Path) -> Profile:
    """Read and check one profile file.

    Raises:
        BookError: naming the file, the key and what is wrong with it.
    """
    try:
        content = yaml.load(path.read_text(encoding="utf-8"), Loader=StrictLoader)
    except (OSError, yaml.YAMLError) as error:
        problem = getattr(error, "problem", None) or error
        raise BookError(f"The profile {path.name} cannot be read: {problem}.") from error
    try:
        return Profile.model_validate({"name": path.stem, **(content if isinstance(content, dict) else {})})
    except ValidationError as error:
        first = error.errors()[0]
        where = ".".join(str(part) for part in first["loc"]) or "the file as a whole"
        if first["type"] == "extra_forbidden":
            problem = f"has an unknown key '{where}'; correct or remove it"
        else:
            problem = f"is wrong at '{where}': {first['msg'].removeprefix('Value error, ')}"
        raise BookError(f"The profile {path.name} {problem}.") from error


def load_profile(name: str = "laptop", data: str | int | Path = "") -> Profile:
    """Load a profile by name.

    Args:
        name: one of :func:`profile_names`.
        data: a folder of XMIDI-named MIDI files that replaces the embedded corpus; empty for the latter.

    Raises:
        BookError: for an unknown profile, key or value, or a precision named that this machine does not have.
    """
    if name not in profile_names():
        raise BookError(f"There is no profile '{name}'; choose one of: {', '.join(profile_names())}.")
    profile = read_profile(FOLDER / f"{name}.yaml")
    for run in profile.runs:
        precision.refuse_impossible(profile.run(run).precision)
    if not str(data):
        return profile
    if isinstance(data, (bool, float)) or not isinstance(data, (str, int, Path)):
        raise BookError(
            f"The data folder arrived as {data!r}: papermill reads '-p data' as a value of YAML; "
            "name it with '-r data', which reads text, or as ./name."
        )
    folder = Path(str(data)).expanduser().resolve()  # papermill's '-p data 2024' is a number
    return profile.model_copy(update={"data": profile.data.model_copy(update={"folder": folder})})
