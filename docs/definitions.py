"""What the pages of the reference say of each function besides its docstring: formula, sources."""

import re

from numba_logspace._family import FAMILY

# LaTeX; p is the softmax of x, sigma the logistic function, k the place of the first maximum.
FORMULAS = {
    "softmax": r"y_i = p_i = \frac{e^{x_i}}{\sum_j e^{x_j}}",
    "log_softmax": r"y_i = \log p_i = x_i - \log \sum_j e^{x_j}",
    "log1m_softmax": r"y_i = \log(1 - p_i) = \log \frac{\sum_{j \ne i} e^{x_j}}{\sum_j e^{x_j}}",
    "loo_logsumexp": r"y_i = \log \sum_{j \ne i} e^{x_j}",
    "logcumsumexp": r"y_i = \log \sum_{j \le i} e^{x_j}",
    "logsumexp": r"y = \log \sum_j b_j\, e^{x_j}",
    "logsumexp_excluding_max": r"y = \log \sum_{j \ne k} e^{x_j}, \quad x_k = \max_j x_j",
    "logmeanexp": r"y = \log \frac{1}{n} \sum_j e^{x_j}",
    "logvarexp": r"y = \log \frac{1}{n} \sum_i \Big(e^{x_i} - \frac{1}{n} \sum_j e^{x_j}\Big)^2",
    "weighted_logsumexp_vjp": r"""y = \log \Big| \sum_j b_j e^{x_j} \Big|, \quad
        \bar x_j = g\, b_j\, e^{x_j - y}, \quad \bar b_j = g\, e^{x_j - y}
        \quad \text{(each with the sign of the sum)}""",
    "weighted_logsumexp_jvp": r"""\dot y = \frac{\sum_j (b_j t_j + s_j)\, e^{x_j}}
        {\sum_j b_j\, e^{x_j}}""",
    "cross_entropy": r"L = -\sum_k T_k \log p_k",
    "softmax_binary_cross_entropy": r"""L = -\sum_k \big[\,T_k \log p_k
        + (1 - T_k) \log(1 - p_k)\,\big]""",
    "complement_cross_entropy": r"L = -\sum_k W_k \log(1 - p_k)",
    "sigmoid_binary_cross_entropy": r"L = -t \log \sigma(x) - (1 - t) \log(1 - \sigma(x))",
    "sigmoid_binary_cross_entropy_hvp": r"""h_j = (1 - m_j + q_j m_j)\, \sigma(x_j)\,
        \sigma(-x_j)\, t_j \quad \text{(targets } m \text{, weights } q \text{ of them)}""",
    "gated_log_softmax": r"""y = \big(\log s + \operatorname{log\_softmax}(a),\;
        \log(1 - s) + \operatorname{log\_softmax}(b)\big), \quad s = \sigma(\mathrm{gate})""",
    "logmatmulexp": r"c_{ij} = \log \sum_k e^{a_{ik} + b_{kj}}",
    "hmm_forward": r"\alpha_t(j) = \log p(y_1, \dots, y_t,\, z_t = j)",
    "hmm_backward": r"\beta_t(j) = \log p(y_{t+1}, \dots, y_T \mid z_t = j)",
    "hmm_loglikelihood": r"\ell = \log p(y_1, \dots, y_T) = \log \sum_j e^{\alpha_T(j)}",
    "hmm_posterior": r"\gamma_t(j) = \log p(z_t = j \mid y_1, \dots, y_T)",
    "hmm_viterbi": r"\arg\max_{z_1, \dots, z_T}\, \log p(y_1, \dots, y_T,\, z_1, \dots, z_T)",
    "segment_logsumexp": r"y_s = \log \sum_{j \in s} e^{x_j}",
    "segment_softmax": r"y_i = \frac{e^{x_i}}{\sum_{j \in s(i)} e^{x_j}}",
    "segment_log_softmax": r"y_i = x_i - \log \sum_{j \in s(i)} e^{x_j}",
    "segment_log1m_softmax": r"""y_i = \log\Big(1 - \frac{e^{x_i}}
        {\sum_{j \in s(i)} e^{x_j}}\Big)""",
    "log1mexp": r"\log(1 - e^x), \quad x \le 0",
    "log1pexp": r"\log(1 + e^x)",
    "logaddexp": r"\log(e^x + e^y)",
    "logsubexp": r"\log(e^x - e^y), \quad x \ge y",
    "logistic": r"\sigma(x) = \frac{1}{1 + e^{-x}}",
    "logit": r"\log \frac{x}{1 - x}",
    "log_sigmoid": r"\log \sigma(x) = -\log(1 + e^{-x})",
    "log1m_sigmoid": r"\log(1 - \sigma(x)) = -\log(1 + e^x)",
    "log_inv_logit_diff": r"\log(\sigma(x) - \sigma(y)), \quad x \ge y",
    "logitexp": r"\operatorname{logit}(e^x) = x - \log(1 - e^x)",
    "cloglog": r"\log(-\log(1 - x))",
    "cexpexp": r"1 - e^{-e^x}",
    "logexpm1": r"\log(e^x - 1)",
    "log2mexp": r"\log(2 - e^x)",
    "log1pmx": r"\log(1 + x) - x",
    "logmxp1": r"\log x - x + 1",
    "log1psq": r"\log(1 + x^2)",
    "logcosh": r"\log \cosh x",
    "xlogy": r"x \log y",
    "xlog1py": r"x \log(1 + y)",
    "xlogx": r"x \log x",
    "entr": r"-x \log x",
    "rel_entr": r"x \log \frac{x}{y}",
    "kl_div": r"x \log \frac{x}{y} - x + y",
    "log_mix": r"\log\big(s\, e^x + (1 - s)\, e^y\big), \quad s = \sigma(t)",
    "log_mix_dt": r"\sigma(t + x - y) - \sigma(t)",
    "log_mix_dx": r"\sigma(t + x - y)",
    "log_mix_dy": r"\sigma(y - x - t)",
}

