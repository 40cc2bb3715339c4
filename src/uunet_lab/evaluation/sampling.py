"""Which faces of a set are measured, and which pairs of them."""

from __future__ import annotations

import numpy as np

from uunet_lab.datasets.index import Codes, FaceSet

PER_PERSON = 4
"""Stills of a person at most: more people tell more than more images of few."""

PER_END = 4
"""Consecutive frames from the beginning and from the end of each sequence."""

SEQUENCES = 3
"""Sequences of a person at most."""

GENUINE, IMPOSTOR = 10_000, 50_000
"""Pairs at most, as in the paper (IV-C)."""


def choose(faces: FaceSet, rows: Codes, count: int, seed: int = 0) -> Codes:
    """Faces to measure: whole people, those of whom there is more than one image first.

    Args:
        faces: the set.
        rows: which may be taken.
        count: people are added until there are that many faces.
        seed: of the order of the people.

    Returns:
        (n,) rows, by person; of a sequence PER_END frames from either end, of stills PER_PERSON.
    """
    order = np.random.default_rng(seed).permutation(faces.people)
    place = np.empty_like(order)
    place[order] = np.arange(len(order))
    sizes = np.bincount(faces.identity[rows], minlength=faces.people)
    of_people = rows[np.lexsort((place[faces.identity[rows]], sizes[faces.identity[rows]] == 1))]
    starts = np.flatnonzero(np.diff(faces.identity[of_people], prepend=-1))
    taken: list[int] = []
    for person in np.split(of_people, starts[1:]):
        if len(taken) >= count:
            break
        taken += _of_person(faces, person)
    return np.array(taken, np.int64)


def _of_person(faces: FaceSet, rows: Codes) -> list[int]:
    stills: list[int] = np.sort(rows[faces.sequence[rows] < 0])[:PER_PERSON].tolist()
    for sequence in np.unique(faces.sequence[rows][faces.sequence[rows] >= 0])[:SEQUENCES]:
        own = rows[faces.sequence[rows] == sequence]
        own = own[np.argsort(faces.frame[own])].tolist()
        stills += own if len(own) <= 2 * PER_END else [*own[:PER_END], *own[-PER_END:]]
    return stills


def by_turns(identity: Codes) -> Codes:
    """(n,) all positions: first one of every person, then another of every person, and so on.

    Args:
        identity: (n,) codes.
    """
    order = np.argsort(identity, kind="stable")
    starts = np.flatnonzero(np.diff(identity[order], prepend=-1))
    turn = np.arange(len(order)) - np.repeat(starts, np.diff(starts, append=len(order)))
    return order[np.lexsort((order, turn))]


def genuine_pairs(*groups: Codes, limit: int = GENUINE, seed: int = 0) -> Codes:
    """(m, 2) pairs of different positions that agree in all groups, at most `limit`, drawn at random.

    Args:
        groups: (n,) codes each.
        limit, seed: of the draw.
    """
    joined = np.unique(np.stack(groups, 1), axis=0, return_inverse=True)[1].reshape(-1)
    order = np.argsort(joined, kind="stable")
    starts = np.flatnonzero(np.diff(joined[order], prepend=-1))
    pairs = [
        np.stack([group[i] for i in np.triu_indices(len(group), 1)], 1)
        for group in np.split(order, starts[1:])
    ]
    return drawn(np.concatenate(pairs), limit, seed)


def impostor_pairs(identity: Codes, limit: int = IMPOSTOR, seed: int = 0) -> Codes:
    """(m, 2) ordered pairs of positions of two people, at most `limit`, each once, drawn at random.

    Args:
        identity: (n,) codes.
        limit, seed: of the draw.
    """
    n = len(identity)
    if n * n <= 4 * limit:
        first, second = (axis.reshape(-1) for axis in np.indices((n, n)))
    else:
        first, second = np.random.default_rng(seed).integers(0, n, (2, 2 * limit))
    pairs = np.unique(np.stack([first, second], 1), axis=0)
    return drawn(pairs[identity[pairs[:, 0]] != identity[pairs[:, 1]]], limit, seed)


def drawn(pairs: Codes, limit: int, seed: int) -> Codes:
    """`limit` of the rows, at random; all if there are no more."""
    if len(pairs) <= limit:
        return pairs
    return pairs[np.sort(np.random.default_rng(seed).choice(len(pairs), limit, replace=False))]
