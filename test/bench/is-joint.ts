import type { Cascade } from '../../lib/screening/screen.ts'

/** Both bundles hold the same network, which `screen` runs once for both. */
export const isJoint = ({ classifier, segmenter }: Pick<Cascade, 'classifier' | 'segmenter'>): boolean =>
  classifier.bundle.sha256 === segmenter.bundle.sha256
