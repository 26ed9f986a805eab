"""Write numba_logspace/__init__.pyi and partials.pyi, which type checkers and editors read.

Ufuncs are made, and docstrings completed, when the package is imported; who only reads its files
sees neither. The stub has the signatures of the sources and the docstrings of the imported package.
Run python docs/write_stub.py after a change of either.
"""

import ast
import functools
import importlib
import importlib.util
import inspect
import itertools
import re
import sys
import textwrap
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

import numba_logspace
from numba_logspace import partials
from numba_logspace._family import named
from numba_logspace._family.partials import PARTIALS

PACKAGE = Path(numba_logspace.__file__).parent
STUB = PACKAGE / "__init__.pyi"
STUB_OF_PARTIALS = PACKAGE / "partials.pyi"
WIDTH = 100

_STUB = '''"""{doc}"""

# Written by docs/write_stub.py from the sources. Change those, and run it again.

{imports}

from . import partials as partials

{aliases}

__version__: str

__all__ = [
{names}
]

{definitions}'''

_STUB_OF_PARTIALS = '''"""{doc}"""

# Written by docs/write_stub.py. Change partials.py, and run it again.

from numba_logspace import {classes}

__all__ = [
{names}
]

{definitions}
'''

_CALL_OF_UFUNC = """    def __call__(
        self,
{operands}
        /,
        out: np.ndarray | tuple[np.ndarray] | None = None,
        *,
        where: ArrayLike = True,
        casting: _Casting = "same_kind",
        order: _Order = "K",
        dtype: DTypeLike | None = None,
        subok: bool = True,
        signature: Any = None,
    ) -> Any: ..."""
_CASTING = 'Literal["no", "equiv", "safe", "same_kind", "unsafe"]'
_ORDER = 'Literal["K", "A", "C", "F"]'


def stub() -> str:
    """The text of the stub."""
    needs = _Needs()
    public = {name: getattr(numba_logspace, name) for name in numba_logspace.__all__}
    ufuncs = {name: public.pop(name) for name in named("elementwise")}
    definitions = [*_classes_of_ufuncs(ufuncs.values(), needs)]
    definitions += [_ufunc(name, ufunc) for name, ufunc in ufuncs.items()]
    definitions += [_public(name, thing, needs) for name, thing in public.items()]
    return _STUB.format(
        doc=numba_logspace.__doc__,
        imports=needs.imports(),
        aliases="\n".join(f"{name}: TypeAlias = {text}" for name, text in needs.aliases.items()),
        names="\n".join(f'    "{name}",' for name in numba_logspace.__all__),
        definitions="\n\n".join(definitions) + "\n",
    )


def stub_of_partials() -> str:
    """The text of the stub of the derivatives of elementwise functions: of each what it is."""
    ufuncs = {name: getattr(partials, name) for name in partials.__all__}
    lines = []
    for name, ufunc in ufuncs.items():
        text = f"{partials.what(name).capitalize()}. {_doc(PARTIALS[name].engine)}"
        lines.append(f"{name}: {_class_of_ufunc(_operands(ufunc))}\n{_docstring(text)}")
    return _STUB_OF_PARTIALS.format(
        doc=partials.__doc__,
        classes=", ".join(sorted({_class_of_ufunc(_operands(u)) for u in ufuncs.values()})),
        names="\n".join(f'    "{name}",' for name in ufuncs),
        definitions="\n".join(lines),
    )


# --- what is in the sources ----------------------------------------------------------------------


class _Source:
    """A module of the package as it is written."""

    def __init__(self, text: str, package: str) -> None:
        self.tree = ast.parse(text)
        self.package = package

    def definition(self, name: str) -> Any:
        """The statement that defines a function, a class or an alias; None where there is none."""
        for node in self.tree.body:
            target = node.target if isinstance(node, ast.AnnAssign) else None
            defined = target.id if isinstance(target, ast.Name) else getattr(node, "name", None)
            if defined == name:
                return node
        return None

    def origin(self, name: str) -> tuple[str, str | None] | None:
        """(module, name in it, or None for all of it) of what is imported under a name."""
        for node in self.tree.body:
            if isinstance(node, ast.Import):
                for found in node.names:
                    if (found.asname or found.name) == name:
                        return found.name, None
            if isinstance(node, ast.ImportFrom):
                module = "." * node.level + (node.module or "")
                for found in node.names:
                    if (found.asname or found.name) == name:
                        return importlib.util.resolve_name(module, self.package), found.name
        return None


