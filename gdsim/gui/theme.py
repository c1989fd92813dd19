"""Fusion, a palette and ONE style sheet, all built from the tokens of `gdsim.draw.theme`; switched live.

What a widget may be, by dynamic property, and nothing is styled anywhere else:

    card = true                          a surface with rounded corners (QFrame)
    role = title | secondary | muted | key | error | warn | good      (QLabel)
    role = primary | link | flat | danger | chip | tab | segment      (buttons)
    segments = true                      the frame around buttons of the role segment
    square = true                        a button with an icon and no words
    invalid = true                       a field whose text cannot be read
"""

from __future__ import annotations

from pathlib import Path

from PySide6.QtCore import QObject, Qt, Signal
from PySide6.QtGui import QColor, QGuiApplication, QPalette
from PySide6.QtWidgets import QApplication, QStyleFactory, QWidget

from gdsim.assets import cache_dir
from gdsim.draw.fonts import font, load_fonts
from gdsim.draw.theme import DARK, LIGHT, SPACE, TYPE, Theme
from gdsim.gui.state import AppState, ThemeChoice

TEACH = 1.5
_SIGNS = {
    "check": '<path d="M3 8.5 6.5 12 13 4.5" fill="none" stroke="{c}" stroke-width="2.2"/>',
    "down": '<path d="M4 6l4 4 4-4" fill="none" stroke="{c}" stroke-width="1.6"/>',
    "up": '<path d="M4 10l4-4 4 4" fill="none" stroke="{c}" stroke-width="1.6"/>',
    "dot": '<circle cx="8" cy="8" r="4" fill="{c}"/>',
}


def is_dark(choice: ThemeChoice) -> bool:
    """What a choice comes to; a system that does not say is taken as dark."""
    if choice != "system":
        return choice == "dark"
    return QGuiApplication.styleHints().colorScheme() != Qt.ColorScheme.Light


def theme_of(state: AppState) -> Theme:
    """The window's theme (controls at scale 1); Teach is always light."""
    return DARK if state.dark and not state.teach else LIGHT


def view_theme_of(state: AppState) -> Theme:
    """The theme of hero, loss and verdict: 1.5 times as large on Teach."""
    return theme_of(state).scaled(TEACH if state.teach else 1.0)


def palette(theme: Theme) -> QPalette:
    """The theme as Qt's roles, so that what no style sheet reaches (dialogs, menus, selections) agrees."""
    made = QPalette()
    role = QPalette.ColorRole
    for name, colour in {
        role.Window: theme.background,
        role.WindowText: theme.text,
        role.Base: theme.surface,
        role.AlternateBase: theme.raised,
        role.Text: theme.text,
        role.Button: theme.raised,
        role.ButtonText: theme.text,
        role.BrightText: theme.bad,
        role.ToolTipBase: theme.raised,
        role.ToolTipText: theme.text,
        role.PlaceholderText: theme.muted,
        role.Highlight: theme.accent,
        role.HighlightedText: theme.accent_text,
        role.Link: theme.accent,
        role.LinkVisited: theme.accent,
        role.Mid: theme.border,
        role.Dark: theme.border,
        role.Light: theme.raised,
        role.Midlight: theme.raised,
        role.Shadow: theme.background,
        role.Accent: theme.accent,
    }.items():
        made.setColor(name, QColor(colour))
    for name in (role.WindowText, role.Text, role.ButtonText):
        made.setColor(QPalette.ColorGroup.Disabled, name, _faded(theme))
    return made


def _faded(theme: Theme) -> QColor:
    ink, ground = QColor(theme.muted), QColor(theme.surface)
    return QColor(
        (ink.red() + ground.red()) // 2, (ink.green() + ground.green()) // 2, (ink.blue() + ground.blue()) // 2
    )


def _sign(name: str, colour: str) -> str:
    """A small SVG of our own in the cache folder; style sheets take pictures from files only."""
    folder = cache_dir() / "signs"
    folder.mkdir(exist_ok=True)
    path: Path = folder / f"{name}-{colour.lstrip('#')}.svg"
    text = (
        '<svg xmlns="http://www.w3.org/2000/svg" width="16" height="16" viewBox="0 0 16 16">'
        f"{_SIGNS[name].format(c=colour)}</svg>"
    )
    if not path.exists() or path.read_text("utf-8") != text:
        path.write_text(text, "utf-8")
    return path.as_posix()


