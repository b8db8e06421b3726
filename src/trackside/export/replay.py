"""The notebook's first cell: what asks a question of the service, with the standard library alone."""

ASK_SOURCE = '''\
import json
import os
import urllib.error
import urllib.request

BASE_URL = os.environ.get("TWELVELABS_BASE_URL", {address!r}).rstrip("/")


def ask(
    question,
    *,
    knowledge_store_id,
    session_id=None,
    instructions="",
    schema=None,
    schema_name="answer",
    selections=(),
    web_search=False,
):
    """Asks one question, prints the answer while it comes, and returns it with the conversation's id."""
    key = os.environ.get("TWELVELABS_API_KEY")
    if not key:
        raise RuntimeError("Set TWELVELABS_API_KEY in the environment that Jupyter is started in.")
    body = {{
        "knowledge_store_id": knowledge_store_id,
        "input": [{{"type": "message", "role": "user", "content": question}}],
        "stream": True,
    }}
    if session_id:
        body["session_id"] = session_id
    if instructions:
        body["instructions"] = instructions
    if schema is not None:
        answer_format = {{"type": "json_schema", "name": schema_name, "schema": schema, "strict": True}}
        body["text"] = {{"format": answer_format}}
    if selections:
        body["selections"] = list(selections)
    if web_search:
        body["tools"] = [{{"type": "jockey:web_search"}}]
    request = urllib.request.Request(
        f"{{BASE_URL}}/responses",
        data=json.dumps(body).encode(),
        headers={{"x-api-key": key, "Content-Type": "application/json", "Accept": "text/event-stream"}},
    )
    texts = {{}}  # of the answer's parts
    asides = set()  # items that are no part of the answer: what is said on the way to it
    is_over = False
    try:
        # An answer may think for minutes before its first word.
        with urllib.request.urlopen(request, timeout=300) as stream:
            for event in events(stream):
                kind, item = event.get("type"), event.get("item") or {{}}
                response = event.get("response") or {{}}
                session_id = response.get("session_id") or session_id
                if kind == "response.output_item.added":
                    if item.get("phase") not in (None, "final_answer"):
                        asides.add((event.get("output_index"), item.get("id")))
                elif kind == "response.output_text.delta":
                    if (event.get("output_index"), event.get("item_id")) not in asides:
                        part = (event.get("output_index", 0), event.get("content_index", 0))
                        texts[part] = texts.get(part, "") + event["delta"]
                        print(event["delta"], end="", flush=True)
                elif kind in ("response.failed", "error"):
                    error = response.get("error") or event.get("error") or event
                    raise RuntimeError(error.get("message") or "The service could not finish the answer.")
                elif kind in ("response.completed", "response.incomplete", "[DONE]"):
                    is_over = True
                    if response.get("status") == "incomplete":
                        print("\\n[cut off at the length limit]", end="")
    except urllib.error.HTTPError as error:
        raise RuntimeError(f"{{error.code}}: {{error.read().decode(errors='replace')[:2000]}}") from None
    print()
    if not is_over:
        raise RuntimeError("The connection closed before the answer's end.")
    return "\\n\\n".join(texts[part] for part in sorted(texts)), session_id


def events(stream):
    """The Server-Sent Events of a stream, as the JSON objects that they carry."""
    data = []
    for line in stream:
        line = line.decode("utf-8", "replace").rstrip("\\r\\n")
        if line.startswith("data:"):
            data.append(line[5:].removeprefix(" "))
        elif not line and data:
            text = "\\n".join(data)
            data = []
            yield {{"type": text}} if text == "[DONE]" else json.loads(text)
'''
