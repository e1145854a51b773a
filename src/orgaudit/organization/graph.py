"""Trees and loops over integer parents, level by level in NumPy: no recursion, no walk per seat.

``parent`` is an integer array: the superior's index, -1 at a top. Loops are found first and cut for everything else.
"""

from __future__ import annotations

import numpy as np


def loops(n: int, source: np.ndarray, target: np.ndarray) -> list[list[int]]:
    """Loops of a directed graph (strongly connected components of several nodes, and self-loops).

    Each is given once as a closed path, in the order of the arrows, starting at its smallest member; where a component
    holds more than one loop, a shortest loop through its smallest member stands for it.
    """
    if not len(source):
        return []
    from scipy.sparse import coo_matrix
    from scipy.sparse.csgraph import connected_components

    graph = coo_matrix((np.ones(len(source), dtype=np.int8), (source, target)), shape=(n, n)).tocsr()
    _, label = connected_components(graph, directed=True, connection="strong")
    size = np.bincount(label)
    found = [[int(node)] for node in np.unique(source[source == target])]
    inside = size[label] > 1
    if inside.any():
        import networkx as nx

        edges = inside[source] & (label[source] == label[target]) & (source != target)
        small = nx.DiGraph(list(zip(source[edges].tolist(), target[edges].tolist(), strict=True)))
        order = np.flatnonzero(inside)
        firsts = order[np.unique(label[order], return_index=True)[1]]
        found += [_loop_through(small, int(node)) for node in np.sort(firsts)]
    return sorted(found)


def _loop_through(graph: object, start: int) -> list[int]:
    """A shortest loop through a node, breadth first."""
    came: dict[int, int] = {}
    queue = [start]
    for node in queue:
        for following in graph.successors(node):  # type: ignore[attr-defined]
            if following == start:
                path = [node]
                while path[-1] != start:
                    path.append(came[path[-1]])
                return path[::-1]
            if following not in came:
                came[following] = node
                queue.append(following)
    return [start]


def cut(parent: np.ndarray, members: np.ndarray) -> np.ndarray:
    """``parent`` with the lines that leave the given members removed."""
    result = parent.copy()
    result[members] = -1
    return result


def loop_members(parent: np.ndarray) -> np.ndarray:
    """Nodes on a loop of a parent array (each node has one parent), by pruning what has no child left."""
    n = len(parent)
    children = np.bincount(parent[parent >= 0], minlength=n)
    alive = np.ones(n, dtype=bool)
    frontier = np.flatnonzero(children == 0)
    while len(frontier):
        alive[frontier] = False
        up = parent[frontier]
        up = up[up >= 0]
        np.subtract.at(children, up, 1)
        up = np.unique(up)
        frontier = up[(children[up] == 0) & alive[up]]
    # What is left is loops and the paths from a loop down to nothing: only tops of trees remain besides loops.
    return np.flatnonzero(alive & (parent >= 0))


def depths(parent: np.ndarray) -> np.ndarray:
    """Distance to the top of each node's tree (0 at the top), by pointer doubling; the array must be free of loops."""
    up = parent.copy()
    depth = (up >= 0).astype(np.int64)
    while (live := up >= 0).any():
        at = np.flatnonzero(live)
        above = up[at]
        depth[at] += depth[above]
        up[at] = up[above]
    return depth


def tops(parent: np.ndarray) -> np.ndarray:
    """The top of each node's tree; the array must be free of loops."""
    top = np.where(parent >= 0, parent, np.arange(len(parent)))
    while True:
        further = top[top]
        if (further == top).all():
            return top
        top = further


def sizes(parent: np.ndarray, depth: np.ndarray) -> np.ndarray:
    """Nodes of each node's subtree, itself included."""
    size = np.ones(len(parent), dtype=np.int64)
    order = np.argsort(depth, kind="stable")
    bounds = np.searchsorted(depth[order], np.arange(int(depth.max(initial=0)) + 2))
    for level in range(int(depth.max(initial=0)), 0, -1):
        nodes = order[bounds[level] : bounds[level + 1]]
        np.add.at(size, parent[nodes], size[nodes])
    return size


def intervals(parent: np.ndarray, depth: np.ndarray, size: np.ndarray) -> np.ndarray:
    """Preorder numbers: b is below or at a exactly where ``start[a] <= start[b] < start[a] + size[a]``."""
    start = np.zeros(len(parent), dtype=np.int64)
    order = np.argsort(depth, kind="stable")
    bounds = np.searchsorted(depth[order], np.arange(int(depth.max(initial=0)) + 2))
    roots = order[: bounds[1]] if len(bounds) > 1 else order
    start[roots] = np.cumsum(size[roots]) - size[roots]
    for level in range(1, int(depth.max(initial=0)) + 1):
        nodes = order[bounds[level] : bounds[level + 1]]
        nodes = nodes[np.argsort(parent[nodes], kind="stable")]
        before = np.cumsum(size[nodes]) - size[nodes]
        _, first, group = np.unique(parent[nodes], return_index=True, return_inverse=True)
        start[nodes] = start[parent[nodes]] + 1 + before - before[first][group]
    return start
