"""The messages that the source can make for people, read out of its syntax trees.

A message is written in place, or as a name, a constant, a parameter or a function's result nearby.
Each of its forms becomes a template with a `{}` for every value that is put in.
"""

from __future__ import annotations

import ast
import itertools
import re
from collections.abc import Iterable, Iterator
from pathlib import Path

from chemtune.wording.translate import is_vague

SOURCE = Path(__file__).resolve().parents[1] / "src/chemtune"
HOLE = "{}"
ERRORS = ("InputError", "ChemtuneError", "Interrupted", "TryAgain", "_NotFetched", "_Gated")
# A sentence with more forms than this keeps its parts as holes.
MOST_FORMS = 8
# Calls that make a text shorter or safer, and no other one.
PASSING = ("self.shown", "shortened")
# Methods whose message is known by what they are called on.
METHODS = ("append", "ok", "note", "warn", "fault")
# Other notes are for pages that are English.
EXAM_NOTES = ("notes.append", "experiment/exam_comparison.py")
FUNCTIONS = (ast.FunctionDef, ast.AsyncFunctionDef)


def templates(source: Path = SOURCE) -> dict[str, str]:
    """Every message's template, with the file that makes it."""
    found: dict[str, str] = {}
    for path in sorted(source.rglob("*.py")):
        name = str(path.relative_to(source))
        module = Module(ast.parse(path.read_text(encoding="utf-8")))
        for function, message in _messages(module, name):
            for form in [*module.forms(message, function), *module.phrases]:
                if not is_vague(form):
                    found.setdefault(form.strip(), name)
        for form in _worded(module):
            found.setdefault(form, name)
    return {form: name for form, name in found.items() if says_something(form)}


def says_something(form: str) -> bool:
    """Whether a template has words beside its holes."""
    return re.search(r"[^\W\d_]", form.replace(HOLE, "")) is not None


class Module:
    """A module's functions, and what its names are given."""

    def __init__(self, tree: ast.Module) -> None:
        self.calls: list[tuple[ast.AST | None, ast.Call]] = []
        self.raised: list[tuple[ast.AST | None, ast.Call]] = []
        self.functions: dict[str, ast.FunctionDef | ast.AsyncFunctionDef] = {}
        self.given: dict[tuple[ast.AST | None, str], list[ast.expr | None]] = {}
        self.extended: dict[tuple[ast.AST | None, str], list[ast.expr]] = {}
        # What may stand in a hole in place of a value, such as "none".
        self.phrases: list[str] = []
        self._walk(tree, None)

    def forms(self, node: ast.expr | None, function: ast.AST | None, depth: int = 0) -> list[str]:
        """The templates of an expression that makes a text; a hole alone where it is unknown."""
        if depth > 6:
            return [HOLE]
        if isinstance(node, ast.Constant):
            return [_escaped(node.value)] if isinstance(node.value, str) else []
        if isinstance(node, ast.JoinedStr):
            return self._joined([*map(_part, node.values)], function, depth)
        if isinstance(node, ast.IfExp):
            return self._all([node.body, node.orelse], function, depth)
        if isinstance(node, ast.BoolOp):
            return self._all(node.values, function, depth)
        if isinstance(node, ast.BinOp) and isinstance(node.op, ast.Add):
            return self._joined([node.left, node.right], function, depth)
        if isinstance(node, ast.Name):
            return self._named(node.id, function, depth)
        if isinstance(node, ast.Call) and ast.unparse(node.func) in PASSING:
            return self.forms(node.args[0], function, depth + 1)
        if isinstance(node, ast.Call) and (called := self.functions.get(_name(node.func))):
            returned = [n.value for n in ast.walk(called) if isinstance(n, ast.Return)]
            return self._all([r for r in returned if r], called, depth)
        return [HOLE]

    def _all(self, nodes: Iterable[ast.expr], function: ast.AST | None, depth: int) -> list[str]:
        return _once(form for node in nodes for form in self.forms(node, function, depth + 1))

    def _joined(self, nodes: list[ast.expr], function: ast.AST | None, depth: int) -> list[str]:
        parts = [self._put_in(self.forms(node, function, depth + 1)) for node in nodes]
        while len(list(itertools.product(*parts))) > MOST_FORMS:
            parts[parts.index(max(parts, key=len))] = [HOLE]
        return _once(re.sub(r"(\{\})+", HOLE, "".join(p)) for p in itertools.product(*parts))

    def _put_in(self, forms: list[str]) -> list[str]:
        """A part's forms; where it may be a value, its other forms are phrases in its place."""
        if HOLE not in forms:
            return forms or [HOLE]
        self.phrases += [form for form in forms if form != HOLE]
        return [HOLE]

    def _named(self, name: str, function: ast.AST | None, depth: int) -> list[str]:
        for scope in (function, None):
            if (scope, name) in self.given:
                nodes = self.given[scope, name]
                if None in nodes:
                    return [HOLE]
                forms = self._all(nodes, scope, depth)  # type: ignore[arg-type]
                for more in self.extended.get((scope, name), []):
                    longer = self.forms(more, scope, depth + 1)
                    forms += [form + one for form in forms for one in longer]
                return forms
        if isinstance(function, FUNCTIONS) and (place := _place(function, name)):
            return self._argument(function, name, place - 1, depth)
        return [HOLE]

    def _argument(self, function: ast.AST, name: str, place: int, depth: int) -> list[str]:
        nodes = []
        for caller, call in self.calls:
            if _name(call.func) == function.name:  # type: ignore[attr-defined]
                nodes += [(caller, node) for node in _given(call, place, name)]
        return _once(f for caller, node in nodes for f in self.forms(node, caller, depth + 1)) or [
            HOLE
        ]

    def _walk(self, node: ast.AST, function: ast.AST | None) -> None:
        for child in ast.iter_child_nodes(node):
            inner = child if isinstance(child, FUNCTIONS) else function
            if isinstance(child, FUNCTIONS):
                self.functions.setdefault(child.name, child)
            if isinstance(child, ast.Call):
                self.calls.append((function, child))
            if isinstance(child, ast.Raise) and isinstance(child.exc, ast.Call):
                self.raised.append((function, child.exc))
            if isinstance(child, ast.AugAssign) and isinstance(child.target, ast.Name):
                self.extended.setdefault((function, child.target.id), []).append(child.value)
            for name, value in _assigned(child):
                self.given.setdefault((function, name), []).append(value)
            self._walk(child, inner)


