"""Hidden Markov chains in log space: forward, backward, posterior, gradient, best path."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from ._arguments.docs import shared_text
from ._door import chains
from ._family import FAMILY


@shared_text("chain with out")
def hmm_forward(
    log_initial: ArrayLike,
    log_transition: ArrayLike,
    log_emission: ArrayLike,
    *,
    lengths: ArrayLike | None = None,
    out: np.ndarray | None = None,
    workers: int | None = None,
    stream: Any = None,
) -> np.ndarray:
    """The forward pass of a hidden Markov model: log p(y_1..t, z_t).

    {parameters}

    Returns
    -------
    ndarray
        In the shape of `log_emission`; in float32, float64 or float16 where all arguments are, in
        float64 for int and bool, and for different ones in that which holds all.

    Raises
    ------
    TypeError
        For masked arrays, for CUDA arrays among others, for other dtypes, for an `out` of another
        dtype, for `lengths` that are no integers.
    ValueError
        For shapes that do not match, without states or steps, for `lengths` out of range (NaN on
        CUDA), for an `out` of another shape, or that overlaps an input, or is read-only. Nothing
        has been written to it then.

    Notes
    -----
    Special values: -inf is a probability of 0, wherever it stands. Steps beyond the length of a
    chain are -inf. NaN or +inf makes its state NaN at its step, and all states of later steps.

    Error bound: 2 ulp of the exact value, however long the chain, but not less than 1e-25 for
    each step. Probabilities are carried with twice the digits and an exponent of their own. Of
    arguments beyond 1e15 in modulus only the size is right; beyond 1e289 they count as infinite.

    O(size K) time, with the size of `log_emission`; memory is that of the result and
    of the matrices of one step, on CUDA of three numbers for each of the arguments and results.

    Source: L. R. Rabiner, "A tutorial on hidden Markov models", Proc. IEEE 77 (1989) 257-286.

    Examples
    --------
    >>> import numpy as np
    >>> import numba_logspace as nl
    >>> start, moves = np.log([0.5, 0.5]), np.log([[0.9, 0.1], [0.2, 0.8]])
    >>> seen = np.log([[0.5, 0.1], [0.4, 0.3], [0.1, 0.6]])
    >>> np.exp(nl.hmm_forward(start, moves, seen)).round(6)
    array([[0.25   , 0.05   ],
           [0.094  , 0.0195 ],
           [0.00885, 0.015  ]])
    """
    function = FAMILY["hmm_forward"]
    return chains.forward(
        function, log_initial, log_transition, log_emission, lengths, out, workers, stream
    )


@shared_text("moving chain")
def hmm_backward(
    log_transition: ArrayLike,
    log_emission: ArrayLike,
    *,
    lengths: ArrayLike | None = None,
    out: np.ndarray | None = None,
    workers: int | None = None,
    stream: Any = None,
) -> np.ndarray:
    """The backward pass of a hidden Markov model: log p(y_t+1..T | z_t).

    {parameters}

    Returns
    -------
    ndarray
        In the shape of `log_emission`; in float32, float64 or float16 where all arguments are, in
        float64 for int and bool, and for different ones in that which holds all.

    Raises
    ------
    TypeError
        For masked arrays, for CUDA arrays among others, for other dtypes, for an `out` of another
        dtype, for `lengths` that are no integers.
    ValueError
        For shapes that do not match, without states or steps, for `lengths` out of range (NaN on
        CUDA), for an `out` of another shape, or that overlaps an input, or is read-only. Nothing
        has been written to it then.

    Notes
    -----
    Special values: -inf is a probability of 0, wherever it stands. Steps beyond the length of a
    chain are -inf. NaN or +inf makes the states of earlier steps NaN; the first observation is in
    none of the results.

    Error bound: 2 ulp of the exact value, however long the chain, but not less than 1e-25 for
    each step. Probabilities are carried with twice the digits and an exponent of their own. Of
    arguments beyond 1e15 in modulus only the size is right; beyond 1e289 they count as infinite.

    O(size K) time, with the size of `log_emission`; memory is that of the result and
    of the matrices of one step, on CUDA of three numbers for each of the arguments and results.

    Source: L. R. Rabiner, "A tutorial on hidden Markov models", Proc. IEEE 77 (1989) 257-286.

    Examples
    --------
    >>> import numpy as np
    >>> import numba_logspace as nl
    >>> start, moves = np.log([0.5, 0.5]), np.log([[0.9, 0.1], [0.2, 0.8]])
    >>> seen = np.log([[0.5, 0.1], [0.4, 0.3], [0.1, 0.6]])
    >>> np.exp(nl.hmm_backward(moves, seen)).round(6)
    array([[0.069, 0.132],
           [0.15 , 0.5  ],
           [1.   , 1.   ]])
    """
    function = FAMILY["hmm_backward"]
    return chains.backward(function, log_transition, log_emission, lengths, out, workers, stream)


@shared_text("chain with out")
def hmm_loglikelihood(
    log_initial: ArrayLike,
    log_transition: ArrayLike,
    log_emission: ArrayLike,
    *,
    lengths: ArrayLike | None = None,
    out: np.ndarray | None = None,
    workers: int | None = None,
    stream: Any = None,
) -> Any:
    """The log-likelihood of a hidden Markov model, log p(y_1..T).

    {parameters}

    Returns
    -------
    ndarray or scalar
        A number for each chain; in float32, float64 or float16 where all arguments are, in
        float64 for int and bool, and for different ones in that which holds all.

    Raises
    ------
    TypeError
        For masked arrays, CUDA arrays among others, other dtypes, `lengths` that are no integers.
    ValueError
        For shapes that do not match, no states or steps, `lengths` out of range (NaN on CUDA), an
        `out` that overlaps an input or is read-only. Nothing has been written to it then.

    Notes
    -----
    Special values: -inf is a probability of 0, wherever it stands. What cannot be observed has the
    log-likelihood -inf. NaN or +inf among what counts makes that of the chain NaN.

    Error bound: 2 ulp of the exact value, however long the chain, but not less than 1e-25 for
    each step. Probabilities are carried with twice the digits and an exponent of their own. Of
    arguments beyond 1e15 in modulus only the size is right; beyond 1e289 they count as infinite.

    O(size K) time, with the size of `log_emission`; memory is that of the matrices of one
    step, whatever T; on CUDA of three numbers for each of the arguments.

    Source: L. R. Rabiner, "A tutorial on hidden Markov models", Proc. IEEE 77 (1989) 257-286.

    Examples
    --------
    >>> import numpy as np
    >>> import numba_logspace as nl
    >>> start, moves = np.log([0.5, 0.5]), np.log([[0.9, 0.1], [0.2, 0.8]])
    >>> seen = np.log([[0.5, 0.1], [0.4, 0.3], [0.1, 0.6]])
    >>> float(np.exp(nl.hmm_loglikelihood(start, moves, seen)).round(6))
    0.02385
    """
    function = FAMILY["hmm_loglikelihood"]
    return chains.loglikelihood(
        function, log_initial, log_transition, log_emission, lengths, out, workers, stream
    )


@shared_text("chain")
def hmm_loglikelihood_value_and_grad(
    log_initial: ArrayLike,
    log_transition: ArrayLike,
    log_emission: ArrayLike,
    *,
    lengths: ArrayLike | None = None,
    workers: int | None = None,
    stream: Any = None,
) -> tuple[Any, tuple[np.ndarray, np.ndarray, np.ndarray]]:
    """The log-likelihood of a hidden Markov model and its derivatives, which are expected counts.

    {parameters}

    Returns
    -------
    value : ndarray or scalar
        A number for each chain, as of `hmm_loglikelihood`.
    gradient : tuple of ndarray
        The derivatives of the sum of these by each argument, in its shape: of `log_initial` the
        probabilities of the first state given all that is seen, of `log_transition` the expected
        number of moves (where each step has a matrix, the probabilities of its moves), of
        `log_emission` the probabilities of each state. What chains or steps share is summed.

    Raises
    ------
    TypeError
        For masked arrays, CUDA arrays among others, other dtypes, `lengths` that are no integers.
    ValueError
        For shapes that do not match, no states or steps, `lengths` out of range (NaN on CUDA).

    Notes
    -----
    Special values: -inf is a probability of 0, wherever it stands. Where they make the observations
    impossible, the value is -inf and the derivatives are 0, as they are beyond the length of a
    chain. NaN or +inf among what counts makes the value and the derivatives of the chain NaN.

    Error bound: 4 ulp, and of the value as of `hmm_loglikelihood`: 2 ulp, but not less than 1e-25
    for each step. All terms of the counts are positive, and their sums compensated.

    O(size K) time, with the size of `log_emission`; memory is O(size), for the
    forward pass; on CUDA also for that of the matrices, turned and as they are.

    Source: L. R. Rabiner, "A tutorial on hidden Markov models", Proc. IEEE 77 (1989) 257-286.

    Examples
    --------
    >>> import numpy as np
    >>> import numba_logspace as nl
    >>> start, moves = np.log([0.5, 0.5]), np.log([[0.9, 0.1], [0.2, 0.8]])
    >>> seen = np.log([[0.5, 0.1], [0.4, 0.3], [0.1, 0.6]])
    >>> value, (first, counts, states) = nl.hmm_loglikelihood_value_and_grad(start, moves, seen)
    >>> counts.round(6), float(counts.sum().round(6))
    (array([[0.920755, 0.393711],
           [0.041509, 0.644025]]), 2.0)
    """
    function = FAMILY["hmm_loglikelihood_value_and_grad"]
    return chains.value_and_grad(
        function, log_initial, log_transition, log_emission, lengths, workers, stream
    )


@shared_text("chain with out")
def hmm_posterior(
    log_initial: ArrayLike,
    log_transition: ArrayLike,
    log_emission: ArrayLike,
    *,
    lengths: ArrayLike | None = None,
    out: np.ndarray | None = None,
    workers: int | None = None,
    stream: Any = None,
) -> np.ndarray:
    """The posterior marginals of a hidden Markov model: log p(z_t | y_1..T).

    {parameters}

    Returns
    -------
    ndarray
        In the shape of `log_emission`; in float32, float64 or float16 where all arguments are, in
        float64 for int and bool, and for different ones in that which holds all.

    Raises
    ------
    TypeError
        For masked arrays, for CUDA arrays among others, for other dtypes, for an `out` of another
        dtype, for `lengths` that are no integers.
    ValueError
        For shapes that do not match, without states or steps, for `lengths` out of range (NaN on
        CUDA), for an `out` of another shape, or that overlaps an input, or is read-only. Nothing
        has been written to it then.

    Notes
    -----
    Special values: -inf is a probability of 0, wherever it stands. Where they make the observations
    impossible, the chain is NaN. Steps beyond the length of a chain are -inf. NaN or +inf among
    what counts makes the chain NaN.

    Error bound: 2 ulp of the exact value, however long the chain, but not less than 1e-25 for
    each step. Probabilities are carried with twice the digits and an exponent of their own. Of
    arguments beyond 1e15 in modulus only the size is right; beyond 1e289 they count as infinite.

    O(size K) time, with the size of `log_emission`; memory is O(size), for the
    forward pass; on CUDA also for that of the matrices, turned and as they are.

    Source: L. R. Rabiner, "A tutorial on hidden Markov models", Proc. IEEE 77 (1989) 257-286.

    Examples
    --------
    >>> import numpy as np
    >>> import numba_logspace as nl
    >>> start, moves = np.log([0.5, 0.5]), np.log([[0.9, 0.1], [0.2, 0.8]])
    >>> seen = np.log([[0.5, 0.1], [0.4, 0.3], [0.1, 0.6]])
    >>> np.exp(nl.hmm_posterior(start, moves, seen)).round(6)
    array([[0.72327 , 0.27673 ],
           [0.591195, 0.408805],
           [0.371069, 0.628931]])
    """
    function = FAMILY["hmm_posterior"]
    return chains.posterior(
        function, log_initial, log_transition, log_emission, lengths, out, workers, stream
    )


@shared_text("chain")
def hmm_viterbi(
    log_initial: ArrayLike,
    log_transition: ArrayLike,
    log_emission: ArrayLike,
    *,
    lengths: ArrayLike | None = None,
    workers: int | None = None,
    stream: Any = None,
) -> tuple[np.ndarray, Any]:
    """The most probable path through a hidden Markov model, and its log-probability.

    {parameters}

    Returns
    -------
    path : ndarray of int64
        The state at each step, in the shape of `log_emission` without its last axis; -1 beyond
        the length of a chain.
    value : ndarray or scalar
        log p(y_1..T, path), a number for each chain, in the dtype of `hmm_loglikelihood`.

    Raises
    ------
    TypeError
        For masked arrays, CUDA arrays among others, other dtypes, `lengths` that are no integers.
    ValueError
        For shapes that do not match, no states or steps, `lengths` out of range (NaN on CUDA).

    Notes
    -----
    Of paths of equal probability it is that with the lowest last state, and then the lowest
    state before each.

    Special values: -inf is a probability of 0, wherever it stands. Where no path is possible, the
    value is -inf, and NaN where NaN or +inf is among what counts; the path is of no meaning then.
    A path whose sum goes below the least double, -1.8e308, counts as impossible from there on, and
    a sum above the largest is inf.

    Error bound: 2 ulp of the exact value of the path, however long the chain, but not less than
    1e-31 of its largest partial sum for each step: logarithms are added in twice the digits.

    O(size K) time, with the size of `log_emission`; memory is O(size), for the way back.

    Source: A. J. Viterbi, "Error bounds for convolutional codes", IEEE Trans. Inf. Theory 13
    (1967) 260-269.

    Examples
    --------
    >>> import numpy as np
    >>> import numba_logspace as nl
    >>> start, moves = np.log([0.5, 0.5]), np.log([[0.9, 0.1], [0.2, 0.8]])
    >>> seen = np.log([[0.5, 0.1], [0.4, 0.3], [0.1, 0.6]])
    >>> path, value = nl.hmm_viterbi(start, moves, seen)
    >>> path, float(np.exp(value).round(6))
    (array([0, 0, 0]), 0.0081)
    """
    function = FAMILY["hmm_viterbi"]
    return chains.best_path(
        function, log_initial, log_transition, log_emission, lengths, workers, stream
    )
