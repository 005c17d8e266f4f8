"""The toolkit works whichever thread makes it: the panel of chapter 4 engraves in a thread of its own."""

import subprocess
import sys

SCRIPT = """
import threading
import verovio
from lib.data.engraving import engraving_toolkit
thread = threading.Thread(target=engraving_toolkit)
thread.start()
thread.join()
print(engraving_toolkit().loadData("@clef:G-2\\n@data:4C"))
"""


def test_a_toolkit_made_in_another_thread_reads_scores():
    done = subprocess.run(
        [sys.executable, "-c", SCRIPT], capture_output=True, text=True, timeout=60, check=True
    )
    assert done.stdout.strip() == "True"
