"""First and second derivatives of the elementwise functions, as ufuncs.

`logit_dx` is the derivative of `logit` and `logit_dxx` its second; of two numbers x and y there are
`_dx _dy _dxx _dxy _dyy`, and of `log_mix` those by t too. Where a derivative is another function of
the family, the name is that very ufunc: `log1pexp_dx` is `numba_logspace.logistic`.

They are a module of their own since they are many. Import it by its name; `import numba_logspace`
alone does not.
"""

# Written by docs/write_stub.py. Change partials.py, and run it again.

from numba_logspace import _UfuncOfTXY, _UfuncOfX, _UfuncOfXY

__all__ = [
    "log1mexp_dx",
    "log1mexp_dxx",
    "log1pexp_dx",
    "log1pexp_dxx",
    "logistic_dx",
    "logistic_dxx",
    "logit_dx",
    "logit_dxx",
    "log_sigmoid_dx",
    "log_sigmoid_dxx",
    "log1m_sigmoid_dx",
    "log1m_sigmoid_dxx",
    "xlogy_dx",
    "xlogy_dy",
    "xlogy_dxx",
    "xlogy_dxy",
    "xlogy_dyy",
    "xlog1py_dx",
    "xlog1py_dy",
    "xlog1py_dxx",
    "xlog1py_dxy",
    "xlog1py_dyy",
    "log2mexp_dx",
    "log2mexp_dxx",
    "log1pmx_dx",
    "log1pmx_dxx",
    "logmxp1_dx",
    "logmxp1_dxx",
    "logcosh_dx",
    "logcosh_dxx",
    "cexpexp_dx",
    "cexpexp_dxx",
    "xlogx_dx",
    "xlogx_dxx",
    "log_inv_logit_diff_dx",
    "log_inv_logit_diff_dy",
    "log_inv_logit_diff_dxx",
    "log_inv_logit_diff_dxy",
    "log_inv_logit_diff_dyy",
    "log1psq_dx",
    "log1psq_dxx",
    "entr_dx",
    "entr_dxx",
    "rel_entr_dx",
    "rel_entr_dy",
    "rel_entr_dxx",
    "rel_entr_dxy",
    "rel_entr_dyy",
    "kl_div_dx",
    "kl_div_dy",
    "kl_div_dxx",
    "kl_div_dxy",
    "kl_div_dyy",
    "logaddexp_dx",
    "logaddexp_dy",
    "logaddexp_dxx",
    "logaddexp_dxy",
    "logaddexp_dyy",
    "logsubexp_dx",
    "logsubexp_dy",
    "logsubexp_dxx",
    "logsubexp_dxy",
    "logsubexp_dyy",
    "logexpm1_dx",
    "logexpm1_dxx",
    "logitexp_dx",
    "logitexp_dxx",
    "cloglog_dx",
    "cloglog_dxx",
    "log_mix_dt",
    "log_mix_dx",
    "log_mix_dy",
    "log_mix_dtt",
    "log_mix_dtx",
    "log_mix_dty",
    "log_mix_dxx",
    "log_mix_dxy",
    "log_mix_dyy",
]