def style_sheet(theme: Theme) -> str:
    """The one style sheet."""
    t = theme
    faded = _faded(t).name()
    return f"""
* {{ outline: none; }}
QWidget {{ color: {t.text}; }}
QMainWindow, QDialog {{ background: {t.background}; }}
QToolTip {{ background: {t.raised}; color: {t.text}; border: 1px solid {t.border}; padding: 4px 6px; }}
QFrame[card="true"] {{ background: {t.surface}; border: 1px solid {t.hairline}; border-radius: {SPACE.radius}px; }}
QFrame#header {{ background: {t.surface}; border: none; border-bottom: 1px solid {t.hairline}; }}
QFrame#verdict {{ background: {t.surface}; border: none; border-top: 1px solid {t.hairline}; }}
QFrame#bar {{ background: {t.raised}; border: 1px solid {t.border}; border-radius: {SPACE.radius}px; }}
QFrame#bar[tone="bad"] {{ border-color: {t.bad}; }}
QFrame#racerItem {{ background: transparent; border: none; border-radius: {SPACE.radius}px; }}
QFrame#racerItem[focused="true"] {{ background: {t.raised}; }}
QFrame#dropMarker {{ background: {t.accent}; border: none; }}
QLabel {{ background: transparent; }}
QLabel[role="title"] {{ font-size: {TYPE.title}px; font-weight: 600; }}
QLabel[role="secondary"] {{ color: {t.secondary}; font-size: {TYPE.secondary}px; }}
QLabel[role="muted"] {{ color: {t.muted}; font-size: {TYPE.secondary}px; }}
QLabel[role="key"] {{ font-size: {TYPE.key}px; font-weight: 600; }}
QLabel[role="error"] {{ color: {t.bad}; font-size: {TYPE.secondary}px; }}
QLabel[role="warn"] {{ color: {t.warn}; }}
QLabel[role="good"] {{ color: {t.good}; }}
QLabel:disabled {{ color: {faded}; }}

QMenuBar {{ background: {t.background}; padding: 0 4px; spacing: 0; }}
QMenuBar::item {{ background: transparent; padding: 6px 10px; border-radius: 4px; }}
QMenuBar::item:selected, QMenuBar::item:pressed {{ background: {t.raised}; }}
QMenu {{ background: {t.surface}; border: 1px solid {t.border}; border-radius: {SPACE.radius}px; padding: 4px; }}
QMenu::item {{ padding: 6px 24px 6px 28px; border-radius: 4px; }}
QMenu::item:selected {{ background: {t.accent}; color: {t.accent_text}; }}
QMenu::item:disabled {{ color: {faded}; background: transparent; }}
QMenu::separator {{ height: 1px; background: {t.hairline}; margin: 4px 8px; }}
QMenu::icon {{ left: 8px; }}
QMenu::indicator {{ width: 16px; height: 16px; left: 6px; }}
QMenu::indicator:checked {{ image: url({_sign("check", t.text)}); }}
QMenu::indicator:checked:selected {{ image: url({_sign("check", t.accent_text)}); }}

QPushButton, QToolButton {{
    background: {t.raised}; border: 1px solid {t.border}; border-radius: {SPACE.radius}px;
    min-height: {SPACE.control - 2}px; padding: 0 10px;
}}
QToolButton {{ padding: 0 6px; }}
QToolButton[square="true"], QPushButton[square="true"] {{ padding: 0; }}
QPushButton:hover, QToolButton:hover {{ border-color: {t.accent}; }}
QPushButton:pressed, QToolButton:pressed {{ background: {t.hairline}; }}
QPushButton:focus, QToolButton:focus {{ border-color: {t.accent}; }}
QPushButton:disabled, QToolButton:disabled {{ color: {faded}; border-color: {t.hairline}; }}
QPushButton:checked, QToolButton:checked {{
    background: {t.accent}; color: {t.accent_text}; border-color: {t.accent};
}}
QPushButton[role="primary"], QToolButton[role="primary"] {{
    background: {t.accent}; color: {t.accent_text}; border-color: {t.accent}; font-weight: 600;
}}
QPushButton[role="primary"]:focus, QToolButton[role="primary"]:focus {{ border-color: {t.text}; }}
QPushButton[role="primary"]:disabled, QToolButton[role="primary"]:disabled {{
    background: {t.raised}; color: {faded}; border-color: {t.hairline};
}}
QPushButton[role="danger"] {{ color: {t.bad}; }}
QPushButton[role="flat"], QToolButton[role="flat"] {{ background: transparent; border-color: transparent; }}
QPushButton[role="flat"]:hover, QToolButton[role="flat"]:hover {{ background: {t.raised}; }}
QPushButton[role="flat"]:focus, QToolButton[role="flat"]:focus {{ border-color: {t.accent}; }}
QPushButton[role="flat"]:checked, QToolButton[role="flat"]:checked {{
    background: {t.raised}; color: {t.accent}; border-color: {t.border};
}}
QPushButton[role="link"] {{
    background: transparent; border: none; color: {t.accent}; padding: 0 4px; min-height: 0; text-align: left;
    font-weight: 600;
}}
QPushButton[role="link"]:hover, QPushButton[role="link"]:focus {{ text-decoration: underline; }}
QPushButton[role="chip"] {{
    background: {t.raised}; border: 1px solid {t.border}; border-radius: 12px; min-height: 22px; padding: 0 10px;
    font-size: {TYPE.secondary}px;
}}
QPushButton[role="tab"], QToolButton[role="tab"] {{
    background: transparent; border: none; border-bottom: 2px solid transparent; border-radius: 0;
    padding: 0 10px; color: {t.secondary}; min-height: 26px;
}}
QPushButton[role="tab"]:hover, QToolButton[role="tab"]:hover {{ color: {t.text}; }}
QPushButton[role="tab"]:focus, QToolButton[role="tab"]:focus {{ color: {t.text}; }}
QPushButton[role="tab"]:checked, QToolButton[role="tab"]:checked {{
    color: {t.text}; border-bottom: 2px solid {t.accent}; font-weight: 600;
}}
QFrame[segments="true"] {{ background: {t.raised}; border: 1px solid {t.border}; border-radius: {SPACE.radius}px; }}
QPushButton[role="segment"] {{
    background: transparent; border: 1px solid transparent; border-radius: {SPACE.radius - 2}px; padding: 0 12px;
    min-height: {SPACE.control - 8}px; color: {t.secondary}; font-weight: 600;
}}
QPushButton[role="segment"]:hover {{ color: {t.text}; }}
QPushButton[role="segment"]:focus {{ border-color: {t.text}; }}
QPushButton[role="segment"]:checked {{ background: {t.accent}; color: {t.accent_text}; }}
QPushButton[role="chip"]:checked {{ background: {t.accent}; color: {t.accent_text}; border-color: {t.accent}; }}
QToolButton::menu-indicator {{ image: none; }}

QLineEdit, QPlainTextEdit, QTextEdit, QSpinBox, QDoubleSpinBox {{
    background: {t.background}; border: 1px solid {t.border}; border-radius: {SPACE.radius}px; padding: 0 8px;
    selection-background-color: {t.accent}; selection-color: {t.accent_text};
}}
QLineEdit, QSpinBox, QDoubleSpinBox {{ min-height: {SPACE.control - 2}px; }}
QPlainTextEdit, QTextEdit {{ padding: 4px 6px; }}
QLineEdit:focus, QPlainTextEdit:focus, QTextEdit:focus, QSpinBox:focus, QDoubleSpinBox:focus {{
    border-color: {t.accent};
}}
QLineEdit[invalid="true"], QPlainTextEdit[invalid="true"] {{ border-color: {t.bad}; }}
QLineEdit[role="range"] {{
    background: transparent; border-color: transparent; color: {t.muted}; font-size: {TYPE.tick}px; padding: 0 2px;
}}
QLineEdit[role="range"]:hover, QLineEdit[role="range"]:focus {{ border-color: {t.border}; color: {t.text}; }}
QLineEdit:disabled {{ color: {faded}; border-color: {t.hairline}; }}
QSpinBox::up-button, QSpinBox::down-button, QDoubleSpinBox::up-button, QDoubleSpinBox::down-button {{
    width: 18px; border: none; background: transparent;
}}
QSpinBox::up-arrow, QDoubleSpinBox::up-arrow {{ image: url({_sign("up", t.secondary)}); width: 12px; height: 12px; }}
QSpinBox::down-arrow, QDoubleSpinBox::down-arrow {{
    image: url({_sign("down", t.secondary)}); width: 12px; height: 12px;
}}
QComboBox {{
    background: {t.raised}; border: 1px solid {t.border}; border-radius: {SPACE.radius}px;
    min-height: {SPACE.control - 2}px; padding: 0 8px;
}}
QComboBox:hover, QComboBox:focus {{ border-color: {t.accent}; }}
QComboBox:disabled {{ color: {faded}; border-color: {t.hairline}; }}
QComboBox::drop-down {{ border: none; width: 22px; }}
QComboBox::down-arrow {{ image: url({_sign("down", t.secondary)}); width: 14px; height: 14px; }}
QComboBox QAbstractItemView {{
    background: {t.surface}; border: 1px solid {t.border}; selection-background-color: {t.accent};
    selection-color: {t.accent_text};
}}
QCheckBox, QRadioButton {{ spacing: 8px; background: transparent; }}
QCheckBox::indicator, QListView::indicator {{
    width: 16px; height: 16px; border: 1px solid {t.border}; border-radius: 4px; background: {t.background};
}}
QCheckBox::indicator:hover, QCheckBox::indicator:focus, QCheckBox:focus::indicator {{ border-color: {t.accent}; }}
QCheckBox::indicator:checked, QListView::indicator:checked {{
    background: {t.accent}; border-color: {t.accent}; image: url({_sign("check", t.accent_text)});
}}
QRadioButton::indicator {{
    width: 14px; height: 14px; border: 1px solid {t.border}; border-radius: 8px; background: {t.background};
}}
QRadioButton::indicator:checked {{ border-color: {t.accent}; image: url({_sign("dot", t.accent)}); }}
QSlider {{ background: transparent; min-height: 20px; }}
QSlider::groove:horizontal {{ height: 4px; border-radius: 2px; background: {t.border}; }}
QSlider::handle:horizontal {{
    width: 12px; height: 12px; margin: -5px 0; border-radius: 7px; background: {t.text};
    border: 1px solid {t.background};
}}
QSlider::handle:horizontal:hover, QSlider:focus::handle:horizontal {{ background: {t.accent}; }}
QProgressBar {{ background: {t.background}; border: none; border-radius: 3px; max-height: 6px; min-height: 6px; }}
QProgressBar::chunk {{ background: {t.accent}; border-radius: 3px; }}

QSplitter::handle {{ background: transparent; }}
QSplitter::handle:hover {{ background: {t.accent}; }}
QScrollArea, QScrollArea > QWidget > QWidget {{ background: transparent; border: none; }}
QScrollBar:vertical {{ background: transparent; width: 10px; margin: 0; }}
QScrollBar:horizontal {{ background: transparent; height: 10px; margin: 0; }}
QScrollBar::handle {{ background: {t.border}; border-radius: 3px; margin: 2px; }}
QScrollBar::handle:vertical {{ min-height: 32px; }}
QScrollBar::handle:horizontal {{ min-width: 32px; }}
QScrollBar::handle:hover {{ background: {t.secondary}; }}
QScrollBar::add-line, QScrollBar::sub-line, QScrollBar::add-page, QScrollBar::sub-page {{
    background: none; border: none; width: 0; height: 0;
}}
QListView, QTreeView, QTableView {{
    background: {t.surface}; border: 1px solid {t.hairline}; border-radius: {SPACE.radius}px;
    alternate-background-color: {t.raised};
}}
QListView::item {{ border-radius: 4px; }}
QTableView::item {{ padding: 0 8px; }}
QListView::item:selected, QTreeView::item:selected, QTableView::item:selected {{
    background: {t.accent}; color: {t.accent_text};
}}
QHeaderView::section {{
    background: {t.raised}; color: {t.secondary}; border: none; border-bottom: 1px solid {t.hairline}; padding: 4px 8px;
}}
QTabWidget::pane {{ border: none; }}
QStatusBar {{ background: {t.background}; }}
"""


class Appearance(QObject):
    """Puts the theme on the application and follows the system when asked to.

    `changed` says that the system's own scheme has changed while it is followed.
    """

    changed = Signal()

    def __init__(self, app: QApplication) -> None:
        super().__init__(app)
        self._app = app
        load_fonts()
        style = QStyleFactory.create("Fusion")
        if style is not None:
            app.setStyle(style)
        app.setFont(font(TYPE.body))
        QGuiApplication.styleHints().colorSchemeChanged.connect(self.changed)
        self._shown: Theme | None = None

    def take_off(self) -> None:
        """No style while a window is put together: each widget that finds its place would be styled anew."""
        if self._shown is not None:
            self._shown = None
            self._app.setStyleSheet("")

    def show(self, theme: Theme) -> None:
        """Show this theme everywhere, at once."""
        if theme == self._shown:
            return
        self._shown = theme
        self._app.setPalette(palette(theme))
        self._app.setStyleSheet(style_sheet(theme))


def restyle(widget: QWidget, name: str, value: object) -> None:
    """Set a dynamic property that the style sheet reads, and have it read again."""
    if widget.property(name) == value:
        return
    widget.setProperty(name, value)
    widget.style().unpolish(widget)
    widget.style().polish(widget)