def _messages(module: Module, file: str) -> Iterator[tuple[ast.AST | None, ast.expr]]:
    """Every expression whose text people read, and the function that it stands in."""
    for function, call in module.calls:
        name = _name(call.func)
        if name in METHODS and isinstance(call.func, ast.Attribute):
            name = f"{_name(call.func.value)}.{name}"
        if name == "Problem":
            wanted = [(0, "message"), (4, "remedy")]
        elif name == "problem" or name.endswith("_problem"):
            wanted = [(1, "message"), (2, "remedy")]
        elif name in ERRORS:
            wanted = [(place, "") for place in range(len(call.args))]
        elif name in ("say", "translated") or (name == "print" and file.startswith("cli/")):
            wanted = [(0, "")]
        elif name == "progress":
            wanted = [(0, "title"), (2, "unit")]
        elif name == "Check":
            wanted = [(0, "about"), (2, "said")]
        elif name in ("chart.ok", "chart.note", "chart.warn", "chart.fault"):
            wanted = [(0, "about"), (1, "found"), (2, "remedy")]
        elif name == "warnings.append" or (name, file) == EXAM_NOTES:
            wanted = [(0, "")]
        elif name == "held_alone":
            wanted = [(1, "busy")]
        elif name == "advance":
            wanted = [(9, "note")]
        else:
            continue
        for place, keyword in wanted:
            for node in _given(call, place, keyword):
                if not (isinstance(node, ast.Call) and _name(node.func) == "Problem"):
                    yield function, node
    if file.startswith(("recipe/", "tasks/", "domains/")):
        for function, call in module.raised:
            if _name(call.func) == "ValueError":
                yield function, call.args[0]
    if file == "errors.py":
        yield None, ast.Call(ast.Name("nearest"), [], [])


def _worded(module: Module) -> Iterator[str]:
    """The templates that are looked up as they are."""
    for function, call in module.calls:
        if _name(call.func) == "worded" and isinstance(call.args[0], ast.Constant):
            yield call.args[0].value
        elif _name(call.func) == "progress":
            for node in _given(call, 2, "unit"):
                yield from (f"{HOLE} of {HOLE} {form}" for form in module.forms(node, function))


def _given(call: ast.Call, place: int, keyword: str) -> list[ast.expr]:
    by_name = [one.value for one in call.keywords if keyword and one.arg == keyword]
    by_place = [n for n in call.args[place : place + 1] if not isinstance(n, ast.Starred)]
    return by_name or by_place


def _assigned(node: ast.AST) -> Iterator[tuple[str, ast.expr | None]]:
    """The names that a statement gives a value, None where it cannot be told from here."""
    if isinstance(node, ast.Assign | ast.AnnAssign | ast.NamedExpr) and node.value is not None:
        targets = node.targets if isinstance(node, ast.Assign) else [node.target]
        for target in targets:
            yield from _pairs(target, node.value)
    elif isinstance(node, ast.For | ast.AsyncFor | ast.comprehension):
        for name in ast.walk(node.target):
            if isinstance(name, ast.Name):
                yield name.id, None


def _pairs(target: ast.expr, value: ast.expr) -> Iterator[tuple[str, ast.expr | None]]:
    if isinstance(target, ast.Name):
        yield target.id, value
    elif isinstance(target, ast.Tuple):
        if isinstance(value, ast.IfExp):
            yield from _pairs(target, value.body)
            yield from _pairs(target, value.orelse)
        elif isinstance(value, ast.Tuple) and len(value.elts) == len(target.elts):
            for one, its in zip(target.elts, value.elts, strict=True):
                yield from _pairs(one, its)
        else:
            for one in target.elts:
                if isinstance(one, ast.Name):
                    yield one.id, None


def _place(function: ast.FunctionDef | ast.AsyncFunctionDef, name: str) -> int:
    """The place of a parameter in a call, from 1, `self` aside; 0 where there is none."""
    names = [one.arg for one in (*function.args.posonlyargs, *function.args.args)]
    names = names[1:] if names[:1] in (["self"], ["cls"]) else names
    if name in names:
        return names.index(name) + 1
    return 99 if name in [one.arg for one in function.args.kwonlyargs] else 0


def _part(node: ast.expr) -> ast.expr:
    return node.value if isinstance(node, ast.FormattedValue) and not _formatted(node) else node


def _formatted(node: ast.FormattedValue) -> bool:
    return node.conversion != -1 or node.format_spec is not None


def _name(node: ast.expr) -> str:
    return node.id if isinstance(node, ast.Name) else getattr(node, "attr", "")


def _escaped(text: str) -> str:
    return text.replace("{", "{{").replace("}", "}}")


def _once(forms: Iterable[str]) -> list[str]:
    return list(dict.fromkeys(forms))
