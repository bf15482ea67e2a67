"""Writes the files of a new channel from the templates beside this module: all of them, or none.

A template is the file with `.template` behind its name, so that nothing takes it for code; `@name@`, `@Name@` and
`@slug@` in it, and in its own name, stand for the channel's name.
"""

import re
import shutil
import tempfile
from collections.abc import Iterable, Mapping
from pathlib import Path

from msgspec import Struct

from gateway.errors import GatewayError
from gateway.new_channel.names import Spellings, require_unsaid, spelled

TEMPLATES = Path(__file__).parent / "template"
_SUFFIX = ".template"
_CHECKOUT = ("pyproject.toml", "gateway/connectors", "tests/connectors", "sandbox/toolkit")
"""What a clone of the repository has, and an installed gateway has not."""
_OWN_IMPORT = re.compile(r"from (gateway|sandbox|tests)\.")


class Target(Struct, frozen=True):
    """A folder or file that is to be there, from the root of the repository, and the templates that it is made of."""

    place: str
    source: str


def targets(names: Spellings) -> tuple[Target, ...]:
    """The connector comes last: its folder is what makes it a channel."""
    return (
        Target(f"sandbox/{names.name}", "stand_in"),
        Target(f"tests/connectors/{names.name}", "fixtures"),
        Target(f"tests/connectors/test_{names.name}.py", "test.py.template"),
        Target(f"gateway/connectors/{names.name}", "connector"),
    )


def write(root: Path, name: str) -> tuple[Target, ...]:
    """Writes a channel into the clone at `root`, and says where.

    Raises:
        GatewayError: `root` is no clone, the name will not do or is taken, or the disk cannot be written. Nothing is
            left then.
    """
    lacking = [one for one in _CHECKOUT if not (root / one).exists()]
    if lacking:
        raise GatewayError(
            f"{root} is no clone of the repository ({lacking[0]} is not there): a channel is written into the sources, "
            "so clone them, type `sh setup.sh` there and then `.venv/bin/gateway new-channel` again"
        )
    names = spelled(name)
    wanted = targets(names)
    for path in _taken(root, names, wanted):
        raise GatewayError(
            f"{path.relative_to(root)} is there already: take another name, or remove what was begun there"
        )
    require_unsaid(names, root)
    rendered = {one: _rendered(names, TEMPLATES / one.source) for one in wanted}
    try:
        _put(root, rendered)
    except OSError as error:
        raise GatewayError(f"the files could not be written, and none of them is left: {error}") from error
    return wanted


def _taken(root: Path, names: Spellings, wanted: Iterable[Target]) -> list[Path]:
    """What is in the way: the places themselves, and modules that would be imported in a folder's stead."""
    modules = [root / folder / f"{names.name}.py" for folder in ("sandbox", "gateway/connectors")]
    places = [root / one.place for one in wanted]
    return [path for path in (*places, *modules) if path.exists() or path.is_symlink()]


def _rendered(names: Spellings, source: Path) -> Mapping[str, str]:
    """Each file's text by its path in the target; of a target that is a file by the empty path."""
    files = [source] if source.is_file() else sorted(source.rglob(f"*{_SUFFIX}"))
    found = {}
    for file in files:
        inner = "" if file == source else file.relative_to(source).as_posix().removesuffix(_SUFFIX)
        text = names.filled(file.read_text(encoding="utf-8"))
        is_code = file.name.endswith(f".py{_SUFFIX}")
        found[names.filled(inner)] = sorted_imports(text) if is_code else text
    return found


def sorted_imports(text: str) -> str:
    """The code with each run of imports of our own in the order of their modules, for the channel's is one of them."""
    done, run = list[str](), list[list[str]]()
    is_open = False
    for line in [*text.splitlines(keepends=True), ""]:
        if is_open:
            run[-1].append(line)
            is_open = not line.startswith(")")
        elif _OWN_IMPORT.match(line):
            run.append([line])
            is_open = line.rstrip().endswith("(")
        else:
            done += [one for statement in sorted(run, key=_module) for one in statement]
            run = []
            done.append(line)
    return "".join(done)


def _module(statement: list[str]) -> str:
    return statement[0].split()[1]


def _put(root: Path, rendered: Mapping[Target, Mapping[str, str]]) -> None:
    """Writes everything aside, then moves it into its places; whatever fails takes all of it back."""
    aside = Path(tempfile.mkdtemp(prefix=".new-channel-", dir=root))
    moved: list[Path] = []
    try:
        for number, files in enumerate(rendered.values()):
            for inner, text in files.items():
                path = aside / str(number) / inner if inner else aside / str(number)
                path.parent.mkdir(parents=True, exist_ok=True)
                path.write_text(text, encoding="utf-8")
        for number, target in enumerate(rendered):
            place = root / target.place
            (aside / str(number)).rename(place)
            moved.append(place)
    except BaseException:
        for place in reversed(moved):
            shutil.rmtree(place) if place.is_dir() else place.unlink()
        raise
    finally:
        shutil.rmtree(aside)
