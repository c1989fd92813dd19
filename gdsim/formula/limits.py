"""How large a formula may be. Every limit is met with a message, never with a hang or a crash."""

from __future__ import annotations

MAX_LENGTH = 200_000
"""Characters in the text of one formula; a sum of 20,000 terms fits."""

MAX_DEPTH = 200
"""Brackets inside one another, and signs or powers waiting inside one bracket."""

MAX_NODES = 500_000
"""Nodes of one graph, after sums have been unrolled."""

MAX_LOOPS = 4
"""Sums and products inside one another."""

MAX_STAGES = 200
"""Assignments in one update rule, after lists have been unrolled."""

KERNEL_STATEMENTS = 300
"""Up to here a graph is unrolled to scalar statements and compiled at once; above, sums stay loops and are interpreted
first, because compilation takes longer than a person waits."""

UNROLLED_ITERATIONS = 20_000
"""Passes through loop bodies that are tried before a sum is left a loop."""

MOST_ITERATIONS = 10_000_000
"""Passes through the innermost body of sums within sums, for one value of the formula."""

UNROLLED_NODES = 8 * KERNEL_STATEMENTS
"""Nodes, constants included, at which unrolling the sums of a formula is given up."""
