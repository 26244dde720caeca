"""Interactions become JSON documents for tapes, and documents interactions: one form for journals and YAML.

A document holds what a reviewer wants to read; `content_form` says how payloads stand in it, `http_form` how answers to
HTTP requests do.

    {"activity": "plan", "recorded": "2026-01-05T…Z", "input": [{"goal": "…"}], "result": {"tool": "search"}}
    {"activity": "plan", …, "failure": {"message": "…", "applicationFailureInfo": {…}}, "retried": true}
    {"local activity": "count_words", "recorded": "…", "result": 3}
    {"http": "POST https://api.openai.com/v1/chat/completions", …, "request": {…}, "response": {"status": 200, …}}
    {"http": "GET https://example.com/", "recorded": "…", "fault": {"raised": "httpx2.ConnectError", "message": "…"}}
"""

from collections.abc import Mapping
from dataclasses import replace

from replaykit.model.cassette import Answer, Content, Failed, Fault, Interaction, Layer, Response
from replaykit.rules.content_form import Document, Fetch, Malformed, Stow, from_node, to_node
from replaykit.rules.http_form import fault_from, fault_to, response_from, response_to

_OF_ACTIVITIES = frozenset({"input", "result", "failure", "retried", "workflow"})
_OF_HTTP = frozenset({"within", "declared", "request", "response", "fault"})


def to_document(interaction: Interaction, *, stow: Stow | None = None) -> Document:
    """Write an interaction; without `stow` large bytes stay in the document."""
    document: Document = {interaction.layer.value: interaction.name, "recorded": interaction.recorded}
    if interaction.within:
        document["within"] = interaction.within
    if interaction.declared:
        document["declared"] = interaction.declared
    if interaction.workflow:
        document["workflow"] = interaction.workflow
    if interaction.attempt > 1:
        document["attempt"] = interaction.attempt
    if interaction.layer is Layer.HTTP:
        for content in interaction.input or ():
            document["request"] = to_node(content, stow=stow)
    elif interaction.input is not None:
        document["input"] = [to_node(content, stow=stow) for content in interaction.input]
    match interaction.answer:
        case Content() as result:
            document["result"] = to_node(result, stow=stow)
        case Failed(failure, retried):
            document["failure"] = dict(failure)
            if retried:
                document["retried"] = True
        case Response() as response:
            document["response"] = response_to(response, stow=stow)
        case Fault() as fault:
            document["fault"] = fault_to(fault)
    return document


def from_document(document: object, *, fetch: Fetch | None = None) -> Interaction:
    """Read an interaction out of a document that is JSON (`content_form.to_json` makes sure).

    Raises:
        Malformed: The document has another form.
    """
    if not isinstance(document, dict):
        raise Malformed("an interaction is no mapping")
    layers = [layer for layer in Layer if layer.value in document]
    if len(layers) != 1:
        raise Malformed("an interaction begins with one of: " + ", ".join(f"{layer.value}: NAME" for layer in Layer))
    layer = layers[0]
    unknown = (
        set(document) - {layer.value, "recorded", "attempt"} - (_OF_HTTP if layer is Layer.HTTP else _OF_ACTIVITIES)
    )
    if unknown:
        raise Malformed(f"an interaction has the unknown field {min(map(str, unknown))!r:.60}")
    name, recorded, given = document[layer.value], document.get("recorded"), document.get("input")
    if not isinstance(name, str) or not isinstance(recorded, str):
        raise Malformed("an interaction's name and its time `recorded` are texts")
    attempt = document.get("attempt", 1)
    if isinstance(attempt, bool) or not isinstance(attempt, int) or attempt < 1:
        raise Malformed("an interaction's attempt is a number from 1")
    if layer is Layer.HTTP:
        return _http(document, Interaction(layer, name, (), Content(""), recorded, attempt), fetch)
    if "input" in document and not isinstance(given, list):
        raise Malformed("an interaction's input is a list of arguments")
    if layer is not Layer.LOCAL_ACTIVITY and given is None:
        raise Malformed("an activity has no input; only that of a local activity may be unknown")
    workflow = document.get("workflow", "")
    if not isinstance(workflow, str):
        raise Malformed("the workflow that asked for an activity is named by a text")
    contents = None if given is None else tuple(from_node(node, fetch=fetch) for node in given)
    return Interaction(layer, name, contents, _answer(document, fetch), recorded, attempt, workflow=workflow)


def _http(document: Mapping[str, object], asked: Interaction, fetch: Fetch | None) -> Interaction:
    within, declared = document.get("within", ""), document.get("declared", "")
    if not isinstance(within, str) or not isinstance(declared, str):
        raise Malformed("the activity that a request was made in, and a declared fault, are named by a text")
    if ("response" in document) == ("fault" in document):
        raise Malformed("a request has either a response or a fault")
    request = (from_node(document["request"], fetch=fetch),) if "request" in document else ()
    answer = (
        response_from(document["response"], fetch=fetch) if "response" in document else fault_from(document["fault"])
    )
    return replace(asked, input=request, answer=answer, within=within, declared=declared)


def _answer(document: Mapping[str, object], fetch: Fetch | None) -> Answer:
    if ("result" in document) == ("failure" in document):
        raise Malformed("an interaction has either a result or a failure")
    if "result" in document:
        if "retried" in document:
            raise Malformed("only a failure is retried")
        return from_node(document["result"], fetch=fetch)
    failure, retried = document["failure"], document.get("retried", False)
    if not isinstance(failure, dict) or not isinstance(retried, bool):
        raise Malformed("a failure is a mapping, and retried is true or false")
    return Failed(failure, retried)
