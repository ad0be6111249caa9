/** Older than nearly anyone has become: an age above it is a typing error, such as the 413 of SIIM-ACR. Unit: years. */
export const oldestPlausibleAge = 120
