/** What the study of this cascade on the SIIM-ACR images published. */
export const publishedStudy = {
  auc: 0.908,
  accuracy: 0.861,
  negativePredictiveValue: 0.914,
  averagePrecision: 0.731,
} as const
