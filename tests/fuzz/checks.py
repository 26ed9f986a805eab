"""One call of a case, and everything that is looked at in what it does and returns."""

import dataclasses
import math
import warnings

import numpy as np
import points
import reference
from arrays import to_rows
from budgets import BUDGETS
from cases import CURVATURES, ENTRY_LOSSES, IN_PLACE, LOSSES, REFUSED, SEGMENTS, WITH_WEIGHTS
from reference import Uncertain, of_masked_row

import numba_logspace

SENTINEL = 7.0
# About how many entries of a result are held to exact values.
ENTRIES = 400


@dataclasses.dataclass(frozen=True)
class Fault:
    """What is wrong: a short kind, that shrinking keeps, and the details."""

    kind: str
    message: str

    def __str__(self):
        return f"{self.kind}: {self.message}"


class _Found(Exception):
    def __init__(self, kind, message):
        super().__init__(kind)
        self.fault = Fault(kind, message)


def check(case, library=numba_logspace):
    """The Fault of a case, or None."""
    try:
        _Call(case, library).check()
    except _Found as found:
        return found.fault
    return None


def _native(dtype):
    # The dtype of results of an array.
    dtype = np.dtype(dtype).newbyteorder("=")
    return dtype if dtype.kind == "f" else np.dtype("f8")


