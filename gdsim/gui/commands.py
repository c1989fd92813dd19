"""The one table of commands: menus, shortcuts, tooltips, the list under F1 and the search of Ctrl+K are made of it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Menu = Literal["File", "Edit", "Run", "View", "Help"]
MENUS: tuple[Menu, ...] = ("File", "Edit", "Run", "View", "Help")


@dataclass(frozen=True, slots=True)
class Command:
    """One thing the window can do.

    Attributes:
        name: how the code calls it.
        title: as the menu says it.
        menu: where it stands; `submenu` inside that, "" at its top.
        keys: shortcuts, the first is shown. In the style of Qt's portable texts.
        icon: a name of qtawesome, "" for none.
        words: one sentence for tooltip and search.
        check: whether it is a switch; `group` makes switches exclude each other.
        line: a separating line in front of it.
    """

    name: str
    title: str
    menu: Menu
    words: str
    keys: tuple[str, ...] = ()
    icon: str = ""
    submenu: str = ""
    check: bool = False
    group: str = ""
    line: bool = False

    @property
    def soft(self) -> bool:
        """Whether the focused widget gets the keys first: letters, arrows and the like, not Ctrl and F keys."""
        return not any(key.startswith("Ctrl+") or (key[0] == "F" and key[1:].isdigit()) for key in self.keys)

    @property
    def tooltip(self) -> str:
        """Words and the first shortcut."""
        return f"{self.words} ({self.keys[0]})" if self.keys else self.words


def _command(name: str, title: str, menu: Menu, words: str, *keys: str, **more: object) -> Command:
    return Command(name, title, menu, words, keys, **more)


COMMANDS: tuple[Command, ...] = (
    _command("new", "New", "File", "Begin again with what the bench opens with", "Ctrl+N", icon="mdi6.file-outline"),
    _command("open", "Open…", "File", "Open a .gdsim file", "Ctrl+O", icon="mdi6.folder-open-outline"),
    _command("import_csv", "Import CSV…", "File", "Learn from a table of your own; or drop the file on the window",
             "Ctrl+I", icon="mdi6.table-arrow-right"),
    _command("save", "Save", "File", "Save the run as a .gdsim file", "Ctrl+S",
             icon="mdi6.content-save-outline", line=True),
    _command("save_as", "Save As…", "File", "Save the run under another name", "Ctrl+Shift+S"),
    _command("export_csv", "Table of all steps (CSV)…", "File", "Write every step of every racer as a table",
             "Ctrl+E", submenu="Export", icon="mdi6.table", line=True),
    _command("export_picture", "Picture (PNG, SVG)…", "File", "Write the map with its paths and the loss as a picture",
             "Ctrl+Shift+E", submenu="Export", icon="mdi6.image-outline"),
    _command("export_script", "Python script…", "File", "Write a script that makes this run without gdsim",
             submenu="Export", icon="mdi6.language-python"),
    _command("copy_picture", "Copy Picture", "File", "Put the picture of the map on the clipboard", "Ctrl+Shift+C"),
    _command("copy_command", "Copy as Command", "File", "Put the command line that makes this run on the clipboard"),
    _command("copy_python", "Copy as Python", "File", "Put the Python call that makes this run on the clipboard"),
    _command("quit", "Quit", "File", "Close the window", "Ctrl+Q", line=True),
    _command("undo", "Undo", "Edit", "Take the last edit back", "Ctrl+Z", icon="mdi6.undo"),
    _command("redo", "Redo", "Edit", "Do again what was taken back", "Ctrl+Y", "Ctrl+Shift+Z", icon="mdi6.redo"),
    _command("gallery", "Search Everything…", "Edit", "Search functions, data sets, tasks, optimizers and commands",
             "Ctrl+K", icon="mdi6.magnify", line=True),
    _command("edit_formula", "Edit Formula", "Edit", "Type a function of your own", "Ctrl+L"),
    _command("add_racer", "Add Racer", "Edit", "Put one more optimizer into the race", "Ctrl+R",
             icon="mdi6.plus", line=True),
    _command("duplicate_racer", "Duplicate Racer", "Edit", "Copy the focused racer", "Ctrl+D"),
    _command("remove_racer", "Remove Racer", "Edit", "Take the focused racer out of the race", "Ctrl+Backspace"),
    _command("next_racer", "Focus Next Racer", "Edit", "Give the next racer the focus", "]", line=True),
    _command("previous_racer", "Focus Previous Racer", "Edit", "Give the racer before the focus", "["),
    _command("play", "Play", "Run", "Play or pause", "Space", icon="mdi6.play"),
    _command("step", "Step Forward", "Run", "One step forward", "Right", ".", icon="mdi6.step-forward"),
    _command("step_back", "Step Back", "Run", "One step back", "Left", ",", icon="mdi6.step-backward"),
    _command("epoch", "Epoch Forward", "Run", "To where the next epoch begins", "Shift+Right", "PgDown",
             icon="mdi6.chevron-double-right"),
    _command("epoch_back", "Epoch Back", "Run", "To where this epoch began, or the one before", "Shift+Left", "PgUp",
             icon="mdi6.chevron-double-left"),
    _command("to_start", "To the Start", "Run", "Show the start", "Home", icon="mdi6.skip-backward"),
    _command("to_end", "To the End", "Run", "Show the last step", "End", icon="mdi6.skip-forward"),
    _command("faster", "Faster", "Run", "Play faster", "+", "=", line=True),
    _command("slower", "Slower", "Run", "Play slower", "-"),
    _command("stop", "Stop Computing", "Run", "Stop a long run or a map; what is known so far stays", "Esc"),
    _command("map", "Map…", "Run", "Swarm, basins of attraction, or a sweep over settings", "M",
             icon="mdi6.map-search-outline", line=True),
    _command("swarm", "Swarm", "Run", "Many starts of the focused racer's rule, and where they end", "S", check=True,
             icon="mdi6.scatter-plot-outline"),
    _command("from_here_on", "From Here On", "Run", "Edits of a racer hold from this step on; the path before it stays",
             "Ctrl+H", check=True, icon="mdi6.source-branch", line=True),
    _command("compare", "Compare with Before", "Run", "Show the run before the last edit as a ghost", "Ctrl+B",
             check=True, icon="mdi6.ghost-outline"),
    _command("bench_descend", "Descend", "View", "Functions: watch optimizers go down", "F2", check=True, group="bench",
             icon="mdi6.chart-bell-curve-cumulative"),
    _command("bench_learn", "Learn", "View", "Data and policies: watch models learn", "F3", check=True, group="bench",
             icon="mdi6.graph-outline"),
    _command("theme_system", "Follow System", "View", "Light or dark as the system is", submenu="Theme", check=True,
             group="theme", line=True),
    _command("theme_light", "Light", "View", "The light theme", submenu="Theme", check=True, group="theme"),
    _command("theme_dark", "Dark", "View", "The dark theme", submenu="Theme", check=True, group="theme"),
    _command("teach", "Teach", "View", "Larger and light, map and loss only: for the projector", "Ctrl+T", check=True,
             icon="mdi6.presentation"),
    _command("home_view", "Home View", "View", "Show the whole domain", "H", icon="mdi6.home-outline", line=True),
    _command("fit_view", "Fit to Trails", "View", "Show all paths", "F", icon="mdi6.fit-to-page-outline"),
    _command("refit_colours", "Refit Colours", "View", "Fit the colours to what is in view", "C",
             icon="mdi6.palette-outline"),
    _command("show_left", "Controls", "View", "Show problem (or data and model) and racers", "Ctrl+1", check=True,
             line=True),
    _command("show_right", "Loss and This Step", "View", "Show the curves and the arithmetic", "Ctrl+2", check=True),
    _command("shortcuts", "Shortcuts", "Help", "Every shortcut on one page", "F1", icon="mdi6.keyboard-outline"),
    _command("doctor", "Doctor", "Help", "Versions, processor, graphics: what this gdsim runs on",
             icon="mdi6.stethoscope"),
    _command("log_folder", "Open Log Folder", "Help", "Where gdsim writes what went wrong"),
    _command("about", "About gdsim", "Help", "Version and licence", line=True),
)

BY_NAME = {command.name: command for command in COMMANDS}

MOUSE: tuple[tuple[str, str], ...] = (
    ("Drag the ring", "move the start"),
    ("Double-click on the map", "put the start here"),
    ("Drag on the map", "move the view"),
    ("Wheel", "zoom about the pointer"),
    ("Click a path", "give that racer the focus"),
    ("Drag in the loss plot", "move through the steps"),
    ("Click a basin map", "start there"),
    ("Click a cell of a sweep", "take its settings"),
    ("Shift+click a cell", "add a racer with them"),
    ("Double-click among data", "add a sample"),
    ("Right-click a sample", "take it away"),
    ("Drop a CSV on the window", "learn from it"),
    ("Click a cell of a grid", "look into it; while editing (E): wall, trap, goal"),
    ("Arrow keys on the map", "nudge the start"),
    ("Hover a neuron", "see it alone at the right; click to keep it"),
    ("Double-click on the data", "add a sample; drag moves, right-click removes"),
    ("Drag the line", "move slope and intercept, and the ball in the bowl"),
    ("Click an edge in Backprop", "its chain rule, in this sample's numbers"),
)
"""What the mouse does, for the page under F1."""
