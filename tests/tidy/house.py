"""What the tidy rules look at: the files of the checkout, the rooms as the build knows them, the rooms as the page tells them."""

import os
import re
import subprocess
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path

INCLUDE = re.compile(r'^\s*#\s*include\s*"([^"]+)"')
# Input for tests may look as it likes.
DATA_FOLDERS = {"testdata", "golden", "cases", "corpus"}


@dataclass
class Room:
    """One line of cmake/rooms.cmake."""

    name: str
    uses: set[str] = field(default_factory=set)
    test_uses: set[str] = field(default_factory=set)


@dataclass
class Row:
    """One line of the table in docs/architecture.md."""

    floor: int
    pure: bool
    uses: set[str]
    line: int


def parse_room(line):
    words = line.split()
    room, target = None, None
    for previous, word in zip(words, words[1:]):
        if word in ("USES", "LIBS", "TEST_USES", "TEST_LIBS", "THREADED", "NAME"):
            target = word
        elif previous == "NAME":
            room = Room(word)
        elif target == "USES":
            room.uses.add(word)
        elif target == "TEST_USES":
            room.test_uses.add(word.removesuffix("_testing"))
    return room


class House:
    """A checkout at `root`, and the folder `build` where its archives are (None: not built)."""

    def __init__(self, root, build=None):
        self.root = Path(root)
        self.build = Path(build) if build else None

    @cached_property
    def files(self):
        """All files that are, or would be, committed: paths relative to the root."""
        if (self.root / ".git").exists():
            listing = subprocess.run(
                ["git", "-C", self.root, "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
                check=True, capture_output=True, text=True).stdout
            found = (name for name in listing.split("\0") if name)
        else:
            found = (os.path.relpath(os.path.join(folder, name), self.root)
                     for folder, _, names in os.walk(self.root) for name in names)
        return sorted(name for name in found if (self.root / name).is_file() and not (self.root / name).is_symlink())

    @cached_property
    def sources(self):
        """Our C++."""
        return [name for name in self.files if name.endswith((".cc", ".h")) and not name.startswith("examples/")]

    @cached_property
    def texts(self):
        """Everything that people of this project write, without the input of tests."""
        return [name for name in self.files if not DATA_FOLDERS & set(Path(name).parts) and self.is_text(name)]

    def is_text(self, name):
        with open(self.root / name, "rb") as file:
            return b"\0" not in file.read(4096)

    def lines(self, name):
        return (self.root / name).read_text(encoding="utf-8", errors="replace").split("\n")

    def includes(self, name):
        """(line number, path) of each quoted include of a source."""
        for number, line in enumerate(self.lines(name), 1):
            if match := INCLUDE.match(line):
                yield number, match.group(1)

    @cached_property
    def rooms(self):
        text = "\n".join(line.split("#")[0] for line in self.lines("cmake/rooms.cmake"))
        calls = re.findall(r"\broom\(([^)]*)\)", text)
        return {room.name: room for room in (parse_room(f"( {call}") for call in calls)}

    @cached_property
    def table(self):
        """The rows of the page that read | floor | room | uses | ..., by room."""
        rows = {}
        for number, line in enumerate(self.lines("docs/architecture.md"), 1):
            cells = [cell.strip() for cell in line.strip().strip("|").split("|")]
            floor = re.fullmatch(r"(\d+) (pure|edge)", cells[0])
            if floor and len(cells) >= 4:
                names = re.findall(r"\w+", cells[1])
                rows[names[0]] = Row(int(floor[1]), floor[2] == "pure", set(re.findall(r"\w+", cells[2])), number)
        return rows

    def room_of(self, name):
        """The room that a source under src/ stands in; None for one that stands in none (src/ci.cc)."""
        parts = Path(name).parts
        return parts[1] if len(parts) > 2 and parts[0] == "src" else None

    @cached_property
    def compiled(self):
        """The sources that the build compiles; None when nothing was configured."""
        database = self.build and self.build / "compile_commands.json"
        if not database or not database.exists():
            return None
        paths = re.findall(r'"file": "([^"]+)"', database.read_text())
        return {os.path.relpath(path, self.root) for path in paths}
