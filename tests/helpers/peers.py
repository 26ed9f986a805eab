"""The functions of this package that other libraries have too, as they would be called there.

Only what takes one call is here: a formula put together from several calls is the caller's own.
"""

import numpy as np


def peers():
    """{library: {name here: the function there}}, of the libraries that are installed."""
    found = {}
    for library, functions in (("SciPy", _scipy), ("PyTorch", _torch), ("JAX", _jax)):
        try:
            found[library] = functions()
        except ImportError:
            continue
    return found


def _scipy():
    # With what NumPy has, which SciPy leaves to it.
    from scipy import special

    names = ("softmax", "log_softmax", "logsumexp", "logit", "xlogy", "xlog1py")
    names += ("entr", "rel_entr", "kl_div")
    return {
        **{name: getattr(special, name) for name in names},
        "logaddexp": np.logaddexp,
        "logcumsumexp": np.logaddexp.accumulate,
        "log1pexp": lambda x: np.logaddexp(x.dtype.type(0), x),
        "logmeanexp": lambda x: special.logsumexp(x, b=x.dtype.type(1) / x.dtype.type(x.size)),
        "logsubexp": lambda x, y: special.logsumexp(
            np.stack([x, y]), axis=0, b=np.array([1, -1], x.dtype).reshape(2, *[1] * x.ndim)
        ),
        "logistic": special.expit,
        "log_sigmoid": special.log_expit,
        "log1m_sigmoid": lambda x: special.log_expit(-x),
        "xlogx": lambda x: special.xlogy(x, x),
    }


def _torch():
    import torch

    def called(function, *options):
        return lambda *args: function(*map(torch.as_tensor, args), *options).numpy()

    def pulled(function):
        def vjp(x, g):
            g = torch.as_tensor(g)
            return torch.func.vjp(lambda x: function(x, -1), torch.as_tensor(x))[1](g)[0].numpy()

        return vjp

    def pushed(function):
        def jvp(x, t):
            point = (torch.as_tensor(x),), (torch.as_tensor(t),)
            return torch.func.jvp(lambda x: function(x, -1), *point)[1].numpy()

        return jvp

    rows = {name: getattr(torch, name) for name in ("softmax", "log_softmax", "logsumexp")}
    numbers = {
        **{name: getattr(torch, name) for name in ("logaddexp", "logit")},
        **{name: getattr(torch.special, name) for name in ("xlogy", "xlog1py", "entr")},
        "log1pexp": torch.nn.functional.softplus,
        "logistic": torch.sigmoid,
        "log_sigmoid": torch.nn.functional.logsigmoid,
        "log1m_sigmoid": lambda x: torch.nn.functional.logsigmoid(-x),
        "xlogx": lambda x: torch.special.xlogy(x, x),
    }
    return {
        **{name: called(function, -1) for name, function in rows.items()},
        "logcumsumexp": called(torch.logcumsumexp, -1),
        **{f"{name}_vjp": pulled(function) for name, function in rows.items()},
        **{f"{name}_jvp": pushed(function) for name, function in rows.items()},
        "log_softmax_jacobian": lambda x: torch.func.jacrev(lambda x: torch.log_softmax(x, -1))(
            torch.as_tensor(x)
        ).numpy(),
        **{name: called(function) for name, function in numbers.items()},
    }


def _jax():
    import jax

    jax.config.update("jax_enable_x64", True)
    special = jax.scipy.special

    def pulled(function):
        # The cotangent of a number is a number.
        return lambda x, g: np.asarray(jax.vjp(function, x)[1](np.asarray(g))[0])

    def pushed(function):
        return lambda x, t: np.asarray(jax.jvp(function, (x,), (t,))[1])

    rows = {
        "softmax": jax.nn.softmax,
        "log_softmax": jax.nn.log_softmax,
        "logsumexp": special.logsumexp,
        "logmeanexp": jax.nn.logmeanexp,
    }
    names = ("logit", "xlogy", "xlog1py", "entr", "rel_entr", "kl_div")
    numbers = {
        **{name: getattr(special, name) for name in names},
        "logaddexp": jax.numpy.logaddexp,
        "log1mexp": lambda x: jax.nn.log1mexp(-x),
        "log1pexp": jax.nn.softplus,
        "logistic": special.expit,
        "log_sigmoid": jax.nn.log_sigmoid,
        "log1m_sigmoid": lambda x: jax.nn.log_sigmoid(-x),
        "xlogx": lambda x: special.xlogy(x, x),
    }
    called = {**rows, "logcumsumexp": jax.lax.cumlogsumexp, **numbers}
    return {
        **{name: lambda *args, f=f: np.asarray(f(*args)) for name, f in called.items()},
        **{f"{name}_vjp": pulled(function) for name, function in rows.items()},
        **{f"{name}_jvp": pushed(function) for name, function in rows.items()},
        "log_softmax_jacobian": lambda x: np.asarray(jax.jacrev(jax.nn.log_softmax)(x)),
    }
