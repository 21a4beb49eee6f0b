"""Templates, evaluated as far as that goes without a request: everything but what the request alone will know.

Jinja reads the templates, and what it has read is evaluated here: texts, addresses, macros, inclusions, loops over
constants. What is left is parts, of which docs/page-bundle.md says what they mean. Anything that cannot be evaluated so
raises ``ValueError`` with the template and its line.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any

from jinja2 import Environment, nodes
from markupsafe import Markup, escape

from tools.pages.values import (
    Choice,
    Condition,
    Sequence,
    Value,
    Variable,
    both,
    choose,
    either,
    equal,
    joined,
    mapped,
    negated,
    truth,
)

Part = Any  # str, or a list whose first element says what it is
Scope = dict[str, Value]


@dataclass(frozen=True)
class Macro:
    node: nodes.Macro
    scope: Scope


@dataclass(frozen=True)
class Function:
    """One of the host's; it gets values, and returns one."""

    call: Callable[..., Value]


class Compiler:
    def __init__(self, environment: Environment, variables: Mapping[str, Value]) -> None:
        """``variables``: all that templates may name that is not theirs, functions included."""
        self._environment, self._variables = environment, variables

    def compile(self, name: str) -> list[Part]:
        """The parts of the page that the template ``name`` makes."""
        return _merged(self._page(name, {}, dict(self._variables)))

    def _page(self, name: str, blocks: dict[str, nodes.Block], scope: Scope) -> list[Part]:
        tree = self._read(name)
        own = {each.name: each for each in tree.find_all(nodes.Block)}
        blocks = {**own, **blocks}
        base = tree.find(nodes.Extends)
        if base is None:
            return _Body(self, name, scope, blocks).parts(tree.body)
        body = _Body(self, name, scope, blocks)
        for each in tree.body:  # what stands beside blocks is shown nowhere, but may set names and macros
            if not isinstance(each, nodes.Extends | nodes.Block | nodes.Output):
                body.parts([each])
        return self._page(base.template.as_const(), blocks, scope)

    def included(self, name: str, scope: Scope) -> list[Part]:
        return _Body(self, name, dict(scope), {}).parts(self._read(name).body)

    def macro(self, name: str, of: str, scope: Scope) -> Macro:
        found = next(each for each in self._read(name).find_all(nodes.Macro) if each.name == of)
        return Macro(found, scope)

    def _read(self, name: str) -> nodes.Template:
        assert self._environment.loader is not None
        source, _, _ = self._environment.loader.get_source(self._environment, name)
        return self._environment.parse(source, name)


