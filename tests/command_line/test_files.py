"""The command line on several files, archives, tables, folders of zarr, and pipes."""

import os
import subprocess
import sys
import zipfile

import numpy as np
import pytest

import numba_logspace as nl
from numba_logspace.__main__ import main
from numba_logspace._commands import arrays, calls, stored
from numba_logspace._interop.calls import has_single_entries

RANDOM = np.random.default_rng(11)
X = RANDOM.normal(0, 3, (6, 4, 5))
LABELS = RANDOM.integers(0, 4, (6, 5))
PROBABILITIES = RANDOM.random((6, 4, 5))
ROWS = RANDOM.random((6, 5))
# What the arguments after x are, along axis 1.
OPERANDS = {
    "g": PROBABILITIES - 0.5,
    "t": PROBABILITIES - 0.3,
    "b": PROBABILITIES,
    "targets": LABELS,
    "weights": ROWS,
}
# One function of each kind, all the others among the long tests.
FIRST = {calls.FAMILY[name].kind: name for name in reversed(calls.NAMES)}.values()
EVERY = [n if n in FIRST else pytest.param(n, marks=pytest.mark.slow) for n in calls.NAMES]


@pytest.fixture
def folder(tmp_path, monkeypatch):
    """An empty folder to work in, and slabs that are small."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(arrays, "_HELD", 512)
    monkeypatch.setattr(stored, "_MAPPED", 100)
    return tmp_path


def run(*command):
    """A command that must succeed."""
    assert main(["apply", *map(str, command)]) == 0


def refused(capsys, *command):
    """What a command says that must fail in one line."""
    before = sorted(os.listdir())
    assert main(["apply", *map(str, command)]) == 2
    printed = capsys.readouterr()
    assert printed.out == ""
    assert printed.err.count("\n") == 1
    assert sorted(os.listdir()) == before
    return printed.err


def same(found, expected):
    """The same numbers: slabs may take another way through memory than the whole array."""
    expected = np.asarray(expected)
    assert found.dtype == expected.dtype
    assert found.shape == expected.shape
    eps = np.finfo(expected.dtype).eps
    np.testing.assert_allclose(found, expected, rtol=8 * eps, atol=8 * eps)


def arguments_of(name, count):
    """The arrays of a function for files, of which the last may be left out."""
    function = calls.FAMILY[name]
    if function.kind == "elementwise":
        names = [*calls._arguments(name)][:count]
        return dict(zip(names, [-np.abs(X), PROBABILITIES, ROWS.sum() + 0 * X]))
    names = [*calls._arguments(name)][:count]
    found = {n: OPERANDS.get(n, X) for n in names}
    if "of a reduction" in function.kind and "g" in found:
        found["g"] = ROWS
    if "class weights" in function.kind:
        found["weights"] = PROBABILITIES
    if has_single_entries(function.kind):
        found |= {n: PROBABILITIES for n in ("targets", "weights") if n in found}
    return found


def called(name, arguments):
    """The results of the function itself."""
    function = getattr(nl, name)
    if calls.FAMILY[name].kind == "elementwise":
        return (function(*arguments.values()),)
    axis = {} if has_single_entries(calls.FAMILY[name].kind) else {"axis": 1}
    results = function(**arguments, **axis)
    return results if isinstance(results, tuple) else (results,)


# --- several arrays ----------------------------------------------------------------------------


@pytest.mark.one_in(13)
@pytest.mark.parametrize("order", ["C", "F"])
@pytest.mark.parametrize("name", EVERY)
def test_every_function(folder, name, order):
    for count in range(1, len(calls._arguments(name)) + 1):
        try:
            calls.divided(name, ["."] * (count + len(calls.results_of(calls.FAMILY[name]))))
        except ValueError:
            continue  # an argument that must not be left out
        arguments = arguments_of(name, count)
        expected = called(name, arguments)
        inputs = [f"{n}.npy" for n in arguments]
        results = [f"out{i}.npy" for i in range(len(expected))]
        for path, array in zip(inputs, arguments.values(), strict=True):
            np.save(path, np.array(array, order=order))
        run(name, *inputs, *results, "--axis", 1)
        for path, result in zip(results, expected, strict=True):
            same(np.load(path), result)


@pytest.mark.parametrize(
    ("name", "dtypes"),
    [
        ("logsumexp", ("f4", "f8")),
        ("logaddexp", ("f4", "f2")),
        ("logaddexp", ("i4", "f4")),
        ("softmax_vjp", ("f4", "f8")),
        ("softmax_vjp", ("i2", "f4")),
        ("cross_entropy", ("f2", "i8")),
    ],
)
def test_dtypes(folder, name, dtypes):
    arrays = [np.abs(X).astype(dtypes[0]), PROBABILITIES.astype(dtypes[1])]
    np.save("x.npy", arrays[0])
    np.save("y.npy", arrays[1])
    run(name, "x.npy", "y.npy", "out.npy")
    more = {"b": arrays[1]} if name == "logsumexp" else {}
    expected = getattr(nl, name)(*arrays[: 1 if more else 2], **more)
    assert np.load("out.npy").dtype == expected.dtype


@pytest.mark.one_in(2)
@pytest.mark.parametrize("order", ["C", "F"])
def test_options(folder, order):
    where, classes = RANDOM.random((6, 5)) < 0.7, RANDOM.random(4)
    of_entries = PROBABILITIES < 0.7
    given = {"x": X, "labels": LABELS, "rows": ROWS, "where": where, "entries": of_entries}
    for name, array in (given | {"classes": classes, "p": PROBABILITIES}).items():
        np.save(name, np.array(array, order=order))
    files = "x.npy", "labels.npy", "out.npy"
    options = ["--weights", "rows.npy", "--where", "where.npy", "--class-weights", "classes.npy"]
    run("cross_entropy", *files, *options, "--label-smoothing", "0.1", "--axis", 1)
    same(
        np.load("out.npy"),
        nl.cross_entropy(
            *(X, LABELS, 1),
            weights=ROWS,
            where=where,
            class_weights=classes,
            label_smoothing=0.1,
        ),
    )
    run("softmax", "x.npy", "out.npy", "--where", "entries.npy", "--axis", 1)
    same(np.load("out.npy"), nl.softmax(X, 1, where=of_entries))
    options = ["--where", "entries.npy", "--pos-weight", "p.npy", "--weights", "p.npy"]
    run("sigmoid_binary_cross_entropy", "x.npy", "p.npy", "out.npy", *options)
    weights = {"pos_weight": PROBABILITIES, "weights": PROBABILITIES, "where": of_entries}
    same(np.load("out.npy"), nl.sigmoid_binary_cross_entropy(X, PROBABILITIES, **weights))


def test_labels_may_keep_the_axis(folder):
    np.save("x.npy", X)
    np.save("labels.npy", LABELS[:, None])
    run("cross_entropy", "x.npy", "labels.npy", "out.npy", "--axis", 1)
    same(np.load("out.npy"), nl.cross_entropy(X, LABELS, 1))


@pytest.mark.parametrize(("row", "order"), [((4, 3), "C"), ((4, 3), "F"), ((0, 1), "F")])
def test_errors_name_the_row_of_the_file(folder, capsys, row, order):
    labels = LABELS.copy()
    labels[row] = 4
    np.save("x.npy", np.array(X, order=order))
    np.save("labels.npy", np.array(labels, order=order))
    said = refused(capsys, "cross_entropy", "x.npy", "labels.npy", "out.npy", "--axis", 1)
    assert f"got 4 in row {row}" in said


def test_an_error_names_the_entry_of_the_file(folder, capsys):
    targets = PROBABILITIES.copy()
    targets[4, 3, 2] = 4
    np.save("x.npy", X)
    np.save("targets.npy", targets)
    said = refused(capsys, "sigmoid_binary_cross_entropy", "x.npy", "targets.npy", "out.npy")
    assert "got 4.0 in row (4, 3, 2)" in said


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ("cross_entropy x.npy out.npy", "files of cross_entropy are: logits targets [weights]"),
        ("softmax_vjp x.npy x.npy x.npy out.npy", "files of softmax_vjp are: x [g] output, got 4"),
        ("log1m_softmax_value_and_vjp x.npy out.npy", "x [g] value gradient, got 2"),
        ("logaddexp x.npy x.npy", "files of logaddexp are: x y output, got 2"),
        ("logaddexp x.npy rows.npy out.npy", "y must have the shape (6, 4, 5) beside x.npy"),
        ("cross_entropy x.npy rows.npy out.npy", "targets must have the shape"),
        ("cross_entropy_value_and_grad x.npy x.npy a.npy a.npy", "two outputs must not be one"),
        ("logaddexp x.npy x.npy x.npy", "the output is the input"),
        ("softmax_vjp x.npy fortran.npy out.npy", "x.npy is in C order and fortran.npy in Fortran"),
        ("logaddexp - - out.npy", "only one input may be -"),
        ("softmax x.npy:a out.npy", "only archives and tables have parts"),
        (
            "cross_entropy x.npy x.npy out.npy --class-weights rows.npy",
            "class_weights must have the shape (5,) beside x.npy, rows.npy has (6, 5)",
        ),
        ("softmax x.npy out.npy --where rows.npy", "where must have the shape (6, 4, 5)"),
        ("softmax x.npy out.npy --where x.npy", "where must be boolean"),
        (
            "softmax x.npy out.npy --class-weights x.npy",
            "softmax has no option --class-weights; it has --where",
        ),
        ("logaddexp x.npy x.npy out.npy --where x.npy", "no option --where; it has none of them"),
        ("cross_entropy x.npy p.npy out.npy --label-smoothing 2", "label_smoothing must be in"),
        (
            "cross_entropy x.npy x.npy x.npy out.npy --weights x.npy",
            "files of cross_entropy are: logits targets output, got 4",
        ),
    ],
)
def test_wrong_arguments(folder, capsys, arguments, said):
    np.save("x.npy", X)
    np.save("fortran.npy", np.asfortranarray(X))
    np.save("p.npy", PROBABILITIES)
    np.save("rows.npy", ROWS)
    assert said in refused(capsys, *arguments.split())


# --- archives and pipes ------------------------------------------------------------------------


@pytest.mark.parametrize("save", [np.savez, np.savez_compressed])
def test_archives(folder, save):
    save("in.npz", a=X, b=PROBABILITIES)
    run("softmax_vjp", "in.npz:a", "in.npz:b", "out.npz", "--axis", 0)
    with np.load("out.npz") as archive:
        same(archive["arr_0"], nl.softmax_vjp(X, PROBABILITIES, 0))
    # One array needs no name.
    run("log_softmax", "out.npz", "again.npy")
    same(np.load("again.npy"), nl.log_softmax(nl.softmax_vjp(X, PROBABILITIES, 0)))


def test_wrong_archives(folder, capsys):
    np.savez("in.npz", a=X, b=X)
    said = refused(capsys, "softmax", "in.npz", "out.npy")
    assert "choose one of the arrays a, b, as in in.npz:a" in said
    assert "choose one" in refused(capsys, "softmax", "in.npz:c", "out.npy")
    with zipfile.ZipFile("empty.npz", "w") as archive:
        archive.writestr("readme.txt", "nothing")
    assert "without arrays" in refused(capsys, "softmax", "empty.npz", "out.npy")


def test_a_name_with_a_colon(folder):
    np.save("a:b.npy", X)
    run("softmax", "a:b.npy", "c:d.npy")
    same(np.load("c:d.npy"), nl.softmax(X))


def piped(*arguments, **options):
    """A finished process that reads and writes bytes."""
    command = [sys.executable, "-m", "numba_logspace", "apply", *arguments]
    return subprocess.run(command, capture_output=True, timeout=300, check=False, **options)


def test_pipes(tmp_path):
    np.save(tmp_path / "x.npy", X)
    source = (tmp_path / "x.npy").read_bytes()
    done = piped("softmax", "-", "-", "--axis", "1", input=source, cwd=tmp_path)
    assert (done.returncode, done.stderr) == (0, b"")
    (tmp_path / "out.npy").write_bytes(done.stdout)
    same(np.load(tmp_path / "out.npy"), nl.softmax(X, 1))
    # Nothing of an output that is not complete.
    for wrong in (source[:-1], b""):
        done = piped("softmax", "-", "-", input=wrong, cwd=tmp_path)
        assert (done.returncode, done.stdout) == (2, b"")
        assert done.stderr.startswith(b"numba_logspace: error: - is not a complete .npy file")
    assert sorted(os.listdir(tmp_path)) == ["out.npy", "x.npy"]


def test_nothing_is_left_among_temporary_files(tmp_path):
    np.savez(tmp_path / "x.npz", X)
    (tmp_path / "temporary").mkdir()
    environment = os.environ | {"TMPDIR": str(tmp_path / "temporary")}
    done = piped("softmax", "x.npz", "-", cwd=tmp_path, env=environment)
    assert done.returncode == 0, done.stderr
    assert not os.listdir(tmp_path / "temporary")


# --- tables ------------------------------------------------------------------------------------

COLUMNS = ["a", "b", "c"]


def write_table(path, columns, groups=None):
    """Write a table of columns, by their names, in groups of so many rows."""
    pyarrow = pytest.importorskip("pyarrow")
    from pyarrow import parquet

    parquet.write_table(pyarrow.table(columns), path, row_group_size=groups)


def read_table(path):
    """{name: column} of a table."""
    from pyarrow import parquet

    table = parquet.read_table(path)
    return {name: table.column(name).to_numpy() for name in table.column_names}


@pytest.fixture
def table(folder, monkeypatch):
    """A table of three columns of scores, and a class and a weight for each row."""
    pytest.importorskip("pyarrow")
    from numba_logspace._commands import tables

    monkeypatch.setattr(tables, "_HELD", 400)
    x = RANDOM.normal(0, 3, (50, 3))
    columns = dict(zip(COLUMNS, x.T, strict=True))
    columns |= {"label": RANDOM.integers(0, 3, 50), "weight": RANDOM.random(50)}
    write_table("in.parquet", columns, groups=7)
    return x, columns["label"], columns["weight"]


def test_tables(table):
    x, label, weight = table
    run("log1m_softmax", "in.parquet:a,b,c", "out.parquet")
    found = read_table("out.parquet")
    assert list(found) == COLUMNS
    same(np.stack([*found.values()], -1), nl.log1m_softmax(x))
    run("logsumexp", "in.parquet:c,a", "out.parquet")
    same(read_table("out.parquet")["logsumexp"], nl.logsumexp(x[:, [2, 0]]))
    run("xlogy", "in.parquet:label", "in.parquet:weight", "out.parquet")
    same(read_table("out.parquet")["label"], nl.xlogy(label, weight))
    inputs = "in.parquet:a,b,c", "in.parquet:label", "in.parquet:weight"
    run("cross_entropy_value_and_grad", *inputs, "loss.parquet", "gradient.parquet")
    loss, gradient = nl.cross_entropy_value_and_grad(x, label, weights=weight)
    same(read_table("loss.parquet")["cross_entropy_value_and_grad"], loss)
    same(np.stack([*read_table("gradient.parquet").values()], -1), gradient)


@pytest.mark.slow
def test_options_of_tables(table):
    x, label, weight = table
    where = RANDOM.random(50) < 0.7
    write_table("more.parquet", {"where": where})
    write_table("classes.parquet", {"weight": [1.0, 2.0, 0.5]})
    files = "in.parquet:a,b,c", "in.parquet:label", "loss.parquet"
    options = ["--weights", "in.parquet:weight", "--where", "more.parquet:where"]
    run("cross_entropy", *files, *options, "--class-weights", "classes.parquet")
    counted = {"weights": weight, "where": where, "class_weights": [1.0, 2.0, 0.5]}
    same(
        read_table("loss.parquet")["cross_entropy"],
        nl.cross_entropy(x, label, **counted),
    )
    run("sigmoid_binary_cross_entropy", "in.parquet:a,b", "in.parquet:weight,weight", "y.parquet")
    targets = np.stack([weight, weight], -1)
    same(
        np.stack([*read_table("y.parquet").values()], -1),
        nl.sigmoid_binary_cross_entropy(x[:, :2], targets),
    )


def test_groups_of_rows_need_not_agree(table):
    x, label, _ = table
    write_table("labels.parquet", {"label": label}, groups=3)
    run("cross_entropy", "in.parquet:a,b,c", "labels.parquet", "out.parquet")
    same(read_table("out.parquet")["cross_entropy"], nl.cross_entropy(x, label))


@pytest.mark.parametrize("dtype", ["f2", "f4", "i1", "u8", "?"])
def test_types_of_columns(folder, dtype):
    x = (RANDOM.normal(0, 3, (9, 2)) > 0).astype(dtype)
    write_table("in.parquet", {"a": x[:, 0], "b": x[:, 1]})
    run("softmax", "in.parquet", "out.parquet")
    same(np.stack([*read_table("out.parquet").values()], -1), nl.softmax(x))


def test_missing_numbers_are_nan(folder):
    write_table("in.parquet", {"a": [1, None, 3], "b": [0.5, 1.5, None]})
    run("softmax", "in.parquet", "out.parquet")
    expected = nl.softmax([[1, 0.5], [np.nan, 1.5], [3, np.nan]])
    same(np.stack([*read_table("out.parquet").values()], -1), expected)


def test_a_table_without_rows(folder):
    write_table("in.parquet", {"a": np.empty(0), "b": np.empty(0)})
    run("softmax", "in.parquet", "out.parquet")
    assert {name: len(column) for name, column in read_table("out.parquet").items()} == {
        "a": 0,
        "b": 0,
    }


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ("softmax in.parquet:a,d out.parquet", "no column 'd'; it has a, b, c, label, weight"),
        ("softmax in.parquet:a out.parquet", "has one column"),
        ("softmax in.parquet:a,b out.npy", "must end in .parquet"),
        ("softmax in.parquet:a,b out.parquet --axis 0", "axis must be -1"),
        ("softmax in.parquet:a,b out.parquet --axis 2", "axis 2 is out of bounds"),
        ("softmax part.parquet out.parquet", "part.parquet is not a complete .parquet file"),
        ("softmax text.parquet out.parquet", "column a of text.parquet has the type string"),
        ("softmax_vjp in.parquet:a,b x.npy out.parquet", "all inputs must be of one kind"),
        ("cross_entropy in.parquet:a,b in.parquet:label out.parquet", "got 2.0 in row 4"),
        (
            "cross_entropy in.parquet:a,b in.parquet:label out.parquet --where half.parquet",
            "missing",
        ),
        (
            "sigmoid_binary_cross_entropy in.parquet:a,b in.parquet:weight,label out.parquet",
            "got 2.0 in row (40, 1)",
        ),
    ],
)
def test_wrong_tables(table, capsys, arguments, said):
    labels = np.zeros(50)
    labels[40] = 2
    x, _, weight = table
    write_table(
        "in.parquet", dict(zip(COLUMNS, x.T, strict=True)) | {"label": labels, "weight": weight}
    )
    np.save("x.npy", x[:, :2])
    write_table("half.parquet", {"where": [True, None] * 25})
    write_table("text.parquet", {"a": ["x", "y"], "b": ["x", "y"]})
    with open("in.parquet", "rb") as source, open("part.parquet", "wb") as part:
        part.write(source.read()[:500])
    assert said in refused(capsys, *arguments.split())


# --- folders of zarr ---------------------------------------------------------------------------


def write_zarr(path, array, chunks):
    """Write an array in chunks."""
    zarr = pytest.importorskip("zarr")
    pytest.importorskip("dask")
    zarr.create_array(path, shape=array.shape, dtype=array.dtype, chunks=chunks)[...] = array


def read_zarr(path):
    """The array in a folder."""
    import zarr

    return zarr.open_array(path, mode="r")[...]


@pytest.mark.parametrize("chunks", [(2, 4, 5), (6, 1, 3), (4, 3, 2)])
@pytest.mark.parametrize("axis", [0, 1, -1])
def test_zarr(folder, chunks, axis):
    write_zarr("in.zarr", X, chunks)
    run("log1m_softmax", "in.zarr", "out.zarr", "--axis", axis)
    same(read_zarr("out.zarr"), nl.log1m_softmax(X, axis))
    run("logsumexp", "in.zarr", "sums.zarr", "--axis", axis)
    same(read_zarr("sums.zarr"), nl.logsumexp(X, axis))
    assert sorted(os.listdir()) == ["in.zarr", "out.zarr", "sums.zarr"]


def test_several_folders(folder):
    write_zarr("x.zarr", X, (2, 4, 5))
    write_zarr("labels.zarr", LABELS, (3, 2))
    files = "x.zarr", "labels.zarr", "loss.zarr", "gradient.zarr"
    run("cross_entropy_value_and_grad", *files, "--axis", 1)
    loss, gradient = nl.cross_entropy_value_and_grad(X, LABELS, 1)
    same(read_zarr("loss.zarr"), loss)
    same(read_zarr("gradient.zarr"), gradient)


@pytest.mark.slow
def test_options_of_folders(folder):
    where, classes = ROWS < 0.7, np.array([1.0, 2.0, 0.5, 3.0])
    write_zarr("x.zarr", X, (2, 4, 5))
    write_zarr("labels.zarr", LABELS, (3, 2))
    write_zarr("where.zarr", where, (6, 5))
    write_zarr("classes.zarr", classes, (2,))
    write_zarr("p.zarr", PROBABILITIES, (4, 4, 3))
    options = [
        "--where",
        "where.zarr",
        "--class-weights",
        "classes.zarr",
        "--label-smoothing",
        "0.2",
    ]
    run("cross_entropy", "x.zarr", "labels.zarr", "loss.zarr", *options, "--axis", 1)
    counted = {"where": where, "class_weights": classes, "label_smoothing": 0.2}
    same(read_zarr("loss.zarr"), nl.cross_entropy(X, LABELS, 1, **counted))
    run("sigmoid_binary_cross_entropy_hvp", "x.zarr", "p.zarr", "p.zarr", "y.zarr")
    same(read_zarr("y.zarr"), nl.sigmoid_binary_cross_entropy_hvp(X, PROBABILITIES, PROBABILITIES))


def test_one_axis_of_zarr(folder):
    write_zarr("in.zarr", X.ravel(), (7,))
    run("logsumexp", "in.zarr", "out.zarr")
    same(read_zarr("out.zarr"), nl.logsumexp(X.ravel()))


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ("softmax in.zarr out.npy", "must end in .zarr"),
        ("softmax in.zarr in.zarr", "in.zarr is not a regular file"),
        ("softmax in.zarr file.zarr", "in the way of a folder"),
        ("softmax in.zarr out.zarr --axis 3", "axis 3 is out of bounds"),
        ("softmax in.zarr -", "cannot go through the pipe"),
        ("softmax damaged.zarr out.zarr", "damaged.zarr is not an array of zarr"),
        ("logaddexp in.zarr x.npy out.zarr", "all inputs must be of one kind"),
        ("cross_entropy in.zarr labels.zarr out.zarr --axis 1", "in one of the chunks"),
    ],
)
def test_wrong_zarr(folder, capsys, arguments, said):
    write_zarr("in.zarr", X, (2, 4, 5))
    write_zarr("labels.zarr", LABELS + 4, (2, 5))
    (folder / "damaged.zarr").mkdir()
    (folder / "damaged.zarr" / "zarr.json").write_text("{")
    (folder / "file.zarr").write_text("")
    np.save("x.npy", X)
    assert said in refused(capsys, *arguments.split())


@pytest.mark.parametrize(("library", "source"), [("pyarrow", "in.parquet"), ("zarr", "in.zarr")])
def test_without_a_library(folder, capsys, monkeypatch, library, source):
    monkeypatch.setitem(sys.modules, library, None)
    (folder / "in.zarr").mkdir()
    (folder / "in.zarr" / "zarr.json").write_text("{}")
    (folder / "in.parquet").write_bytes(b"PAR1")
    said = refused(capsys, "softmax", source, f"out{source[2:]}")
    assert "pip install 'numba_logspace[files]'" in said