@functools.cache
def _source(path: str) -> _Source:
    folders = Path(path).parent.relative_to(PACKAGE.parent).parts
    return _Source(Path(path).read_text(encoding="utf-8"), ".".join(folders))


class _Needs:
    """The imports and the aliases of types that definitions need, gathered as they are written."""

    def __init__(self) -> None:
        self.aliases: dict[str, str] = {}
        self._modules: set[tuple[str, str]] = set()
        self._names: dict[str, set[str]] = {}

    def take(self, module: str, name: str | None, local: str) -> None:
        """Import a module, or a name from one."""
        if name is None:
            self._modules.add((module, local))
        else:
            self._names.setdefault(module, set()).add(name)

    def alias(self, name: str, text: str) -> str:
        """Define an alias, which is no public name."""
        self.take("typing", "TypeAlias", "TypeAlias")
        self.aliases["_" + name] = text
        return "_" + name

    def local(self, name: str, source: _Source) -> str:
        """What the name of a module is called in the stub, which has it from now on."""
        node = source.definition(name)
        if isinstance(node, ast.AnnAssign) and node.value:
            return self.alias(name, self.text(node.value, source))
        origin = source.origin(name)
        if origin is None:
            return name  # of Python
        module, inner = origin
        if inner is not None and module.partition(".")[0] == PACKAGE.name:
            path = inspect.getsourcefile(importlib.import_module(module))
            return self.local(inner, _source(path or ""))
        self.take(module, inner, name)
        return name

    def text(self, node: ast.expr, source: _Source) -> str:
        """An annotation, a default value or a decorator, as it stands in the stub."""
        for part in ast.walk(node):
            if isinstance(part, ast.Name):
                part.id = self.local(part.id, source)
        return ast.unparse(node).replace("'", '"')

    def imports(self) -> str:
        """The imports, in the order of ruff."""
        lines: dict[bool, list[str]] = {True: [], False: []}
        for module, local in sorted(self._modules):
            name = module if module == local else f"{module} as {local}"
            lines[_is_standard(module)].append(f"import {name}")
        for module, names in sorted(self._names.items()):
            line = f"from {module} import {', '.join(sorted(names))}"
            lines[_is_standard(module)].append(line)
        return "\n\n".join("\n".join(lines[kind]) for kind in (True, False) if lines[kind])


def _is_standard(module: str) -> bool:
    return module.partition(".")[0] in sys.stdlib_module_names


# --- ufuncs --------------------------------------------------------------------------------------


def _operands(ufunc: Any) -> tuple[str, ...]:
    # From our own part of the docstring: the first line is NumPy's, of each version another.
    head = _doc(ufunc).partition("Parameters\n----------\n")[2]
    names = [m[1] for m in re.finditer(r"^(\w[\w, ]*) : array_like$", head, re.MULTILINE)]
    return tuple(", ".join(names).split(", "))[: ufunc.nin]


def _doc_of_ufunc(ufunc: Any) -> str:
    names = ", ".join(_operands(ufunc))
    options = "where=True, casting='same_kind', order='K', dtype=None, subok=True, signature=None"
    first = f"{ufunc.__name__}({names}, /, out=None, *, {options})"
    return first + "\n\n" + _doc(ufunc).partition("\n\n")[2]


def _class_of_ufunc(operands: tuple[str, ...]) -> str:
    return "_UfuncOf" + "".join(operands).upper()


def _classes_of_ufuncs(ufuncs: Iterable[Any], needs: _Needs) -> Iterator[str]:
    # One for each signature; what a ufunc has besides its call it has as those of NumPy.
    needs.take("numpy", None, "np")
    for module, name in [("numpy.typing", "ArrayLike"), ("numpy.typing", "DTypeLike")]:
        needs.take(module, name, name)
    for name in ("Any", "Literal"):
        needs.take("typing", name, name)
    needs.alias("Casting", _CASTING)
    needs.alias("Order", _ORDER)
    for operands in sorted({_operands(ufunc) for ufunc in ufuncs}):
        lines = "\n".join(f"        {x}: ArrayLike," for x in operands)
        head = f"class {_class_of_ufunc(operands)}(np.ufunc):  # type: ignore[misc]\n"
        yield head + _CALL_OF_UFUNC.format(operands=lines)


