#!/usr/bin/env python3
"""A second reading of the log record, to prove ours by: written from the description of the format alone, with nothing
but Python's standard library.

    log_record.py decode    dumped records, a JSON object a line  ->  events, a JSON object a line
    log_record.py encode    an array of described records         ->  dumped records, a JSON object a line

A dumped record is {"arrival_time": ..., "partition_key": ..., "seq": ..., "data": base64 of the log record}, and a log
record is gzip members which together hold

    Metadata  Data*     JSON objects; a line feed behind each, but white space of any kind, or none, is legal

Keys match in any case, unknown ones mean nothing, missing ones are zero values.

A described record is {"partition_key", "objects", "between", "cuts"}: its objects are written key by key as they stand,
{"hex": "00ff"} as the base64 of these bytes; `between` is what stands behind each object (default a line feed); at each
of the byte offsets `cuts` of the text, counted from its end when negative, another gzip member begins.
"""

import base64
import gzip
import json
import re
import sys

METADATA = {"unbroken": False, "source": "", "sourcetype": "", "host": "", "index": "", "enc_id": 0, "block_id": 0}
DATA = {"is_done": False, "ts": None, "data": None}
PROBE = "__null__"


def decode(lines):
    """Yields an object an event. The metadata is repeated in each, `ts` is the text of the record or None."""
    for line in lines:
        dumped = fields(json.loads(line), {"arrival_time": None, "partition_key": "", "seq": "", "data": ""})
        objects = values(gzip.decompress(base64.b64decode(dumped["data"], validate=True)).decode("utf-8", "replace"))
        metadata = fields(next(objects), METADATA)
        for data in (fields(value, DATA) for value in objects):
            raw = base64.b64decode((data["data"] or "").encode("ascii"), validate=True)
            yield {
                **metadata,
                "is_done": data["is_done"],
                "ts": data["ts"],
                "data": base64.b64encode(raw).decode("ascii"),
                "partition_key": dumped["partition_key"],
                "seq": dumped["seq"],
            }


def values(text):
    """Yields the JSON values of a text one after the other."""
    decoder = json.JSONDecoder()
    at = skip_space(text, 0)
    while at < len(text):
        value, end = decoder.raw_decode(text, at)
        yield value
        at = skip_space(text, end)


def skip_space(text, at):
    return re.compile(r"[ \t\r\n]*").match(text, at).end()


def fields(value, defaults):
    """The known keys of an object in lower case; what is absent or null is the default."""
    if not isinstance(value, dict):
        raise ValueError(f"not an object: {value!r}")
    found = {key.lower(): each for key, each in value.items()}
    return {key: default if found.get(key) is None else found[key] for key, default in defaults.items()}


def encode(described):
    """Yields a dumped record for each described one. Their sequence numbers count from 1."""
    for number, record in enumerate(described, 1):
        between = record.get("between", "\n")
        text = "".join(write(value) + between for value in record["objects"]).encode("utf-8")
        cuts = sorted(cut if cut >= 0 else len(text) + cut for cut in record.get("cuts", []))
        borders = [0, *cuts, len(text)]
        members = [gzip.compress(text[start:end], mtime=0) for start, end in zip(borders, borders[1:])]
        yield {
            "arrival_time": "2017-05-01T12:00:01.5Z",
            "partition_key": record.get("partition_key", f"broken-{number}"),
            "seq": str(number),
            "data": base64.b64encode(b"".join(members)).decode("ascii"),
        }


def write(value):
    return json.dumps({key: base64_of(each) for key, each in value.items()}, separators=(",", ":"))


def base64_of(value):
    if isinstance(value, dict) and list(value) == ["hex"]:
        return base64.b64encode(bytes.fromhex(value["hex"])).decode("ascii")
    return value


def main(arguments):
    if arguments == ["decode"]:
        results = decode(line for line in sys.stdin if line.strip())
    elif arguments == ["encode"]:
        results = encode(json.load(sys.stdin))
    else:
        sys.exit("usage: log_record.py decode|encode < input > output")
    for result in results:
        # As JSON.stringify writes it.
        print(json.dumps(result, separators=(",", ":"), ensure_ascii=False))


if __name__ == "__main__":
    for stream in (sys.stdin, sys.stdout):
        stream.reconfigure(encoding="utf-8")
    main(sys.argv[1:])
