"""
How many digits of log(1 - softmax) are right
=============================================

A model that also scores the classes that are *not* chosen needs log(1 - p), with p the softmax of
a row. Here are three ways to get it and its Jacobian, and their errors as one entry of the row
grows, which is what happens while a classifier becomes sure of itself.

* **naive**: ``log(1 - softmax(x))``;
* **published**: the linear-time form published for PyTorch (in the thread *How to calculate log(1 -
  softmax(X)) numerically stably* of its forum, 2022), here in NumPy: the sum of the exponentials
  less the own term, and for the largest entry the logsumexp of the others;
* **numba_logspace**: ``nl.log1m_softmax`` and ``nl.log1m_softmax_jacobian``.

An error of 1 *ulp* (unit in the last place) is the distance between two neighbouring
floating-point numbers: half an ulp is perfect rounding, and a result that is off by 1e16 ulp in
float64 or 1e7 ulp in float32 has no right digit left.
"""

# %%
# The experiment
# --------------
#
# 100 standard normals, the first of them replaced by C. The exact values are computed by mpmath
# with 2000 bits, of the very numbers that the functions get.

from itertools import product

import matplotlib.pyplot as plt
import numpy as np

import numba_logspace as nl
from numba_logspace.demo import _published, precision

SIZES = range(0, 101, 2)

# Of every form: the largest absolute error and the largest error in ulp at every C.
errors = precision.study(SIZES)

# %%
# The errors
# ----------

FORMS = {"naive": ("#D55E00", 4.5), "published": ("#0072B2", 3), "numba_logspace": ("#009E73", 1.5)}
PRECISIONS = {"float32": "--", "float64": "-"}
TOP = 1e21  # no number at all is drawn here

figure, panels = plt.subplots(1, 2, figsize=(10, 4.6), sharey=True, layout="constrained")
for panel, quantity in zip(panels, ("value", "Jacobian")):
    for (form, (colour, width)), (dtype, style) in product(FORMS.items(), PRECISIONS.items()):
        ulp = errors[form, dtype, quantity][:, 1]
        shown = np.where(np.isfinite(ulp), ulp, TOP)
        panel.semilogy(SIZES, shown, style, color=colour, lw=width, label=f"{form}, {dtype}")
    for dtype, digits in (("float32", 2.0**23), ("float64", 2.0**52)):
        panel.axhline(digits, color="0.6", lw=0.8, zorder=0)
        panel.text(100, digits * 15, f"no digit right, {dtype}", ha="right", color="0.35", size=8)
    panel.text(100, TOP / 40, "top: inf or NaN", ha="right", color="0.35", size=8)
    panel.set(title=f"{quantity} of log(1 - softmax)", xlabel="C, the value of one entry")
    panel.grid(alpha=0.3)
panels[0].set_ylabel("largest error, ulp")
handles, labels = panels[0].get_legend_handles_labels()
figure.legend(handles, labels, loc="outside lower center", ncols=3, frameon=False)
plt.show()

# %%
# The largest of them all, and from which C on there are results that are no numbers:


def summary(form: str, dtype: str, quantity: str) -> str:
    """One line of the table."""
    ulp = errors[form, dtype, quantity][:, 1]
    lost = [c for c, error in zip(SIZES, ulp) if np.isinf(error)]
    since = f"inf or NaN from C = {lost[0]}" if lost else "always a number"
    worst = ulp[np.isfinite(ulp)].max()
    return f"{quantity:9} {dtype}  {form:15} {worst:9.3g} ulp, {since}"


for quantity, dtype, form in product(("value", "Jacobian"), PRECISIONS, FORMS):
    print(summary(form, dtype, quantity))

# %%
# The published form always returns a number, and its *absolute* errors are small, which is often
# enough for a loss that is added up. What it loses is every digit of the small numbers. Take a row
# in which one class is right with near certainty. The others have log(1 - p), close to -p:

x = np.array([40.0, 1.0, 0.0, -1.0])
with np.errstate(divide="ignore"):
    print("naive         ", _published.naive(x))
    print("published     ", _published.linear(x))
print("numba_logspace", nl.log1m_softmax(x))

# %%
# Where no class dominates the naive form loses a few digits and no more, and you need none of this:

for dtype in PRECISIONS:
    ulp = errors["naive", dtype, "value"][0, 1]
    lost = np.log10(ulp)
    print(f"C = 0, naive, {dtype}: {ulp:.0f} ulp, so {lost:.1f} of the decimal digits are lost")
