"""Reads HL7 v2 messages with hl7apy, by its strict rules; prints one JSON object: what it found in each file, or why it refused it."""

import json
import sys
from pathlib import Path

from hl7apy.consts import VALIDATION_LEVEL
from hl7apy.exceptions import HL7apyException
from hl7apy.parser import parse_message
from hl7apy.validation import Validator


def read(file: Path) -> dict:
    try:
        message = parse_message(file.read_bytes().decode(), validation_level=VALIDATION_LEVEL.STRICT)
        Validator.validate(message, report_file="/dev/null")
    except HL7apyException as error:
        return {"refused": f"{type(error).__name__}: {error}"}
    result = message.oru_r01_patient_result
    return {
        "patient": result.oru_r01_patient.pid.pid_3.to_er7(),
        "order": result.oru_r01_order_observation.obr.obr_25.to_er7(),
        "observations": [
            [group.obx.obx_3.to_er7().split("^")[1], group.obx.obx_5.to_er7(), group.obx.obx_11.to_er7()]
            for group in result.oru_r01_order_observation.oru_r01_observation
        ],
    }


print(json.dumps({Path(name).parent.name: read(Path(name)) for name in sys.argv[1:]}))
