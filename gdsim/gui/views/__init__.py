"""What the centre and the right column show. A view is one file here and one line in the lists below."""

from gdsim.gui.views.backprop import BackpropView
from gdsim.gui.views.basins import BasinsView
from gdsim.gui.views.batches import BatchesView
from gdsim.gui.views.contour import ContourView
from gdsim.gui.views.curve import CurveView
from gdsim.gui.views.depths import DepthsView
from gdsim.gui.views.diagnostics import DiagnosticsView
from gdsim.gui.views.landscape import LandscapeView
from gdsim.gui.views.layers import LayersView
from gdsim.gui.views.line import LineView
from gdsim.gui.views.loss import LossView
from gdsim.gui.views.network import NetworkView
from gdsim.gui.views.policy import PolicyView
from gdsim.gui.views.step import StepView
from gdsim.gui.views.sweep import SweepView
from gdsim.gui.views.view import Scene, View

HEROES: tuple[type[View], ...] = (ContourView, CurveView, LineView, NetworkView, PolicyView, DiagnosticsView)
"""Views for the centre, the first one that fits the problem's dimension comes first."""

SIDES: tuple[type[View], ...] = (LossView, LayersView, StepView)
"""Views for the right column, from the top."""

TABS: tuple[type[View], ...] = (BackpropView, LandscapeView, BatchesView, DepthsView)
"""Views that the "+" beside the tabs offers besides those of the right column."""

MAPS: tuple[type[View], ...] = (BasinsView, SweepView)
"""Results of the Map… dialog, each in a tab of its own."""

__all__ = [
    "HEROES",
    "MAPS",
    "SIDES",
    "TABS",
    "BackpropView",
    "BasinsView",
    "BatchesView",
    "ContourView",
    "CurveView",
    "DepthsView",
    "DiagnosticsView",
    "LandscapeView",
    "LayersView",
    "LineView",
    "LossView",
    "NetworkView",
    "PolicyView",
    "Scene",
    "StepView",
    "SweepView",
    "View",
]