# What the ending of a name makes of the formula before it, for rows and for anything else.
DERIVED = {
    "_value_and_vjp": r"y \;\text{ and }\; \bar x_j = \sum_i g_i \frac{\partial y_i}{\partial x_j}",
    "_value_and_grad": r"L \;\text{ and }\; \frac{\partial L}{\partial x_j}",
    "_vjp": r"\bar x_j = \sum_i g_i \frac{\partial y_i}{\partial x_j}",
    "_jvp": r"\dot y_i = \sum_j \frac{\partial y_i}{\partial x_j}\, t_j",
    "_jacobian": r"J_{ij} = \frac{\partial y_i}{\partial x_j}",
    "_hvp": r"h_j = \sum_k \frac{\partial^2}{\partial x_j\, \partial x_k}"
    r" \Big(\sum_i g_i\, y_i\Big)\, t_k",
}
OF_ONE_RESULT = {
    "_vjp": r"\bar x_j = g\, \frac{\partial y}{\partial x_j}",
    "_jvp": r"\dot y = \sum_j \frac{\partial y}{\partial x_j}\, t_j",
    "_hvp": r"h_j = \sum_k \frac{\partial^2 y}{\partial x_j\, \partial x_k}\, t_k",
}

_SOURCES = {
    "Blanchard": (
        "P. Blanchard, D. J. Higham and N. J. Higham, Accurately computing the log-sum-exp and "
        "softmax functions, IMA Journal of Numerical Analysis 41 (2021) 2311-2330",
        "10.1093/imanum/draa038",
    ),
    "Milakov": (
        "M. Milakov and N. Gimelshein, Online normalizer calculation for softmax (2018)",
        "10.48550/arXiv.1805.02867",
    ),
    "Maechler": (
        "M. Mächler, Accurately computing log(1 - exp(-\\|a\\|)), a vignette of the R package "
        "Rmpfr (2012)",
        "https://cran.r-project.org/package=Rmpfr",
    ),
    "Pearlmutter": (
        "B. A. Pearlmutter, Fast exact multiplication by the Hessian, Neural Computation 6 (1994) "
        "147-160",
        "10.1162/neco.1994.6.1.147",
    ),
    "Rabiner": (
        "L. R. Rabiner, A tutorial on hidden Markov models and selected applications in speech "
        "recognition, Proceedings of the IEEE 77 (1989) 257-286",
        "10.1109/5.18626",
    ),
    "Viterbi": (
        "A. J. Viterbi, Error bounds for convolutional codes and an asymptotically optimum "
        "decoding algorithm, IEEE Transactions on Information Theory 13 (1967) 260-269",
        "10.1109/TIT.1967.1054010",
    ),
    "forum of 2022": (
        "How to calculate log(1 - softmax(X)) numerically stably, a thread of the PyTorch forum "
        "(discuss.pytorch.org, 2022)",
        "https://discuss.pytorch.org/t/how-to-calculate-log-1-softmax-x-numerically-stably/169007",
    ),
    "forum of 2020": (
        "Applying log_softmax manually in a stable way, a thread of the PyTorch forum "
        "(discuss.pytorch.org, 2020)",
        "https://discuss.pytorch.org/t/applying-log-softmax-manually-in-a-stable-way/98679",
    ),
    "Kullback": (
        "S. Kullback and R. A. Leibler, On information and sufficiency, Annals of Mathematical "
        "Statistics 22 (1951) 79-86",
        "10.1214/aoms/1177729694",
    ),
    "Shannon": (
        "C. E. Shannon, A mathematical theory of communication, Bell System Technical Journal 27 "
        "(1948) 379-423",
        "10.1002/j.1538-7305.1948.tb01338.x",
    ),
    "Cox": (
        "D. R. Cox, Regression models and life-tables, Journal of the Royal Statistical Society B "
        "34 (1972) 187-220",
        "10.1111/j.2517-6161.1972.tb00899.x",
    ),
}
# The beginning of names, and what they rest on.
_CITED = (
    (
        r"(segment_)?(softmax|log_softmax|log1m_softmax|logsumexp|logmeanexp|loo_)"
        r"|logmatmulexp|weighted_|logvarexp|log_mix$",
        "Blanchard",
    ),
    (r"logcumsumexp|logsumexp", "Milakov"),
    (r"(segment_)?log1m_softmax|softmax_binary|complement_cross", "forum of 2022"),
    (r"gated_", "forum of 2020"),
    (r"(log1mexp|log1pexp|log1m_sigmoid|log_sigmoid|logsubexp|logexpm1)$", "Maechler"),
    (r"\w+_hvp$", "Pearlmutter"),
    (r"hmm_(?!viterbi)", "Rabiner"),
    (r"hmm_viterbi", "Viterbi"),
    (r"rel_entr$|kl_div$", "Kullback"),
    (r"entr$", "Shannon"),
    (r"segment_logsumexp", "Cox"),
)
# Functions that are chosen between, or used together, beside those of the same base.
_GROUPS = (
    ("softmax", "log_softmax", "log1m_softmax", "loo_logsumexp"),
    ("logsumexp", "logsumexp_excluding_max", "logmeanexp", "logvarexp", "logcumsumexp"),
    ("logsumexp", "logaddexp", "logsubexp", "logmatmulexp", "segment_logsumexp"),
    ("log_mix", "gated_log_softmax", "logaddexp"),
    ("log1mexp", "log1pexp", "logexpm1", "log2mexp", "logsubexp", "cexpexp"),
    ("logistic", "logit", "log_sigmoid", "log1m_sigmoid", "log_inv_logit_diff", "log1pexp"),
    ("logit", "logitexp", "cloglog"),
    ("cloglog", "cexpexp"),
    ("log1pmx", "logmxp1", "log1psq", "logcosh"),
    ("xlogy", "xlog1py", "xlogx", "entr", "rel_entr", "kl_div"),
    ("kl_div", "logmxp1"),
    (
        "cross_entropy",
        "softmax_binary_cross_entropy",
        "complement_cross_entropy",
        "sigmoid_binary_cross_entropy",
    ),
    ("log_softmax", "cross_entropy"),
    ("log1m_softmax", "complement_cross_entropy", "softmax_binary_cross_entropy"),
    ("log_sigmoid", "log1m_sigmoid", "sigmoid_binary_cross_entropy"),
    ("hmm_forward", "logmatmulexp"),
    ("logmatmulexp_vjp", "logmatmulexp_jvp", "logsumexp_vjp", "logsumexp_jvp"),
    (
        "logsumexp_hvp",
        "log1m_softmax_hvp",
        "cross_entropy_hvp",
        "softmax_binary_cross_entropy_hvp",
        "complement_cross_entropy_hvp",
        "sigmoid_binary_cross_entropy_hvp",
    ),
    ("log_softmax_jacobian", "log1m_softmax_jacobian"),
)
# What SciPy and NumPy call the same.
_SCIPY = "logsumexp softmax log_softmax logit xlogy xlog1py entr rel_entr kl_div"
SAME_ELSEWHERE = {
    **{name: f"scipy.special.{name}" for name in _SCIPY.split()},
    "logistic": "scipy.special.expit",
    "log_sigmoid": "scipy.special.log_expit",
    "logaddexp": "numpy.logaddexp",
}


