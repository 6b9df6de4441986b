"""Trees of tokens: what several sequences begin with is the trunk, and is run once for all of them.

Run as one row, the trunk followed by a branch for each sequence, every branch sees the trunk and
itself, and its positions go on from the trunk's end; so each token meets the same as in its
sequence alone, and what is computed of it is equal.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from chemtune.models.segments import Segment
from chemtune.models.sizes import on_grid

Tokens = list[int]


@dataclass(frozen=True)
class Tree:
    """Sequences that begin alike.

    Attributes:
        members: Their indices.
        trunk: How many tokens they share; 0 for a lone sequence.
        size: Tokens to run.
    """

    members: tuple[int, ...]
    trunk: int
    size: int


@dataclass(frozen=True)
class Row:
    """Trees laid out one after another, to be run in one pass.

    Attributes:
        ids: The tokens; what fills up the grid stands in a segment of its own at the end.
        positions: The position of each in its sequence.
        segments: What each token sees.
        origins: For each sequence the column at which its token 0 would stand, were the trunk the
            branch's own: its token i, from the trunk's end on, stands in column origin + i.
    """

    ids: list[int]
    positions: list[int]
    segments: list[Segment]
    origins: dict[int, int]


def shared_prefix(one: Tokens, other: Tokens) -> int:
    """Return how many tokens both begin with."""
    count = 0
    for a, b in zip(one, other, strict=False):
        if a != b:
            break
        count += 1
    return count


def grow(sequences: Sequence[Tokens], own_from: Sequence[int], most_tokens: int) -> list[Tree]:
    """Return `sequences` parted into trees, by a walk through them in sorted order.

    A sequence joins a tree where that saves tokens, as long as the tree stays within `most_tokens`
    and keeps at least half of its trunk.

    Args:
        sequences: Token ids, one at least in each.
        own_from: For each sequence the first token that must stand in its branch.
        most_tokens: Of a tree; a lone sequence may be longer.
    """
    trees: list[Tree] = []
    # Sorted, those that share the most stand side by side.
    for index in sorted(range(len(sequences)), key=lambda i: sequences[i]):
        ids = sequences[index]
        if trees:
            joined = _joined(trees[-1], index, sequences, own_from)
            saves = joined.size < trees[-1].size + len(ids)
            if saves and joined.size <= most_tokens and joined.trunk >= trees[-1].trunk / 2:
                trees[-1] = joined
                continue
        trees.append(Tree((index,), 0, len(ids)))
    return trees


def _joined(tree: Tree, index: int, sequences: Sequence[Tokens], own_from: Sequence[int]) -> Tree:
    ids, first = sequences[index], tree.members[0]
    trunk = min(shared_prefix(sequences[first], ids), own_from[index])
    # A lone sequence has no trunk yet: how far it may reach is its own bound.
    trunk = max(min(trunk, tree.trunk if len(tree.members) > 1 else own_from[first]), 0)
    whole = tree.size + (len(tree.members) - 1) * tree.trunk + len(ids)
    return Tree((*tree.members, index), trunk, whole - len(tree.members) * trunk)


def thinned(
    trees: Sequence[Tree], sequences: Sequence[Tokens], loads: Sequence[int], most: int
) -> list[Tree]:
    """Return trees, in their order, of which none has a greater load than `most`.

    A tree is parted between its members; each part runs the trunk again.

    Args:
        trees: Trees of `sequences`.
        sequences: Token ids.
        loads: What each sequence adds to the load of its tree.
        most: Of a tree; a lone sequence may have more.
    """
    found: list[Tree] = []
    for tree in trees:
        parts: list[list[int]] = []
        load = 0
        for member in tree.members:
            if not parts or load + loads[member] > most:
                parts.append([])
                load = 0
            parts[-1].append(member)
            load += loads[member]
        found += [tree] if len(parts) == 1 else [_part(tree, p, sequences) for p in parts]
    return found


def _part(tree: Tree, members: Sequence[int], sequences: Sequence[Tokens]) -> Tree:
    trunk = tree.trunk if len(members) > 1 else 0
    return Tree(tuple(members), trunk, trunk + sum(len(sequences[m]) - trunk for m in members))


def packed(trees: Sequence[Tree], most_tokens: int) -> list[list[Tree]]:
    """Part trees, in their order, into rows of at most `most_tokens` tokens, or of one tree."""
    rows: list[list[Tree]] = []
    for tree in trees:
        if rows and sum(t.size for t in rows[-1]) + tree.size <= most_tokens:
            rows[-1].append(tree)
        else:
            rows.append([tree])
    return rows


def lay_out(trees: Sequence[Tree], sequences: Sequence[Tokens], *, before: int = 0) -> Row:
    """Return the row of `trees`.

    Args:
        trees: One at least.
        sequences: Those whose indices the trees hold.
        before: Positions that stand before every sequence.
    """
    row = Row([], [], [], {})

    def lay(tokens: Tokens, first: int, trunk: tuple[int, int]) -> None:
        start = len(row.ids)
        row.segments.append(Segment(start, start + len(tokens), trunk))
        row.ids.extend(tokens)
        row.positions.extend(range(before + first, before + first + len(tokens)))

    for tree in trees:
        start = len(row.ids)
        if tree.trunk:
            lay(sequences[tree.members[0]][: tree.trunk], 0, (start, start))
        for member in tree.members:
            row.origins[member] = len(row.ids) - tree.trunk
            lay(sequences[member][tree.trunk :], tree.trunk, (start, start + tree.trunk))
    blank = on_grid(len(row.ids)) - len(row.ids)
    if blank:
        lay(row.ids[:1] * blank, 0, (len(row.ids), len(row.ids)))
    return row
