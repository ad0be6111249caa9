"""Says what independent de-identifiers would not have let through. Argument: a folder of cases, each with the source of
its objects. Prints JSON: case -> tool -> how many values of the source it removes or changes, and those found in ours."""

import copy
import json
import sys
import warnings
from pathlib import Path

import pydicom
from dicognito.anonymizer import Anonymizer
from dicomanonymizer import anonymize_dataset

warnings.simplefilter('ignore')
# Of one or two letters: a value says whose it is only together with its attribute.
SHORT = 4


def values(dataset: pydicom.Dataset):
    """Every value of a data set, nested ones too: tag, path, text."""
    for element in dataset:
        if element.VR == 'SQ':
            for index, item in enumerate(element.value):
                for tag, path, text in values(item):
                    yield tag, f'{element.tag}[{index}]{path}', text
        elif element.tag != (0x7FE0, 0x0010) and element.value not in (None, ''):
            for value in element.value if element.VM > 1 else [element.value]:
                if str(value) != '':
                    yield element.tag, str(element.tag), str(value)


def by_dicom_anonymizer(source: pydicom.Dataset) -> pydicom.Dataset:
    anonymize_dataset(source, delete_private_tags=True)
    return source


def by_dicognito(source: pydicom.Dataset) -> pydicom.Dataset:
    Anonymizer(seed='judge').anonymize(source)
    return source


TOOLS = {'dicom-anonymizer': by_dicom_anonymizer, 'dicognito': by_dicognito}


def judge(folder: Path) -> dict:
    source = pydicom.dcmread(folder / 'source.bin')
    ours = [pydicom.dcmread(path) for path in sorted(folder.glob('*.dcm'))]
    told = [(path.name, path.read_bytes()) for path in folder.iterdir() if path.name != 'source.bin']
    kept = [(tag, path, text) for item in ours for tag, path, text in [*values(item.file_meta), *values(item)]]
    found = {}
    for name, tool in TOOLS.items():
        try:
            left = {(path, text) for _, path, text in values(tool(copy.deepcopy(source)))}
        except ValueError:
            # A time that is none: the tool gives up.
            found[name] = {'taken': 0, 'survives': []}
            continue
        taken = [(tag, path, text) for tag, path, text in values(source) if (path, text) not in left]
        survives = [
            f'{path} {text!r} in {ours_at}'
            for tag, path, text in taken
            for ours_tag, ours_at, ours_text in kept
            if (ours_tag == tag and ours_text == text) or (len(text) >= SHORT and text in ours_text)
        ]
        survives += [
            f'{path} {text!r} in {file}'
            for tag, path, text in taken
            for file, content in told
            if len(text) >= SHORT and text.encode('latin-1', 'replace') in content
        ]
        found[name] = {'taken': len(taken), 'survives': sorted(set(survives))}
    return found


print(json.dumps({folder.name: judge(folder) for folder in sorted(Path(sys.argv[1]).iterdir())}))
