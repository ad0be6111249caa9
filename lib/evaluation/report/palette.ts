/** Colours that stay apart for the colour-blind. @see Okabe, Ito 2008, Color Universal Design */
export const palette = {
  blue: '#0072B2',
  vermilion: '#D55E00',
  green: '#009E73',
  orange: '#E69F00',
  sky: '#56B4E9',
  purple: '#CC79A7',
  ink: '#1A1A1A',
  muted: '#6B6B6B',
  faint: '#D9D9D9',
} as const

/** One colour for each label throughout a report. */
export const labelColours = {
  Pneumothorax: palette.vermilion,
  'No pneumothorax': palette.blue,
  'Not stated': palette.muted,
} as const

export type LabelName = keyof typeof labelColours
export const labelNames = Object.keys(labelColours) as LabelName[]

export function labelName(positive: boolean | null): LabelName {
  if (positive === null) return 'Not stated'
  return positive ? 'Pneumothorax' : 'No pneumothorax'
}