class _Body:
    """Statements of the template ``name``, in a ``scope`` that they may add to."""

    def __init__(self, compiler: Compiler, name: str, scope: Scope, blocks: dict[str, nodes.Block]) -> None:
        self._compiler, self._name, self._scope, self._blocks = compiler, name, scope, blocks

    def parts(self, body: list[nodes.Node]) -> list[Part]:
        return [part for each in body for part in self._statement(each)]

    def _statement(self, node: nodes.Node) -> list[Part]:
        found = getattr(self, f"_{type(node).__name__.lower()}", None)
        if found is None:
            raise self._refused(node)
        parts: list[Part] = found(node)
        return parts

    def _refused(self, node: nodes.Node) -> ValueError:
        return ValueError(f"{self._name}:{node.lineno}: {type(node).__name__} cannot be evaluated without a request")

    def _output(self, node: nodes.Output) -> list[Part]:
        return [part for each in node.nodes for part in self._shown(each)]

    def _shown(self, node: nodes.Expr) -> list[Part]:
        if isinstance(node, nodes.TemplateData):
            return [node.data]
        return _written(self.value(node))

    def _if(self, node: nodes.If) -> list[Part]:
        condition = truth(self.value(node.test))
        if condition is True:
            return self.parts(node.body)
        rest = node.elif_
        otherwise = [_as_if(rest, node.else_)] if rest else node.else_
        if condition is False:
            return self.parts(otherwise)
        before = dict(self._scope)
        then = self.parts(node.body)
        after, self._scope = self._scope, dict(before)
        other = self.parts(otherwise)
        self._scope = {name: self._either(condition, name, after) for name in {*after, *self._scope}}
        return [["if", condition, _merged(then), _merged(other)]]

    def _either(self, condition: Condition, name: str, after: Scope) -> Value:
        then, otherwise = after.get(name, ""), self._scope.get(name, "")
        return then if then is otherwise else choose(condition, then, otherwise)

    def _for(self, node: nodes.For) -> list[Part]:
        over = self.value(node.iter)
        if isinstance(over, Variable):
            return [["each", over.name, _merged(self._with_target(node, self._item(node.target)))]]
        return [part for each in over for part in self._with_target(node, each)]

    def _item(self, target: nodes.Expr) -> Value:
        """What is known of a row of a list that the request alone will know: the names of its columns."""
        if isinstance(target, nodes.Tuple):
            return tuple(Variable(f"@{each.name}") for each in target.items if isinstance(each, nodes.Name))
        return Variable(f"@{target.name}")  # type: ignore[attr-defined]

    def _with_target(self, node: nodes.For, item: Value) -> list[Part]:
        inner = _Body(self._compiler, self._name, dict(self._scope), self._blocks)
        inner._assign_to(node.target, item)
        return inner.parts(node.body)

    def _assign(self, node: nodes.Assign) -> list[Part]:
        self._assign_to(node.target, self.value(node.node))
        return []

    def _assign_to(self, target: nodes.Expr, value: Value) -> None:
        if isinstance(target, nodes.Tuple):
            for each, part in zip(target.items, value, strict=True):
                self._assign_to(each, part)
        elif isinstance(target, nodes.Name):
            self._scope[target.name] = value
        else:
            raise self._refused(target)

    def _with(self, node: nodes.With) -> list[Part]:
        inner = _Body(self._compiler, self._name, dict(self._scope), self._blocks)
        for target, value in zip(node.targets, node.values, strict=True):
            inner._assign_to(target, self.value(value))
        return inner.parts(node.body)

    def _include(self, node: nodes.Include) -> list[Part]:
        return self._compiler.included(node.template.as_const(), self._scope)  # type: ignore[attr-defined]

    def _block(self, node: nodes.Block) -> list[Part]:
        return _Body(self._compiler, self._name, dict(self._scope), self._blocks).parts(self._blocks[node.name].body)

    def _macro(self, node: nodes.Macro) -> list[Part]:
        self._scope[node.name] = Macro(node, self._scope)
        return []

    def _fromimport(self, node: nodes.FromImport) -> list[Part]:
        for each in node.names:
            of, name = each if isinstance(each, tuple) else (each, each)
            self._scope[name] = self._compiler.macro(node.template.as_const(), of, self._scope)  # type: ignore[attr-defined]
        return []

    def value(self, node: nodes.Expr) -> Value:
        found = getattr(self, f"_value_of_{type(node).__name__.lower()}", None)
        if found is None:
            raise self._refused(node)
        return found(node)

    def _value_of_const(self, node: nodes.Const) -> Value:
        return node.value

    def _value_of_templatedata(self, node: nodes.TemplateData) -> Value:
        return Markup(node.data)

    def _value_of_name(self, node: nodes.Name) -> Value:
        if node.name not in self._scope:
            raise ValueError(f"{self._name}:{node.lineno}: {node.name} is not known")
        return self._scope[node.name]

    def _value_of_tuple(self, node: nodes.Tuple) -> Value:
        return tuple(self.value(each) for each in node.items)

    _value_of_list = _value_of_tuple

    def _value_of_dict(self, node: nodes.Dict) -> Value:
        return {self.value(each.key): self.value(each.value) for each in node.items}

    def _value_of_getattr(self, node: nodes.Getattr) -> Value:
        return mapped(self.value(node.node), lambda of: self._attribute(node, of, node.attr))

    def _value_of_getitem(self, node: nodes.Getitem) -> Value:
        of, key = self.value(node.node), self.value(node.arg)
        return mapped(key, lambda each: _chosen(of, each, ""))

    def _attribute(self, node: nodes.Expr, of: Value, name: str) -> Value:
        if isinstance(of, dict) and name == "get":
            return Function(lambda key, default="": mapped(key, lambda each: _chosen(of, each, default)))
        if isinstance(of, dict) and name in of:
            return of[name]
        raise self._refused(node)

    def _value_of_condexpr(self, node: nodes.CondExpr) -> Value:
        condition = truth(self.value(node.test))
        otherwise = self.value(node.expr2) if node.expr2 is not None else ""
        return choose(condition, self.value(node.expr1), otherwise)

    def _value_of_not(self, node: nodes.Not) -> Value:
        return _as_value(negated(truth(self.value(node.node))))

    def _value_of_and(self, node: nodes.And) -> Value:
        left, right = self.value(node.left), self.value(node.right)
        return choose(truth(left), right, left)

    def _value_of_or(self, node: nodes.Or) -> Value:
        left, right = self.value(node.left), self.value(node.right)
        return choose(truth(left), left, right)

    def _value_of_compare(self, node: nodes.Compare) -> Value:
        (operand,) = node.ops
        left, right = self.value(node.expr), self.value(operand.expr)
        if operand.op == "eq":
            return _as_value(equal(left, right))
        if operand.op == "ne":
            return _as_value(negated(equal(left, right)))
        if operand.op == "in" and isinstance(right, tuple):
            found: Condition = False
            for each in right:
                found = either(found, equal(left, each))
            return _as_value(found)
        raise self._refused(node)

    def _value_of_concat(self, node: nodes.Concat) -> Value:
        return joined([self.value(each) for each in node.nodes])

    def _value_of_filter(self, node: nodes.Filter) -> Value:
        of = self.value(node.node) if node.node is not None else None
        if node.name == "tojson" and isinstance(of, Variable):
            return Variable(of.name, "raw")
        raise self._refused(node)

    def _value_of_call(self, node: nodes.Call) -> Value:
        called = self.value(node.node)
        arguments = [self.value(each) for each in node.args]
        named = {each.key: self.value(each.value) for each in node.kwargs}
        if isinstance(called, Function):
            return called.call(*arguments, **named)
        if isinstance(called, Macro):
            return self._called(called, arguments, named)
        raise self._refused(node)

    def _called(self, macro: Macro, arguments: list[Value], named: dict[str, Value]) -> Value:
        names = [each.name for each in macro.node.args]
        given = dict(zip(names, arguments, strict=False)) | named
        defaults = zip(names[len(names) - len(macro.node.defaults) :], macro.node.defaults, strict=True)
        inner = _Body(self._compiler, self._name, dict(macro.scope), {})
        inner._scope |= {name: self.value(value) for name, value in defaults} | given
        return Sequence(tuple(_Part(each) for each in inner.parts(macro.node.body)), is_markup=True)


