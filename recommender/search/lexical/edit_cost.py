"""Whether one word is another one with slips that people make: how a keyboard and a tongue go wrong.

It knows letters only. A letter left out, doubled or not doubled, two swapped, a vowel for a vowel, a letter for one
that lies beside it or sounds like it are likely slips; any other letter in place of one, or put in, is not. The cost is
that of an optimal string alignment, in which a likely slip counts one and another two.
"""

from itertools import pairwise

_ROWS = ("qwertyuiop", "asdfghjkl", "zxcvbnm")
_SOUNDS = ("aeiouy", "ckqsx", "fpv", "szc", "mn", "bp", "dt", "gj", "vw", "ij", "lr")
LIKELY, UNLIKELY = 1, 2


def _pairs() -> frozenset[tuple[str, str]]:
    near: set[tuple[str, str]] = set()
    for row in _ROWS:
        near |= set(pairwise(row))
    for upper, lower in pairwise(_ROWS):
        for place, sign in enumerate(lower):
            near |= {(other, sign) for other in upper[place : place + 2]}
    for group in _SOUNDS:
        near |= {(one, other) for one in group for other in group if one != other}
    return frozenset(near | {(other, one) for one, other in near})


_NEAR = _pairs()


def slip_cost(written: str, meant: str) -> int:
    """The least cost of slips by which `meant` is written as `written`; 0 where they are the same."""
    before: list[int] = []
    row = [LIKELY * place for place in range(len(meant) + 1)]
    for at, sign in enumerate(written, 1):
        current = [row[0] + _put_in(written, at - 1)]
        for place, right in enumerate(meant, 1):
            cost = 0 if sign == right else LIKELY if (sign, right) in _NEAR else UNLIKELY
            best = min(row[place - 1] + cost, row[place] + _put_in(written, at - 1), current[place - 1] + LIKELY)
            if at > 1 and place > 1 and sign == meant[place - 2] and written[at - 2] == right and sign != right:
                best = min(best, before[place - 2] + LIKELY)
            current.append(best)
        before, row = row, current
    return row[-1]


def _put_in(written: str, place: int) -> int:
    """What a letter too many costs: it is likely where it is its neighbour again, or a key beside it."""
    sign, around = written[place], written[max(place - 1, 0) : place] + written[place + 1 : place + 2]
    return LIKELY if any(sign == other or (sign, other) in _NEAR for other in around) else UNLIKELY
