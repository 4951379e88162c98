"""Corrects what Schemathesis generates; loaded by schemathesis.ts."""

import schemathesis


@schemathesis.hook
def map_body(context, body):
    """JSON Schema takes 1.0 for an integer, and CloudEvents does not, so write it as 1."""
    return without_fractions(body)


@schemathesis.hook
def filter_case(context, case):
    """The run must not end the rights of its own principal: every later answer would be 403."""
    own = (case.path_parameters or {}).get("id") == "operator"
    return not (own and "last_administrator" in str((case.query or {}).get("confirm")))


def without_fractions(value):
    if isinstance(value, float) and value.is_integer():
        return int(value)
    if isinstance(value, list):
        return [without_fractions(item) for item in value]
    if isinstance(value, dict):
        return {name: without_fractions(item) for name, item in value.items()}
    return value