@dataclass(frozen=True)
class _Part:
    """A part as a value: what a macro gives."""

    part: Part


def _as_if(rest: list[nodes.If], last: list[nodes.Node]) -> nodes.If:
    first, *others = rest
    return nodes.If(first.test, first.body, others, last, lineno=first.lineno)


def _as_value(condition: Condition) -> Value:
    return condition if isinstance(condition, bool) else Choice(condition, True, False)


def _chosen(of: dict[Any, Value], key: Value, default: Value) -> Value:
    if not isinstance(key, Variable):
        return of.get(key, default)
    found = default
    for each, value in reversed(of.items()):
        found = choose(equal(key, each), value, found)
    return found


def _written(value: Value, is_markup: bool = False) -> list[Part]:
    """What a page has of ``value``."""
    if isinstance(value, _Part):
        return [value.part]
    if isinstance(value, Variable):
        return [[value.how, value.name]]
    if isinstance(value, Choice):
        write = partial(_written, is_markup=is_markup)
        return [["if", value.condition, _merged(write(value.then)), _merged(write(value.otherwise))]]
    if isinstance(value, Sequence):
        return [part for each in value.values for part in _written(each, value.is_markup)]
    if isinstance(value, str | int) and not isinstance(value, bool):
        return [str(value) if is_markup else str(escape(value))]
    raise ValueError(f"{value!r} cannot be written into a page")


def _merged(parts: list[Part]) -> list[Part]:
    """Texts that stand side by side as one."""
    found: list[Part] = []
    for each in parts:
        if isinstance(each, str) and found and isinstance(found[-1], str):
            found[-1] += each
        elif each != "":
            found.append(each)
    return found
