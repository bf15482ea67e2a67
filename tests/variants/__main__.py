"""`python -m tests.variants`: makes every mistake of the table and prints who found it, as a table of Markdown."""

import sys
import tempfile
from pathlib import Path

from tests.variants.table import VARIANTS
from tests.variants.trial import caught


def main() -> int:
    missed = 0
    sys.stdout.write("| mistake | made in | found by |\n|---|---|---|\n")
    for variant in VARIANTS:
        with tempfile.TemporaryDirectory() as folder:
            for test, said in caught(Path(folder), variant).items():
                is_found = said is not None and variant.caught[test] in said
                missed += not is_found
                finder = f"`{test}`" if is_found else f"**not** `{test}`"
                sys.stdout.write(f"| {variant.name} | `{variant.file}` | {finder} |\n")
    return 1 if missed else 0


if __name__ == "__main__":
    sys.exit(main())