def _ufunc(name: str, ufunc: Any) -> str:
    return f"{name}: {_class_of_ufunc(_operands(ufunc))}\n{_docstring(_doc_of_ufunc(ufunc))}"


# --- functions and classes -----------------------------------------------------------------------


def _public(name: str, thing: Any, needs: _Needs) -> str:
    path = inspect.getsourcefile(inspect.unwrap(thing))
    return _definition(name, _doc(thing), _source(path or ""), needs)


def _definition(name: str, doc: str, source: _Source, needs: _Needs) -> str:
    node = source.definition(name)
    if isinstance(node, ast.ClassDef):
        return _class(node, doc, source, needs)
    return _function(node, doc, source, needs)


def _doc(thing: Any) -> str:
    return inspect.getdoc(thing) or ""


def _class(node: ast.ClassDef, doc: str, source: _Source, needs: _Needs) -> str:
    bases = ", ".join(needs.text(base, source) for base in node.bases)
    parts = [_docstring(doc)]
    for part in node.body:
        if isinstance(part, ast.FunctionDef) and _is_shown(part.name):
            parts.append(_function(part, ast.get_docstring(part) or "", source, needs))
    head = f"class {node.name}({bases}):\n" if bases else f"class {node.name}:\n"
    # The style of stubs has no empty line behind a definition of one line.
    body = parts[0]
    for before, part in itertools.pairwise(parts):
        body += ("\n" if before.endswith(" ...") else "\n\n") + part
    return head + textwrap.indent(body, "    ", _is_not_empty)


def _is_shown(name: str) -> bool:
    return not name.startswith("_") or (name.startswith("__") and name.endswith("__"))


def _function(node: ast.FunctionDef, doc: str, source: _Source, needs: _Needs) -> str:
    # Decorators of the package see to docstrings; others may change what a call gives.
    lines = [f"@{needs.text(d, source)}" for d in node.decorator_list if not _is_ours(d, source)]
    parameters = _parameters(node.args, source, needs)
    returns = f" -> {needs.text(node.returns, source)}" if node.returns else ""
    head = f"def {node.name}({', '.join(parameters)}){returns}:"
    if len(head) + len(" ...") > WIDTH:
        inside = "".join(f"    {parameter},\n" for parameter in parameters)
        head = f"def {node.name}(\n{inside}){returns}:"
    body = "\n" + textwrap.indent(_docstring(doc), "    ", _is_not_empty) if doc else " ..."
    return "\n".join([*lines, head + body])


def _is_ours(decorator: ast.expr, source: _Source) -> bool:
    name = ast.unparse(decorator).partition("(")[0].partition(".")[0]
    module, _ = source.origin(name) or ("", None)
    return module.partition(".")[0] == PACKAGE.name


def _parameters(args: ast.arguments, source: _Source, needs: _Needs) -> list[str]:
    def one(arg: ast.arg, default: ast.expr | None = None, stars: str = "") -> str:
        text = stars + arg.arg
        if arg.annotation is not None:
            text += f": {needs.text(arg.annotation, source)}"
        if default is None:
            return text
        equals = " = " if arg.annotation is not None else "="
        return f"{text}{equals}{needs.text(default, source)}"

    plain = [*args.posonlyargs, *args.args]
    defaults = [None] * (len(plain) - len(args.defaults)) + args.defaults
    parameters = [one(arg, default) for arg, default in zip(plain, defaults)]
    if args.posonlyargs:
        parameters.insert(len(args.posonlyargs), "/")
    if args.vararg:
        parameters.append(one(args.vararg, stars="*"))
    elif args.kwonlyargs:
        parameters.append("*")
    parameters += [one(arg, default) for arg, default in zip(args.kwonlyargs, args.kw_defaults)]
    if args.kwarg:
        parameters.append(one(args.kwarg, stars="**"))
    return parameters


def _docstring(text: str) -> str:
    escaped = text.rstrip().replace("\\", "\\\\").replace('"""', r"\"\"\"")
    end = "\n" if "\n" in escaped else ""
    return f'"""{escaped}{end}"""'


def _is_not_empty(line: str) -> bool:
    return line.strip() != ""


if __name__ == "__main__":
    for path, write in ((STUB, stub), (STUB_OF_PARTIALS, stub_of_partials)):
        path.write_text(write(), encoding="utf-8")
        print(path)