def formula(name):
    """The formula of a function in LaTeX; None where its name has none."""
    if name in FORMULAS:
        return FORMULAS[name]
    ending = next((e for e in DERIVED if name.endswith(e)), None)
    base = name.removesuffix(ending) if ending else None
    if base not in FORMULAS:
        return None
    derived = DERIVED[ending]
    if FORMULAS[base].startswith(("y =", "L =")) and "gated" not in name:
        derived = OF_ONE_RESULT.get(ending, derived)
    if base in ("logmatmulexp", "gated_log_softmax", "hmm_loglikelihood"):
        derived = _OF_SEVERAL[base, ending]
    if FORMULAS[base].startswith("L ="):
        derived = derived.replace(" y", " L")
    return rf"\begin{{gathered}} {FORMULAS[base]} \\ {derived} \end{{gathered}}"


_OF_SEVERAL = {
    ("logmatmulexp", "_vjp"): r"\bar a_{ik} = \sum_j g_{ij}\, e^{a_{ik} + b_{kj} - c_{ij}}, \quad "
    r"\bar b_{kj} = \sum_i g_{ij}\, e^{a_{ik} + b_{kj} - c_{ij}}",
    ("logmatmulexp", "_jvp"): r"\dot c_{ij} = \sum_k (\dot a_{ik} + \dot b_{kj})\, "
    r"e^{a_{ik} + b_{kj} - c_{ij}}",
    ("gated_log_softmax", "_vjp"): r"\bar u = \sum_i g_i \frac{\partial y_i}{\partial u} "
    r"\;\text{ for } u = \mathrm{gate}, a, b",
    ("hmm_loglikelihood", "_value_and_grad"): r"\ell \;\text{ and its derivatives by all "
    r"logarithms}",
}


def sources(name):
    """[(a source of a function, its DOI or, for lack of one, its address)]."""
    return [_SOURCES[key] for beginning, key in _CITED if re.match(beginning, name)]


def relatives(name):
    """The functions of the table that go with one: of the same base, or its derivative."""
    base = _base(name)
    return [other for other in FAMILY if other != name and _base(other) == base]


def neighbours(name):
    """The functions that are chosen between or used together with one, and of another base."""
    near = {other for group in _GROUPS if name in group for other in group}
    return [other for other in FAMILY if other in near - {name, *relatives(name)}]


def _base(name):
    name = name.removeprefix("weighted_").removeprefix("segment_")
    for ending in (*DERIVED, "_dt", "_dx", "_dy"):
        name = name.removesuffix(ending)
    return "hmm" if name.startswith("hmm_") else name