class _Call:
    """A case with its arrays in memory."""

    def __init__(self, case, library):
        self.case, self.library = case, library
        self.seen = {name: a.seen() for name, a in case.arguments.items()}
        self.made = {name: a.made() for name, a in case.arguments.items()}
        self.values = [a for n, a in self.seen.items() if n != "where"]
        self.result = self._result()
        self.working = np.float32 if self.result == np.float16 else self.result.type
        self.shape = self._shape()

    def _result(self):
        kind, dtypes = self.case.kind, [_native(a.dtype) for a in self.values]
        if kind in ("elementwise", "product") or "b" in self.seen and kind == "reduction":
            return np.result_type(*dtypes)
        if kind.startswith("gated"):
            return dtypes[1] if dtypes[1] == dtypes[2] else np.dtype("f8")
        return dtypes[0]

    def _shape(self):
        case, kind = self.case, self.case.kind
        if kind == "elementwise":
            return np.broadcast_shapes(*(a.shape for a in self.values))
        if kind == "product":
            return (np.zeros(self.values[0].shape) @ np.zeros(self.values[1].shape)).shape
        if kind.startswith("gated"):
            lengths = list(self.seen["a"].shape)
            lengths[case.options["axis"]] += self.seen["b"].shape[case.options["axis"]]
            return tuple(lengths)
        whole = self.values[0].shape
        if "b" in self.seen:
            whole = np.broadcast_shapes(whole, self.seen["b"].shape)
        self.whole = whole
        if kind in ("reduction", "jvp of a reduction"):
            kept = case.options.get("keepdims")
            axes = case.reduced if whole else ()
            return tuple(
                1 if a in axes else k for a, k in enumerate(whole) if kept or a not in axes
            )
        if kind == "segment reduction":
            return (self._ids()[1],)
        if kind in ("loss", "class weights", "entry loss"):
            return self._rows_shape() if case.options["reduction"] == "none" else ()
        if kind == "jacobian":
            n = whole[case.reduced[0]]
            return (*self._rows_shape(), n, n)
        return whole

    def _rows_shape(self):
        return tuple(k for a, k in enumerate(self.whole) if a not in self.case.reduced)

    # --- the call --------------------------------------------------------------------------------

    def check(self):
        """Raise _Found for what is wrong."""
        out, around = self._out()
        refused = self.case.out in REFUSED and out is not None or self.case.wrong
        before = {n: np.array(a, copy=True) for n, a in self.made.items()}
        held = [a.copy() for a in around]
        with warnings.catch_warnings(), np.errstate(all="raise"):
            warnings.simplefilter("error")
            try:
                results = self._called(out)
            except Exception as error:  # noqa: BLE001 - any is a fault, or has to be raised
                if refused and isinstance(error, (ValueError, TypeError)):
                    self._unchanged(before, around, held)
                    return
                text = str(error).splitlines()[0] if str(error) else ""
                kind = f"raised {type(error).__name__}: {' '.join(text.split()[:3])}"
                raise _Found(kind, text[:300]) from None
        if refused:
            wrong = self.case.options if self.case.wrong else f"out is {self.case.out}"
            raise _Found("not refused", f"{wrong}")
        self._unchanged(before, [], [], besides=out)
        self._around(around)
        self._check_results(results, out)

    def _called(self, out):
        function, options = getattr(self.library, self.case.name), dict(self.case.options)
        if out is not None:
            options["out"] = out
        keywords = dict(self.made)
        kind = self.case.kind
        count = len(keywords) - ("where" in keywords) if kind == "elementwise" else 1
        count = {"product": 2, "gated": 3, "gated vjp": 3}.get(kind, count)
        first = [keywords.pop(name) for name in list(keywords)[:count]]
        if kind in ("hvp", "hvp of a reduction"):
            keywords.setdefault("g", None)
        return function(*first, **keywords, **options)

    def _unchanged(self, before, around, held, besides=None):
        outs = besides if isinstance(besides, tuple) else (besides,)
        for name, array in self.made.items():
            if not any(array is out for out in outs) and not _equal(
                np.asarray(array), before[name]
            ):
                raise _Found("wrote to its input", name)
        for array, copy in zip(around, held):
            if not _equal(array, copy):
                raise _Found("refused, but wrote to out", f"out is {self.case.out}")

    def _around(self, around):
        # Every other entry of a strided out is no part of it.
        for buffer in around[-1:]:
            if (
                self.case.out == "strided"
                and buffer.ndim
                and not (buffer[..., 1::2] == SENTINEL).all()
            ):
                raise _Found("wrote beside out", f"{buffer[..., 1::2]}"[:200])

    def _out(self):
        # (the argument out or None, the arrays that hold it).
        way, kind = self.case.out, self.case.kind
        if way in ("itself", "operand") and kind in (*IN_PLACE, "elementwise"):
            names = [n for n in self.made if n != "where"]
            name = names[0 if way == "itself" else -1]
            array = self.made[name]
            right = isinstance(array, np.ndarray) and array.flags.writeable
            right = right and array.dtype == self.result and array.shape == self.shape
            if right and self.case.arguments[name].layout != "broadcast":
                return array, []
        if not way:
            return None, []
        if way == "overlap":
            return self._overlap()
        count = 2 if kind == "value and vjp" else 1
        shape = self.whole if kind in LOSSES + ENTRY_LOSSES else self.shape
        pairs = [self._fresh(shape, way if i == count - 1 else "fresh") for i in range(count)]
        outs, around = zip(*pairs)
        return (outs if count == 2 else outs[0]), list(around)

    def _fresh(self, shape, way):
        dtype = self.result
        if way == "another dtype":
            dtype = np.dtype("f4") if dtype == np.float64 else np.dtype("f8")
        if way == "another shape":
            shape = (*shape, 2) if len(shape) < 2 else shape[1:]
        if way == "strided" and shape:
            buffer = np.full((*shape[:-1], 2 * shape[-1]), SENTINEL, dtype)
            return buffer[..., ::2], buffer
        buffer = np.full(shape, SENTINEL, dtype)
        if way == "read-only":
            buffer.flags.writeable = False
        return buffer, buffer

    def _overlap(self):
        # x and out in one buffer, out an entry behind.
        name = "a" if self.case.kind.startswith("gated") else next(iter(self.made))
        x, size = self.made[name], math.prod(self.shape)
        shape = self.whole if self.case.kind in LOSSES + ENTRY_LOSSES else self.shape
        size = math.prod(shape)
        right = isinstance(x, np.ndarray) and x.dtype == self.result and x.size > 1 and size
        if not right or self.case.kind == "value and vjp":
            return None, []
        buffer = np.zeros(max(x.size, size) + 1, self.result)
        place = buffer[: x.size].reshape(x.shape)
        place[...] = x
        self.made[name] = place
        return buffer[1 : 1 + size].reshape(shape), [buffer]

    # --- the results -----------------------------------------------------------------------------

    def _check_results(self, results, out):
        kind = self.case.kind
        if out is not None and not kind.endswith("gradient"):
            outs, got = (r if isinstance(r, tuple) else (r,) for r in (out, results))
            if (
                not all(a is b for a, b in zip(outs, got))
                and "return_sign" not in self.case.options
            ):
                raise _Found("did not return out", f"{results!r}"[:100])
        if not isinstance(results, tuple):
            results = (results,)
        if self.case.jitted:  # numbers leave jitted code as floats of Python
            results = [self.result.type(r) if isinstance(r, float) else r for r in results]
        shapes = [self.shape] * len(results)
        if kind.endswith("and gradient"):
            none = self.case.options["reduction"] == "none"
            shapes = [self._rows_shape() if none else (), self.whole]
        if kind == "gated vjp":
            shapes = [self.seen[name].shape for name in ("gate", "a", "b")]
        for result, shape in zip(results, shapes, strict=True):
            if np.shape(result) != shape:
                raise _Found("shape", f"{np.shape(result)}, not {shape}")
            if getattr(result, "dtype", None) != self.result:
                raise _Found(
                    "dtype", f"{getattr(result, 'dtype', type(result))}, not {self.result}"
                )
        results = [np.asarray(r) for r in results]
        if kind in LOSSES:
            return self._losses(results)
        if kind in CURVATURES:
            return self._curvatures(results)
        if kind in ENTRY_LOSSES:
            return self._entries(results)
        if kind in SEGMENTS:
            return self._segments(results[0])
        if kind.startswith("gated"):
            return self._gated(results)
        {"elementwise": self._points, "product": self._product}.get(kind, self._rows)(results)

    def _hold(self, expected, results, budget, what):
        if expected is None:
            return
        with np.errstate(all="ignore"):
            error, index, exact = expected.worst(results.reshape(-1), budget, self.working)
        if error > 1:
            got = results.reshape(-1)[index]
            kind = "special value" if math.isinf(error) else "error"
            size = "" if math.isinf(error) else f"{error * budget:.3g} ulp > {budget}, "
            raise _Found(kind, f"{size}entry {index}: got {got!r}, exact {exact!r}, {what}")

    def _matrix(self, array, whole=None):
        # Rows of what has a number for each entry, in the working dtype.
        with np.errstate(all="ignore"):
            array = np.broadcast_to(array, self.whole if whole is None else whole)
            return to_rows(array.astype(self.working), self.case.reduced)

    def _picked(self, count, n, different=None):
        # The rows that are held to exact values.
        most = max(1, ENTRIES // max(n, 1))
        picked = np.random.default_rng(count * 1000 + n).permutation(count)[:most]
        if different is not None:
            picked = np.concatenate([different[:most], picked])
        return [int(i) for i in dict.fromkeys(picked.tolist())]

    def _rows(self, results):
        name, kind = self.case.name, self.case.kind
        x = self._matrix(self.values[0])
        if "b" in self.seen or "return_sign" in self.case.options:
            return self._weighted(results)
        operands = []
        if kind == "hvp of a reduction":
            operands.append(self._numbers("g")[:, None])
        of_entries = {"vjp of a reduction": "", "hvp of a reduction": "t"}
        for operand in of_entries.get(kind, "gt"):
            if operand in self.seen:
                operands.append(self._matrix(self.seen[operand]))
            elif kind in ("vjp", "value and vjp", "hvp", "vjp of a scan") and operand == "g":
                operands.append(np.ones_like(x))
        if kind == "vjp of a reduction":
            operands.append(self._numbers("g")[:, None])
        present = self._matrix(self.seen["where"]) != 0 if "where" in self.seen else None
        names = (name,)
        if kind == "value and vjp":
            names = "log1m_softmax", "log1m_softmax_vjp"
        by_row = [r.reshape(len(x), -1) if r.size else r.reshape(len(x), 0) for r in results]
        if kind not in ("reduction", "jvp of a reduction", "jacobian"):
            by_row = [to_rows(r, self.case.reduced) for r in results]
        different = self._different(by_row[0]) if present is None else None
        for i in self._picked(*x.shape, different):
            row, mask = x[i].tolist(), None if present is None else present[i].tolist()
            for name, result in zip(names, by_row):
                u = [] if name == "log1m_softmax" else [o[i].tolist() for o in operands]
                try:
                    expected = of_masked_row(name, row, u, mask, self.working)
                except Uncertain:
                    continue
                what = f"row {i} ({_short(row)}{', ' if u else ''}{', '.join(map(_short, u))})"
                what += "" if mask is None else f", present {_short(mask)}"
                self._hold(expected, result[i], BUDGETS[name], what)

    def _different(self, by_row):
        # Rows whose result is not, bit for bit, that of the same rows in the plainest layout.
        kind, options = self.case.kind, self.case.options
        plain = options.get("axis") == -1 and set(options) == {"axis"} and not self.case.out
        if kind not in ("map", "reduction") or plain or self.result == np.float16:
            return None
        x = self._matrix(self.values[0])
        if not x.size:
            return None
        other = getattr(self.library, self.case.name)(x).reshape(by_row.shape)
        with np.errstate(all="ignore"):
            gaps = abs(other - by_row) / np.spacing(abs(other))
        gaps = np.nan_to_num(gaps, nan=0.0).max(axis=1)
        order = np.argsort(-gaps)
        return order[gaps[order] > 0]

    def _numbers(self, name):
        # A number for each row, in the working dtype.
        shape = self._rows_shape()
        if name not in self.seen:
            return np.ones(math.prod(shape), self.working)
        array = self.seen[name]
        if "" in self.case.arguments[name].axes:
            array = array[tuple(0 if a == "" else slice(None) for a in self._axes(name))]
        with np.errstate(all="ignore"):
            return np.broadcast_to(array, shape).astype(self.working).reshape(-1)

    def _axes(self, name):
        return self.case.arguments[name].axes

    def _weighted(self, results):
        x, b = self.seen["x"], self.seen.get("b", np.ones(()))
        x, b = (to_rows(np.broadcast_to(a, self.whole), self.case.reduced) for a in (x, b))
        x, b = x.astype(float), b.astype(float)
        if "where" in self.seen:
            b = np.where(self._matrix(self.seen["where"]) != 0, b, 0.0)
        for i in self._picked(*x.shape):
            what = f"row {i} ({_short(x[i].tolist())}), b {_short(b[i].tolist())}"
            try:
                value, sign = reference.weighted(x[i].tolist(), b[i].tolist(), self.working)
            except Uncertain:
                continue
            if len(results) == 2:
                self._hold(sign, results[1].reshape(-1)[i : i + 1], 1, f"sign, {what}")
            elif sign.fixed[0] == (-1.0,):
                value = reference.constant(1, math.nan)
            result = results[0].reshape(-1)[i : i + 1]
            self._hold(value, result, BUDGETS["weighted_logsumexp"], what)

    def _losses(self, results):
        case = self.case
        name = case.name.removesuffix("_value_and_grad")
        logits = self._matrix(self.values[0])
        if not logits.size:
            return
        scores, factors = self._scores(logits), self._factors()
        picked = self._picked(*logits.shape)
        for i in picked:
            row, m, c = logits[i].tolist(), scores[i].tolist(), float(factors[i])
            what = f"row {i} ({_short(row)}), scores {_short(m)}, factor {c!r}"
            try:
                value, gradient = reference.loss(name, row, m, c, self.working)
            except Uncertain:
                continue
            if case.options["reduction"] == "none":
                self._hold(value, results[0].reshape(-1)[i : i + 1], BUDGETS[name], what)
            if len(results) == 2:
                of_row = to_rows(results[1], case.reduced)[i]
                self._hold(gradient, of_row, BUDGETS[f"{name}_gradient"], f"gradient, {what}")
        if case.options["reduction"] != "none":
            self._total(name, results[0], logits, scores, factors)

    def _factors(self):
        # What the loss of each row is multiplied with.
        shape, weights = self._rows_shape(), np.ones(())
        is_mean = self.case.options["reduction"] == "mean"
        if "weights" in self.seen and self.case.kind in WITH_WEIGHTS:
            # Those of a mean are divided before they are rounded.
            weights = self.seen["weights"]
            weights = weights if is_mean else self._numbers("weights").reshape(shape)
        factors = np.broadcast_to(weights, shape).astype(float)
        factors = (factors * self.seen.get("where", True)).reshape(-1)
        return factors / factors.sum() if is_mean else factors

    def _curvatures(self, results):
        logits = self._matrix(self.values[0])
        if not logits.size:
            return
        scores, factors, t = self._scores(logits), self._factors(), self._matrix(self.seen["t"])
        by_row = to_rows(results[0], self.case.reduced)
        for i in self._picked(*logits.shape):
            row, m, u, c = logits[i].tolist(), scores[i].tolist(), t[i].tolist(), float(factors[i])
            what = f"row {i} ({_short(row)}), scores {_short(m)}, t {_short(u)}, factor {c!r}"
            try:
                expected = reference.curvature(self.case.name, row, (m, u), c, self.working)
            except Uncertain:
                continue
            self._hold(expected, by_row[i], BUDGETS[self.case.name], what)

    def _ids(self):
        # The segment of each entry, and how many there are.
        if "offsets" in self.seen:
            lengths = np.diff(self.seen["offsets"])
            return np.repeat(np.arange(lengths.size), lengths), lengths.size
        return self.seen["segment_ids"], self.case.options["num_segments"]

    def _segments(self, result):
        name, kind, (ids, count) = self.case.name, self.case.kind, self._ids()
        x, g = self.values[0], self.seen.get("g", np.ones(()))
        of_segments = kind == "segment vjp of a reduction"
        g = np.broadcast_to(g, (count,) if of_segments else x.shape)
        with np.errstate(all="ignore"):
            x, g = x.astype(self.working), g.astype(self.working)
        for i in np.random.default_rng(count).permutation(count)[:20].tolist():
            here = np.flatnonzero(ids == i)
            row, u = x[here].tolist(), []
            if "vjp" in kind:
                u = [g[i : i + 1].tolist() if of_segments else g[here].tolist()]
            try:
                expected = reference.of_row(name.removeprefix("segment_"), row, u, self.working)
            except Uncertain:
                continue
            got = result[i : i + 1] if kind == "segment reduction" else result[here]
            if got.size:
                what = f"segment {i} ({_short(row)}), {u}"[:300]
                self._hold(expected, got, BUDGETS[name], what)

    def _entries(self, results):
        # Each entry is a row of its own; what is returned may be their sum.
        names = "targets", "pos_weight", "weights", "t"
        columns = [np.ones(())] * 3 + [np.zeros(())]
        columns = [self.seen.get(name, one) for name, one in zip(names, columns)]
        columns = [
            np.broadcast_to(a, self.whole).astype(self.working).astype(float).reshape(-1)
            for a in (self.values[0], *columns)
        ]
        present = np.broadcast_to(self.seen.get("where", True), self.whole).reshape(-1)
        entrywise = [r.reshape(-1) for r in results if r.shape == self.whole]
        if self.case.options["reduction"] != "none" and not self.case.kind.startswith("hvp"):
            entrywise = entrywise[-1:] if self.case.kind.endswith("gradient") else []
        for i in np.random.default_rng(present.size).permutation(present.size)[:60].tolist():
            point = [float(c[i]) for c in columns]
            try:
                expected = reference.entry_loss(*point, bool(present[i]), self.working)
            except Uncertain:
                continue
            kinds = {"entry loss": "value", "hvp of an entry loss": "hvp"}
            parts = [kinds[self.case.kind]] if self.case.kind in kinds else ["value", "gradient"]
            for part, result in zip(parts[-len(entrywise) :] if entrywise else [], entrywise):
                self._hold(
                    expected[part], result[i : i + 1], BUDGETS[self.case.name], f"{part} of {point}"
                )

    def _total(self, name, result, logits, scores, factors):
        used = np.flatnonzero(factors)
        if logits[used].size > 3 * ENTRIES:
            return
        rows, m = logits[used].tolist(), scores[used].tolist()
        try:
            target = reference.total_loss(name, rows, m, factors[used].tolist(), self.working)
        except Uncertain:
            return
        expected = reference.Expected(1, target)
        self._hold(expected, result, BUDGETS[name], f"{self.case.options['reduction']} of the rows")

    def _scores(self, logits):
        name = "targets" if "targets" in self.seen else "weights"
        array, axes = self.seen[name], self._axes(name)
        kept = tuple(str(a) for a in range(len(self.whole)) if a not in self.case.reduced)
        if name == "weights" or (axes != kept and "" not in axes):
            return self._matrix(array)
        labels = array.reshape(-1).astype(int)
        scores = np.zeros_like(logits)
        scores[np.arange(len(scores)), labels] = 1
        return scores

    def _points(self, results):
        arrays = [a for n, a in self.seen.items() if n != "where"]
        columns = [np.broadcast_to(a, self.shape).astype(self.working).reshape(-1) for a in arrays]
        result = results[0].reshape(-1)
        here = np.arange(result.size)
        if "where" in self.seen:
            here = np.flatnonzero(np.broadcast_to(self.seen["where"], self.shape).reshape(-1))
        chosen = np.random.default_rng(result.size).permutation(here)[: ENTRIES // 8]
        for i in chosen.tolist():
            point = tuple(float(c[i]) for c in columns)
            try:
                expected = points.of_point(self.case.name, point, self.working)
            except Uncertain:
                continue
            self._hold(expected, result[i : i + 1], BUDGETS[self.case.name], f"at {point}")

    def _product(self, results):
        first, second = (a.astype(self.working) for a in self.values)
        first = first[None] if first.ndim == 1 else first
        second = second[:, None] if second.ndim == 1 else second
        batch = np.broadcast_shapes(first.shape[:-2], second.shape[:-2])
        result = results[0].reshape(*batch, first.shape[-2], second.shape[-1])
        first, second = (np.broadcast_to(a, (*batch, *a.shape[-2:])) for a in (first, second))
        chosen = np.random.default_rng(result.size).permutation(result.size)[:40]
        for index in zip(*np.unravel_index(chosen, result.shape)):
            *lead, i, j = (int(k) for k in index)
            row, column = first[(*lead, i)].tolist(), second[(*lead, slice(None), j)].tolist()
            expected = reference.product_entry(row, column, self.working)
            what = f"row {_short(row)}, column {_short(column)}"
            self._hold(
                expected, result[tuple(map(int, index))][None], BUDGETS["logmatmulexp"], what
            )

    def _gated(self, results):
        axis = self.case.options["axis"]
        rows = [np.moveaxis(self.seen[n].astype(self.working), axis, -1) for n in "ab"]
        kept = rows[0].shape[:-1]
        if 0 in kept or not all(x.shape[-1] for x in rows):
            return
        a, b = (x.reshape(math.prod(kept), -1) for x in rows)
        gate = np.broadcast_to(self.seen["gate"], kept).astype(self.working).reshape(-1)
        finite = np.isfinite(gate) & np.isfinite(a).all(axis=1) & np.isfinite(b).all(axis=1)
        chosen = [i for i in self._picked(len(a), a.shape[1] + b.shape[1]) if finite[i]]
        if self.case.kind == "gated":
            y = np.moveaxis(results[0], axis, -1).reshape(len(a), a.shape[1] + b.shape[1])
            for i in chosen:
                row = float(gate[i]), a[i].tolist(), b[i].tolist()
                expected = reference.Expected(y.shape[1], reference.gated(*row, self.working))
                self._hold(expected, y[i], BUDGETS[self.case.name], f"row {i} of {row}"[:300])
            return
        self._gated_vjp(results, (gate, a, b), kept, chosen)

    def _gated_vjp(self, results, parts, kept, chosen):
        gate, a, b = parts
        axis, length = self.case.options["axis"], a.shape[1] + b.shape[1]
        g = np.broadcast_to(self.seen.get("g", np.ones(())), self.shape)
        g = np.moveaxis(g.astype(self.working), axis, -1).reshape(-1, length)
        budget, own = BUDGETS[self.case.name], self.seen["gate"].shape == kept
        for i in chosen:
            row = float(gate[i]), a[i].tolist(), b[i].tolist(), g[i].tolist()
            targets = reference.gated_vjp(*row, self.working)
            whole = [results[0].reshape(-1)[i : i + 1] if own else None]
            whole += [np.moveaxis(r, axis, -1).reshape(len(a), -1)[i] for r in results[1:]]
            for target, result in zip(targets, whole):
                if result is not None:
                    expected = reference.Expected(result.size, target)
                    self._hold(expected, result, budget, f"row {i} of {row}"[:300])


def _equal(a, b):
    return a.shape == b.shape and a.tobytes() == b.tobytes()


def _short(row):
    text = ", ".join(f"{v!r}" for v in row[:8])
    return f"[{text}{', ...' if len(row) > 8 else ''}]"