log1mexp_dx: _UfuncOfX
"""The derivative of `log1mexp` by x. -exp(x) / (1 - exp(x))."""
log1mexp_dxx: _UfuncOfX
"""The second derivative of `log1mexp` by x. -exp(x) / (1 - exp(x))^2."""
log1pexp_dx: _UfuncOfX
"""The derivative of `log1pexp` by x. 1 / (1 + exp(-x))."""
log1pexp_dxx: _UfuncOfX
"""The second derivative of `log1pexp` by x. logistic(x) logistic(-x)."""
logistic_dx: _UfuncOfX
"""The derivative of `logistic` by x. logistic(x) logistic(-x)."""
logistic_dxx: _UfuncOfX
"""The second derivative of `logistic` by x. logistic(x) logistic(-x) (1 - 2 logistic(x))."""
logit_dx: _UfuncOfX
"""The derivative of `logit` by x. 1 / (x (1 - x))."""
logit_dxx: _UfuncOfX
"""The second derivative of `logit` by x. (2 x - 1) / (x (1 - x))^2."""
log_sigmoid_dx: _UfuncOfX
"""The derivative of `log_sigmoid` by x. logistic(-x)."""
log_sigmoid_dxx: _UfuncOfX
"""The second derivative of `log_sigmoid` by x. -logistic(x) logistic(-x)."""
log1m_sigmoid_dx: _UfuncOfX
"""The derivative of `log1m_sigmoid` by x. -logistic(x)."""
log1m_sigmoid_dxx: _UfuncOfX
"""The second derivative of `log1m_sigmoid` by x. -logistic(x) logistic(-x)."""
xlogy_dx: _UfuncOfXY
"""The derivative of `xlogy` by x. log(y), and 0 where both are 0."""
xlogy_dy: _UfuncOfXY
"""The derivative of `xlogy` by y. x / y, and 0 where x is 0."""
xlogy_dxx: _UfuncOfXY
"""The second derivative of `xlogy` by x. 0."""
xlogy_dxy: _UfuncOfXY
"""The second derivative of `xlogy` by x and y. 1 / y."""
xlogy_dyy: _UfuncOfXY
"""The second derivative of `xlogy` by y. -x / y^2, and 0 where x is 0."""
xlog1py_dx: _UfuncOfXY
"""The derivative of `xlog1py` by x. log(1 + y), and 0 where x is 0 and y is -1."""
xlog1py_dy: _UfuncOfXY
"""The derivative of `xlog1py` by y. x / (1 + y), and 0 where x is 0."""
xlog1py_dxx: _UfuncOfXY
"""The second derivative of `xlog1py` by x. 0."""
xlog1py_dxy: _UfuncOfXY
"""The second derivative of `xlog1py` by x and y. 1 / (1 + y)."""
xlog1py_dyy: _UfuncOfXY
"""The second derivative of `xlog1py` by y. -x / (1 + y)^2, and 0 where x is 0."""
log2mexp_dx: _UfuncOfX
"""The derivative of `log2mexp` by x. -exp(x) / (2 - exp(x))."""
log2mexp_dxx: _UfuncOfX
"""The second derivative of `log2mexp` by x. -2 exp(x) / (2 - exp(x))^2."""
log1pmx_dx: _UfuncOfX
"""The derivative of `log1pmx` by x. -x / (1 + x)."""
log1pmx_dxx: _UfuncOfX
"""The second derivative of `log1pmx` by x. -1 / (1 + x)^2."""
logmxp1_dx: _UfuncOfX
"""The derivative of `logmxp1` by x. 1 / x - 1."""
logmxp1_dxx: _UfuncOfX
"""The second derivative of `logmxp1` by x. -1 / x^2."""
logcosh_dx: _UfuncOfX
"""The derivative of `logcosh` by x. tanh(x)."""
logcosh_dxx: _UfuncOfX
"""The second derivative of `logcosh` by x. 1 / cosh(x)^2."""
cexpexp_dx: _UfuncOfX
"""The derivative of `cexpexp` by x. exp(x - exp(x))."""
cexpexp_dxx: _UfuncOfX
"""The second derivative of `cexpexp` by x. exp(x - exp(x)) (1 - exp(x))."""
xlogx_dx: _UfuncOfX
"""The derivative of `xlogx` by x. 1 + log(x)."""
xlogx_dxx: _UfuncOfX
"""The second derivative of `xlogx` by x. 1 / x."""
log_inv_logit_diff_dx: _UfuncOfXY
"""The derivative of `log_inv_logit_diff` by x. 1 / (exp(x - y) - 1) + logistic(-x)."""
log_inv_logit_diff_dy: _UfuncOfXY
"""The derivative of `log_inv_logit_diff` by y. -1 / (exp(x - y) - 1) - logistic(y)."""
log_inv_logit_diff_dxx: _UfuncOfXY
"""The second derivative of `log_inv_logit_diff` by x. -exp(y - x) / (1 - exp(y - x))^2 - logistic(x) logistic(-x)."""
log_inv_logit_diff_dxy: _UfuncOfXY
"""The second derivative of `log_inv_logit_diff` by x and y. exp(y - x) / (1 - exp(y - x))^2."""
log_inv_logit_diff_dyy: _UfuncOfXY
"""The second derivative of `log_inv_logit_diff` by y. -exp(y - x) / (1 - exp(y - x))^2 - logistic(y) logistic(-y)."""
log1psq_dx: _UfuncOfX
"""The derivative of `log1psq` by x. 2 x / (1 + x^2)."""
log1psq_dxx: _UfuncOfX
"""The second derivative of `log1psq` by x. 2 (1 - x^2) / (1 + x^2)^2."""
entr_dx: _UfuncOfX
"""The derivative of `entr` by x. -1 - log(x)."""
entr_dxx: _UfuncOfX
"""The second derivative of `entr` by x. -1 / x."""
rel_entr_dx: _UfuncOfXY
"""The derivative of `rel_entr` by x. 1 + log(x / y)."""
rel_entr_dy: _UfuncOfXY
"""The derivative of `rel_entr` by y. -x / y, and 0 where x is 0."""
rel_entr_dxx: _UfuncOfXY
"""The second derivative of `rel_entr` by x. 1 / x."""
rel_entr_dxy: _UfuncOfXY
"""The second derivative of `rel_entr` by x and y. -1 / y."""
rel_entr_dyy: _UfuncOfXY
"""The second derivative of `rel_entr` by y. x / y^2, and 0 where x is 0."""
kl_div_dx: _UfuncOfXY
"""The derivative of `kl_div` by x. log(x / y)."""
kl_div_dy: _UfuncOfXY
"""The derivative of `kl_div` by y. 1 - x / y, and 1 where x is 0."""
kl_div_dxx: _UfuncOfXY
"""The second derivative of `kl_div` by x. 1 / x."""
kl_div_dxy: _UfuncOfXY
"""The second derivative of `kl_div` by x and y. -1 / y."""
kl_div_dyy: _UfuncOfXY
"""The second derivative of `kl_div` by y. x / y^2, and 0 where x is 0."""
logaddexp_dx: _UfuncOfXY
"""The derivative of `logaddexp` by x. logistic(x - y)."""
logaddexp_dy: _UfuncOfXY
"""The derivative of `logaddexp` by y. logistic(y - x)."""
logaddexp_dxx: _UfuncOfXY
"""The second derivative of `logaddexp` by x. logistic(x - y) logistic(y - x)."""
logaddexp_dxy: _UfuncOfXY
"""The second derivative of `logaddexp` by x and y. -logistic(x - y) logistic(y - x)."""
logaddexp_dyy: _UfuncOfXY
"""The second derivative of `logaddexp` by y. logistic(x - y) logistic(y - x)."""
logsubexp_dx: _UfuncOfXY
"""The derivative of `logsubexp` by x. 1 / (1 - exp(y - x))."""
logsubexp_dy: _UfuncOfXY
"""The derivative of `logsubexp` by y. -1 / (exp(x - y) - 1)."""
logsubexp_dxx: _UfuncOfXY
"""The second derivative of `logsubexp` by x. -exp(y - x) / (1 - exp(y - x))^2."""
logsubexp_dxy: _UfuncOfXY
"""The second derivative of `logsubexp` by x and y. exp(y - x) / (1 - exp(y - x))^2."""
logsubexp_dyy: _UfuncOfXY
"""The second derivative of `logsubexp` by y. -exp(y - x) / (1 - exp(y - x))^2."""
logexpm1_dx: _UfuncOfX
"""The derivative of `logexpm1` by x. 1 / (1 - exp(-x))."""
logexpm1_dxx: _UfuncOfX
"""The second derivative of `logexpm1` by x. -exp(-x) / (1 - exp(-x))^2."""
logitexp_dx: _UfuncOfX
"""The derivative of `logitexp` by x. 1 / (1 - exp(x))."""
logitexp_dxx: _UfuncOfX
"""The second derivative of `logitexp` by x. exp(x) / (1 - exp(x))^2."""
cloglog_dx: _UfuncOfX
"""The derivative of `cloglog` by x. -1 / ((1 - x) log(1 - x))."""
cloglog_dxx: _UfuncOfX
"""The second derivative of `cloglog` by x. -(1 + log(1 - x)) / ((1 - x) log(1 - x))^2."""
log_mix_dt: _UfuncOfTXY
"""The derivative of `log_mix` by t. The derivative of log_mix by t: the share of x in the sum, less s."""
log_mix_dx: _UfuncOfTXY
"""The derivative of `log_mix` by x. The derivative of log_mix by x: the share of x in the sum."""
log_mix_dy: _UfuncOfTXY
"""The derivative of `log_mix` by y. The derivative of log_mix by y: the share of y in the sum."""
log_mix_dtt: _UfuncOfTXY
"""The second derivative of `log_mix` by t. a (1 - a) - s (1 - s), a the share of x and s = logistic(t)."""
log_mix_dtx: _UfuncOfTXY
"""The second derivative of `log_mix` by t and x. The share of x times that of y."""
log_mix_dty: _UfuncOfTXY
"""The second derivative of `log_mix` by t and y. -(the share of x times that of y)."""
log_mix_dxx: _UfuncOfTXY
"""The second derivative of `log_mix` by x. The share of x times that of y."""
log_mix_dxy: _UfuncOfTXY
"""The second derivative of `log_mix` by x and y. -(the share of x times that of y)."""
log_mix_dyy: _UfuncOfTXY
"""The second derivative of `log_mix` by y. The share of x times that of y."""
