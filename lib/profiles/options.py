"""Options that several commands have, each said in one place."""

from typing import Annotated

import typer

ProfileName = Annotated[str, typer.Option("--profile", help="smoke, laptop, evidence, gpu-dry or gpu.")]
DataFolder = Annotated[
    str,
    typer.Option("--data", help="Folder of XMIDI-named MIDI files; empty: the music embedded in music21."),
]
RatedFolder = Annotated[
    str,
    typer.Option(
        "--rated",
        help="A clone of VGMIDI: the appendix on rated emotions "
        "computes its tables, else it shows kept ones.",
    ),
]
