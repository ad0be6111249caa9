import type { InferenceSession } from '../kernel/ports.ts'
import type { Tensor } from '../kernel/tensor.ts'
import type { ClassifierBundle, OperatingPoint } from './model-bundle.ts'

export interface ClassActivationMap {
  readonly rows: number
  readonly columns: number
  /** In the network's own scale; higher where the image speaks for pneumothorax. */
  readonly values: Float32Array
}

/** What the classifier says of one image. */
export interface Classification {
  /** Calibrated probability of pneumothorax. Range: 0–1. */
  readonly probability: number
  readonly operatingPoint: OperatingPoint
  /** True when the probability reaches the operating point's threshold. */
  readonly positive: boolean
  readonly classActivationMap: ClassActivationMap | null
}

/**
 * Runs the classifier on one input tensor, calibrates its logit and compares the probability with the operating point.
 * @throws {Error} when the network's output is not what its bundle declares: a defect, never a finding
 */
export async function classify(
  session: Pick<InferenceSession, 'run'>,
  bundle: ClassifierBundle,
  operatingPoint: OperatingPoint,
  tensor: Tensor,
): Promise<Classification> {
  const outputs = await session.run(tensor)
  const { logits, classActivationMap } = bundle.output
  const logit = declaredOutput(outputs, logits.name, logits.labels.length, bundle.id).data[logits.positiveLabel]
  if (!Number.isFinite(logit)) throw new Error(`${bundle.id}: output '${logits.name}' is ${logit}, not a number`)
  const probability = calibratedProbability(logit, bundle.calibration)
  return {
    probability,
    operatingPoint,
    positive: probability >= operatingPoint.threshold,
    classActivationMap: classActivationMap
      ? {
          rows: classActivationMap.rows,
          columns: classActivationMap.columns,
          values: declaredOutput(
            outputs,
            classActivationMap.name,
            classActivationMap.rows * classActivationMap.columns,
            bundle.id,
          ).data,
        }
      : null,
  }
}

/** Temperature scaling. @see Guo et al., On Calibration of Modern Neural Networks, 2017 */
export function calibratedProbability(logit: number, calibration: ClassifierBundle['calibration']): number {
  const temperature = calibration.method === 'temperature' ? calibration.temperature : 1
  return sigmoid(logit / temperature)
}

export function sigmoid(logit: number): number {
  return 1 / (1 + Math.exp(-logit))
}

/** @throws {Error} when the network has no such output, or one of another length */
export function declaredOutput(
  outputs: ReadonlyMap<string, Tensor>,
  name: string,
  length: number,
  bundleId: string,
): Tensor {
  const output = outputs.get(name)
  if (!output) throw new Error(`${bundleId}: the network has no output '${name}', it has ${[...outputs.keys()]}`)
  if (output.data.length !== length) {
    throw new Error(`${bundleId}: output '${name}' holds ${output.data.length} values, the bundle declares ${length}`)
  }
  return output
}
