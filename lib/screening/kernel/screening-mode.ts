/** `full`: mask and measurements; `triage`: a flag only, and nothing that says where (21 CFR 892.2080). */
export const screeningModes = ['full', 'triage'] as const
export type ScreeningMode = (typeof screeningModes)[number]
