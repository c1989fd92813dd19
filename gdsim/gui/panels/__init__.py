"""The left column: the problem, the racers, and what asks for more about them.

Panels show the Controller's state and call its intents; `fields` below them know of neither. Two panels are the way in:
`problem.ProblemPanel` (`set_folded`, `focus_formula`, `galleryWanted`, `foldChanged`) and `racers.RacersPanel`
(`open_add`, `dialogs.edit_rule`). Both listen to the Controller themselves; `theme(theme)` repaints them.
"""
