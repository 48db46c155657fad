"""What type checkers are told about InboundMessage is what it takes."""

import ast
import inspect

from csdesk import InboundMessage


def test_the_constructor_for_type_checkers_has_every_field_and_text():
    tree = ast.parse(inspect.getsource(inspect.getmodule(InboundMessage)))
    cls = next(one for one in tree.body if isinstance(one, ast.ClassDef) and one.name == "InboundMessage")
    init = next(one for one in ast.walk(cls) if isinstance(one, ast.FunctionDef) and one.name == "__init__")
    names = {
        argument.arg: default for argument, default in zip(init.args.kwonlyargs, init.args.kw_defaults, strict=True)
    }
    fields = InboundMessage.model_fields
    assert set(names) == {*fields, "text"}
    assert {name for name, default in names.items() if default is None} == {
        name for name, field in fields.items() if field.is_required()
    }
