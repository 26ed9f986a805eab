"""Where segments begin and end: offsets from ids, the order that sorts ids, and what is wrong."""

import numpy as np

from .._compile.jit import kernel


def _faults_of_offsets(offsets, n):
    # (the first place that is wrong or -1, the length of the longest segment)
    longest = 0
    if offsets[0] != 0:
        return 0, longest
    for i in range(1, offsets.size):
        length = offsets[i] - offsets[i - 1]
        # Neither lies above n, so that no difference is too large for an int.
        if length < 0 or offsets[i] > n:
            return i, longest
        longest = max(longest, length)
    return (-1 if offsets[offsets.size - 1] == n else offsets.size - 1), longest


def _survey(ids):
    # (the smallest id, the largest id, whether they never decrease)
    least, most, rises = ids[0], ids[0], True
    for i in range(1, ids.size):
        rises &= ids[i] >= ids[i - 1]
        least, most = min(least, ids[i]), max(most, ids[i])
    return least, most, rises


def _put_offsets(ids, rises, offsets):
    # The offsets of ids that are all in range, and the length of the longest segment.
    if rises:
        r = 0
        for i in range(ids.size):
            while r <= ids[i]:
                offsets[r] = i
                r += 1
        offsets[r:] = ids.size
    else:
        offsets[:] = 0
        for i in range(ids.size):
            offsets[ids[i] + 1] += 1
        for r in range(1, offsets.size):
            offsets[r] += offsets[r - 1]
    longest = 0
    for r in range(1, offsets.size):
        longest = max(longest, offsets[r] - offsets[r - 1])
    return longest


def _put_order(ids, offsets, order):
    # The order that sorts the ids and leaves equal ones in theirs.
    place = offsets.copy()
    for i in range(ids.size):
        order[place[ids[i]]] = i
        place[ids[i]] += 1


# (offsets, n): the first place that is wrong, or -1, and the length of the longest segment.
faults_of_offsets = kernel(_faults_of_offsets)
# (ids): the smallest and the largest of one id or more, and whether they never decrease.
survey = kernel(_survey)
# (ids, whether they rise, offsets): fill the offsets, and give the length of the longest segment.
put_offsets = kernel(_put_offsets)
# (ids, offsets, order): fill the order that sorts the ids.
put_order = kernel(_put_order)


def columns_of(offsets, n, count):
    """The offsets of `count` columns of n entries, one after the other."""
    if count == 1:
        return offsets
    starts = n * np.arange(count, dtype=np.int64)
    return np.append((starts[:, None] + offsets[:-1]).reshape(-1), n * count)
