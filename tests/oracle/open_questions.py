"""Where docs/domain.md leaves room, or the product does otherwise than the letter: which of both the oracle follows. (docs/oracle.md)

Each is a switch, so that one line shows how many stories depend on it. True follows the letter or what we would expect, False the product.
"""

REFUSED_ROWS_COUNT = False  # a row refused for itself (no site, unknown site) still contradicts its patron's other rows
UNCHANGED_SOURCE_IS_TOLD = False  # staff-edit-kept is said every run while the source repeats what it sent and the store differs
