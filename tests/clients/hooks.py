"""What schemathesis is told beside `schemathesis.toml`."""

import os
import random

import schemathesis

# Lists, for which its dictionaries have no words.
LISTS = {
    "bbox": [[117.15, 39.15, 117.17, 39.165], [117.1, 39.1, 0, 117.2, 39.2, 100]],
    "document": [["plan-2021"], ["plan-2021", "work-plan-2025"]],
    "kind": [["plan_zone"], ["project", "park"]],
    "properties": [["name"], ["name", "kind", "citations"]],
    "sortby": [["name"], ["-area_m2", "+kind"]],
    "zone": [["sanchahekou"], ["zones/west-station-hub"]],
}


@schemathesis.hook
def map_path_parameters(context, path_parameters):
    """Ids of shares follow from a secret: of those that are made up, none is one."""
    path = context.operation.path
    if path_parameters and path in ("/s/{id}", "/embed/{id}"):
        if random.Random(repr(path_parameters)).random() < 0.8:
            return {**path_parameters, "id": os.environ["SHARE"]}
    return path_parameters


@schemathesis.hook
def map_query(context, query):
    """Keeps three parameters beside the required ones: of a dozen made up at once, one is always
    wrong, and every answer would be the same 400."""
    if not query:
        return query
    choice = random.Random(repr(query))
    required = [parameter.name for parameter in context.operation.query if parameter.is_required]
    others = sorted(name for name in query if name not in required)
    kept = required + choice.sample(others, min(3, len(others)))
    query = {name: query[name] for name in kept if name in query}
    for name in LISTS:
        if isinstance(query.get(name), list) and choice.random() < 0.7:
            query[name] = choice.choice(LISTS[name])
    return query
