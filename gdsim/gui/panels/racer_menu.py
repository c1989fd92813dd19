"""What can be done with a racer, as a menu: under the right mouse button and the menu key."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtWidgets import QMenu

from gdsim import catalogue
from gdsim.draw.theme import Theme
from gdsim.gui.controller import Controller
from gdsim.gui.icons import icon
from gdsim.session.make import racer_from_text

if TYPE_CHECKING:
    from gdsim.gui.panels.racers import RacersPanel


def racer_menu(panel: RacersPanel, index: int, controller: Controller, theme: Theme) -> QMenu:
    """The menu of racer `index`; it deletes itself when it has closed."""
    spec = controller.state.spec
    racer = spec.racers[index]
    last = len(spec.racers) - 1
    menu = QMenu(panel)
    menu.aboutToHide.connect(menu.deleteLater)
    menu.setToolTipsVisible(True)

    def entry(text: str, name: str, keys: str, enabled: bool, act: object) -> None:
        action = menu.addAction(icon(name, theme), f"{text}\t{keys}" if keys else text)
        action.setEnabled(enabled)
        action.triggered.connect(act)

    entry("Rename", "mdi6.form-textbox", "F2", True, panel.items[index].row.rename)
    entry("Exchange…", "mdi6.swap-horizontal", "", True, lambda: panel.open_exchange(index))
    staged, dialogs = not racer.method, panel.dialogs
    entry("Edit the rule…", "mdi6.function-variant", "", staged, lambda: dialogs.edit_rule(index))
    entry("Keep in my catalogue…", "mdi6.bookmark-outline", "", staged, lambda: dialogs.keep_rule(index))
    known = racer.name in catalogue.optimizers()
    entry("Default settings", "mdi6.restore", "", known, lambda: _reset(controller, index))
    menu.addSeparator()
    entry("Hide" if racer.visible else "Show", "mdi6.eye-off-outline" if racer.visible else "mdi6.eye-outline", "",
          True, lambda: controller.edit_racer(index, visible=not racer.visible))  # fmt: skip
    entry("Show only this one", "mdi6.eye-circle-outline", "", last > 0, lambda: _solo(controller, index))
    entry("Move up", "mdi6.arrow-up", "Alt+Up", index > 0, lambda: panel.move(index, -1))
    entry("Move down", "mdi6.arrow-down", "Alt+Down", index < last, lambda: panel.move(index, 1))
    menu.addSeparator()
    entry("Duplicate", "mdi6.content-copy", "Ctrl+D", True, lambda: controller.duplicate_racer(index))
    entry("Remove", "mdi6.delete-outline", "Del", last > 0, lambda: controller.remove_racer(index))
    return menu


def _reset(controller: Controller, index: int) -> None:
    """The catalogue's settings for the racer; label and visibility stay."""
    racer = controller.state.spec.racers[index]
    fresh = racer_from_text(racer.name).replace(label=racer.label, visible=racer.visible)
    controller.exchange_racer(index, fresh)


def _solo(controller: Controller, index: int) -> None:
    """Hide all other racers; all come back when they were hidden already."""
    spec = controller.state.spec
    alone = all(racer.visible == (place == index) for place, racer in enumerate(spec.racers))
    racers = tuple(racer.replace(visible=alone or place == index) for place, racer in enumerate(spec.racers))
    why = "show all racers" if alone else f"show only {spec.labels[index]}"
    controller.set_spec(spec.replace(racers=racers), why)
