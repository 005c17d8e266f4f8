"""Types: `mypy` over lib, and no file complains more often than before.

`.ci/types.csv` says how many complaints each file may have; one that it does not name, such as a new one, may
have none. The numbers may only fall: `python .ci/types.py --keep` writes the smaller ones. Settings stand in
pyproject.toml; `lib/basics`, `lib/ledger` and what composing asks for are held to the strict rules.
"""

import csv
import sys
from collections import Counter
from pathlib import Path

from mypy import api

COUNTS = Path(__file__).with_suffix(".csv")


def main() -> int:
    report, trouble, status = api.run(["--no-error-summary", "--hide-error-context"])
    if status == 2:  # it could not begin, or broke off
        print(report, trouble, file=sys.stderr)
        return status
    complaints = [line for line in report.splitlines() if ": error: " in line]
    found = Counter(line.split(":")[0].replace("\\", "/") for line in complaints)
    known = Counter({name: int(count) for name, count in csv.reader(COUNTS.open(encoding="utf-8"))})
    if "--keep" in sys.argv[1:]:
        with COUNTS.open("w", encoding="utf-8", newline="") as file:
            csv.writer(file, lineterminator="\n").writerows(sorted((found & known).items()))
    more = found - known
    for name in sorted(more):
        print(f"{name}: {found[name]} complaints about types, {known[name]} before:")
        print("\n".join(line for line in complaints if line.split(":")[0].replace("\\", "/") == name))
    if not more:
        fewer = known.total() - found.total()
        print(
            f"types: {found.total()} complaints"
            + (f", {fewer} fewer than kept: python .ci/types.py --keep" if fewer else ", as kept")
        )
    return int(bool(more))


if __name__ == "__main__":
    sys.exit(main())
