import * as z from 'zod'

const pixels = z.number().int().positive()

export const window = z
  .strictObject({
    center: z.number(),
    width: z.number().positive(),
    function: z.enum(['LINEAR', 'LINEAR_EXACT', 'SIGMOID']),
  })
  .meta({ id: 'Window', description: 'In output units of the modality transformation (PS3.3 C.11.2)' })

/** A way to show the values: `greyTable` where there is one, otherwise `window`, then the inversion. */
export const presentation = z
  .strictObject({
    id: z.enum(['screened', 'file-window', 'file-voi-lut', 'own-levels']),
    window: window.describe('Where a table is given: a window near it, from which to go on'),
    greyTable: z.base64().nullable().describe('8-bit grey of sample 0, 1, 2 …; the inversion is in it'),
  })
  .meta({ id: 'Presentation' })

/** What a viewer must know of a frame; it never sees the file. */
export const frameFacts = z
  .strictObject({
    rows: pixels,
    columns: pixels,
    sampleLimit: pixels.max(65536).describe('Samples lie below this'),
    slope: z.number().describe('Value after the modality transformation = slope × sample + intercept'),
    intercept: z.number(),
    isInverted: z.boolean().describe('High values are shown dark: MONOCHROME1'),
    presentations: z.array(presentation).min(1).describe('The first one shows the grey levels that were screened'),
    spacing: z
      .strictObject({
        rowMm: z.number().positive(),
        columnMm: z.number().positive(),
        plane: z.enum(['patient', 'patient-estimated', 'detector']),
      })
      .nullable(),
    orientation: z
      .strictObject({ along: z.string(), down: z.string() })
      .nullable()
      .describe("The patient's directions along a row and down a column; null where nobody knows"),
    isOrientationAssumed: z.boolean().describe('The file is silent: the standard display is assumed'),
    turn: z
      .strictObject({ transpose: z.boolean(), reverseRows: z.boolean(), reverseColumns: z.boolean() })
      .describe('What brings the patient upright, seen from the front: transpose, then reverse rows, then columns'),
  })
  .meta({ id: 'FrameFacts' })

/** The samples are too large for the program that answers: they lie elsewhere. */
export const frameGrant = z
  .strictObject({
    href: z.url().describe('The samples, for whoever has this address: with GET, and without the token'),
    expiresAt: z.iso.datetime(),
  })
  .meta({ id: 'FrameGrant' })

export type FrameGrant = z.infer<typeof frameGrant>
export type FrameFacts = z.infer<typeof frameFacts>
export type FrameWindow = z.infer<typeof window>
export type FramePresentation = z.infer<typeof presentation>
