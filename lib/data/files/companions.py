"""Tables beside the pieces of a folder. The project writes some, with columns of its own; somebody's table of
the same name has others, and says nothing to us."""

from collections.abc import Collection
from pathlib import Path

import pandas as pd

from lib.basics.errors import BookError


def read_companion(folder: Path, name: str, columns: Collection[str]) -> pd.DataFrame | None:
    """Read a table beside the pieces, all cells as text ('' where there is nothing).

    Args:
        folder: of the pieces.
        name: such as 'pieces.csv'.
        columns: that it must have to be the project's own.

    Returns:
        The table; None where there is none, or one with other columns.

    Raises:
        BookError: when it names these columns and cannot be read.
    """
    path = Path(folder) / name
    if not path.is_file():
        return None
    try:
        table = pd.read_csv(path, dtype=str, keep_default_na=False)
    except (OSError, ValueError) as error:
        if not set(columns) <= set(_header(path)):
            return None
        raise BookError(
            f"The table {path} cannot be read ({' '.join(str(error).split())}); mend or remove it."
        ) from error
    return table if set(columns) <= set(table.columns) else None


def _header(path: Path) -> list[str]:
    """The column names of a table that cannot be read."""
    try:
        with open(path, encoding="utf-8", errors="replace") as file:
            return file.readline(10_000).strip().split(",")
    except OSError:
        return []
