/**
 * Regions that offer a GPU family, as far as we know. G5: what EC2 answered to DescribeInstanceTypeOfferings for
 * g5.2xlarge in every region, published in 2025; G4dn and G6: from memory, not asked. A region that is missing here may
 * offer the family by now, and a region that offers it may not in every zone: the table never fails a deployment.
 */
export const gpuRegionsAsOf = '2025'

const g5 = [
  'us-east-1',
  'us-east-2',
  'us-west-1',
  'us-west-2',
  'ca-central-1',
  'sa-east-1',
  'eu-west-1',
  'eu-west-2',
  'eu-west-3',
  'eu-central-1',
  'eu-north-1',
  'ap-northeast-1',
  'ap-northeast-2',
  'ap-northeast-3',
  'ap-southeast-1',
  'ap-southeast-2',
  'ap-south-1',
]

export const gpuRegions: Readonly<Record<string, readonly string[]>> = {
  g4dn: [...g5, 'eu-south-1', 'ap-east-1', 'me-south-1', 'af-south-1'],
  g5,
  g6: ['us-east-1', 'us-east-2', 'us-west-2', 'eu-central-1', 'eu-west-2', 'ap-northeast-1', 'ap-south-1'],
}

/** vCPUs of a GPU machine by the size in its name. */
export const vcpusBySize: Readonly<Record<string, number>> = {
  xlarge: 4,
  '2xlarge': 8,
  '4xlarge': 16,
  '8xlarge': 32,
  '12xlarge': 48,
  '16xlarge': 64,
  '24xlarge': 96,
  '48xlarge': 192,
}

/** Families whose machines a CUDA 13 image with x86-64 code runs on; others of the name are AMD's or ARM. */
export const cudaFamilies = ['g4dn', 'g5', 'g6', 'g6e', 'gr6'] as const
