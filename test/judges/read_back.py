"""Reads our DICOM objects as highdicom and pydicom do. Argument: a folder of cases. Prints JSON: case -> what was read."""

import json
import sys
import warnings
from pathlib import Path

import highdicom as hd
import numpy as np
import pydicom

warnings.simplefilter('ignore')
IDENTITY = ['PatientName', 'PatientID', 'AccessionNumber', 'StudyInstanceUID', 'StudyID', 'ReferringPhysicianName']


def evaluations(report: pydicom.Dataset) -> list[str]:
    """Meanings of the codes below Qualitative Evaluations (C0034375, UMLS)."""
    return [
        item.ConceptCodeSequence[0].CodeMeaning
        for container in report.ContentSequence
        if container.ConceptNameCodeSequence[0].CodeValue == 'C0034375'
        for item in container.ContentSequence
        if item.ValueType == 'CODE'
    ]


def read(folder: Path) -> dict:
    report = pydicom.dcmread(folder / 'structured-report.dcm')
    content = hd.sr.Comprehensive3DSR.from_dataset(report).content
    objects = [pydicom.dcmread(path, stop_before_pixels=True) for path in sorted(folder.glob('*.dcm'))]
    read: dict = {
        'evaluations': evaluations(report),
        'regions': len(content.get_planar_roi_measurement_groups()),
        'imageGroups': len(content.get_image_measurement_groups()),
        'identity': [[str(item.get(keyword, '')) for keyword in IDENTITY] for item in objects],
        'series': len({item.SeriesInstanceUID for item in objects}),
        'maskDiffers': None,
    }
    if (folder / 'segmentation.dcm').exists():
        segmentation = hd.seg.segread(folder / 'segmentation.dcm')
        expected = np.frombuffer((folder / 'mask.raw').read_bytes(), np.uint8).reshape(segmentation.pixel_array.shape)
        source = segmentation.ReferencedSeriesSequence[0].ReferencedInstanceSequence[0].ReferencedSOPInstanceUID
        by_source = segmentation.get_pixels_by_source_instance([source], segment_numbers=[1])[0, :, :, 0]
        read['maskDiffers'] = int((segmentation.pixel_array != expected).sum() + (by_source != expected).sum())
    return read


source_identity = {}
for folder in sorted(Path(sys.argv[1]).iterdir()):
    source = pydicom.dcmread(folder / 'source.bin', stop_before_pixels=True)
    source_identity[folder.name] = read(folder) | {'source': [str(source.get(keyword, '')) for keyword in IDENTITY]}
print(json.dumps(source_identity))
