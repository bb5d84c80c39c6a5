"""`python -m viewer.speech.process`: align the clip on standard input; the answer is JSON on standard output."""

from __future__ import annotations

import json
import sys

from viewer.speech.align import align
from viewer.speech.wire import alignment_as_json, unpack_speech


def main() -> None:
    answer = alignment_as_json(align(unpack_speech(sys.stdin.buffer.read())))
    sys.stdout.write(json.dumps(answer, allow_nan=False))


if __name__ == "__main__":
    main()
